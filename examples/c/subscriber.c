/* subscriber.c
 *
 * Shows the weather that others tell: so many times as the argument says, or for ever.
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <minibus.h>

static const char weather_schema[] =
  "{\"type\": \"object\","
  " \"properties\": {\"sky\": {\"type\": \"string\"}, \"celsius\": {\"type\": \"number\"}},"
  " \"required\": [\"sky\", \"celsius\"]}";

static int count = -1;

static void
message_cb (MbSubscriber *subscriber,
            MbMessage    *message,
            gpointer      user_data)
{
  JsonObject *weather = json_node_get_object (mb_message_get_data (message));

  g_print ("%s: %s, %g degrees\n", mb_message_get_author (message),
           json_object_get_string_member (weather, "sky"),
           json_object_get_double_member (weather, "celsius"));
  if (--count == 0)
    g_main_loop_quit (user_data);
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(MbClient) client = mb_client_new ("display");
  g_autoptr(GError) error = NULL;
  g_autoptr(MbSubscriber) subscriber = NULL;
  g_autoptr(MbSchema) schema = mb_schema_new_from_text (weather_schema, &error);

  if (argc > 1)
    count = atoi (argv[1]);

  if (schema == NULL || !mb_client_open_sync (client, NULL, &error))
    g_error ("%s", error->message);

  subscriber = mb_client_subscribe (client, "/weather", schema, &error);
  if (subscriber == NULL)
    g_error ("%s", error->message);

  g_signal_connect (subscriber, "message", G_CALLBACK (message_cb), loop);
  g_main_loop_run (loop);

  return 0;
}
