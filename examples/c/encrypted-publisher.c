/* encrypted-publisher.c
 *
 * Tells once that a door is open, to those who know the passphrase. It is the first line of the file that the
 * argument names; without one, what the environment variable MINIBUS_PASSPHRASE holds.
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <minibus.h>

static gboolean
read_passphrase (MbClient    *client,
                 const char  *path,
                 GError     **error)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GFileInputStream) stream = g_file_read (file, NULL, error);

  return stream != NULL && mb_client_read_passphrase_sync (client, G_INPUT_STREAM (stream), NULL, error);
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr(MbClient) client = mb_client_new ("door");
  g_autoptr(MbPublisher) publisher = NULL;
  g_autoptr(GError) error = NULL;

  if ((argc > 1 && !read_passphrase (client, argv[1], &error)) ||
      !mb_client_open_sync (client, NULL, &error))
    g_error ("%s", error->message);

  publisher = mb_client_create_publisher (client, "/alarm", NULL, &error);
  if (publisher == NULL ||
      !mb_publisher_publish_text (publisher, "{\"door\": \"front\", \"open\": true}", &error) ||
      /* It is encrypted in a thread: what ends has to wait for that. */
      !mb_client_flush_sync (client, NULL, &error))
    g_error ("%s", error->message);

  g_print ("told: the front door is open\n");

  return 0;
}
