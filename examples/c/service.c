/* service.c
 *
 * Adds whole numbers for everyone who asks.
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <minibus.h>

static JsonNode *
add (MbRequest *request,
     gpointer   user_data)
{
  JsonArray *numbers = json_node_get_array (mb_request_get_params (request));
  gint64 sum = 0;

  g_print ("%s asks for the sum of %s\n", mb_request_get_author (request),
           mb_request_get_params_text (request));

  for (guint i = 0; i < json_array_get_length (numbers); i++)
    sum += json_array_get_int_element (numbers, i);

  return json_node_init_int (json_node_alloc (), sum);
}

int
main (void)
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(MbClient) client = mb_client_new ("adder");
  g_autoptr(GError) error = NULL;
  g_autoptr(MbService) service = NULL;
  g_autoptr(MbSchema) numbers = mb_schema_new_from_text ("{\"type\": \"array\","
                                                         " \"items\": {\"type\": \"integer\"}}", &error);

  if (numbers == NULL || !mb_client_open_sync (client, NULL, &error))
    g_error ("%s", error->message);

  service = mb_client_provide (client, "/add", numbers, NULL, add, NULL, NULL, &error);
  if (service == NULL)
    g_error ("%s", error->message);

  g_main_loop_run (loop);

  return 0;
}
