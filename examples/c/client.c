/* client.c
 *
 * Asks a service for the sum of two numbers.
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <minibus.h>

int
main (void)
{
  g_autoptr(MbClient) client = mb_client_new ("asker");
  g_autoptr(GError) error = NULL;
  g_autofree char *sum = NULL;

  if (!mb_client_open_sync (client, NULL, &error))
    g_error ("%s", error->message);

  sum = mb_client_call_text_sync (client, "/add", "[20, 22]", 1000, NULL, &error);
  if (sum == NULL)
    g_printerr ("%s\n", error->message);
  else
    g_print ("%s\n", sum);

  return sum == NULL;
}
