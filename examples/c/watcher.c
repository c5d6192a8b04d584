/* watcher.c
 *
 * Tells who comes to the bus, and who goes.
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <minibus.h>

static void
tell_cb (MbDirectory *directory,
         MbPeer      *peer,
         const char  *what)
{
  if (!mb_peer_get_is_own (peer))
    g_print ("%s %s\n", mb_peer_get_name (peer), what);
}

int
main (void)
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(MbClient) client = mb_client_new ("watcher");
  g_autoptr(MbDirectory) directory = mb_directory_new (client);
  g_autoptr(GError) error = NULL;

  g_signal_connect (directory, "peer-appeared", G_CALLBACK (tell_cb), "came");
  g_signal_connect (directory, "peer-vanished", G_CALLBACK (tell_cb), "went");
  if (!mb_client_open_sync (client, NULL, &error))
    g_error ("%s", error->message);

  g_main_loop_run (loop);

  return 0;
}
