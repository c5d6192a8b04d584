/* publisher.c
 *
 * Tells the weather once. The environment variable MINIBUS_ADDRESS says on which bus.
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <minibus.h>

int
main (void)
{
  g_autoptr(MbClient) client = mb_client_new ("station");
  g_autoptr(MbPublisher) publisher = NULL;
  g_autoptr(GError) error = NULL;

  if (!mb_client_open_sync (client, NULL, &error))
    g_error ("%s", error->message);

  publisher = mb_client_create_publisher (client, "/weather", NULL, &error);
  if (publisher == NULL ||
      !mb_publisher_publish_text (publisher, "{\"sky\": \"clear\", \"celsius\": 21.5}", &error))
    g_error ("%s", error->message);

  g_print ("told: clear, 21.5 degrees\n");

  return 0;
}
