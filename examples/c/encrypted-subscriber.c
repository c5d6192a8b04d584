/* encrypted-subscriber.c
 *
 * Shows what those tell about doors who know the passphrase. The first argument is the file with the passphrase in its
 * first line, or empty for the environment variable MINIBUS_PASSPHRASE; the second says how many messages to
 * wait for, or there is no end.
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <minibus.h>

static const char alarm_schema[] =
  "{\"type\": \"object\","
  " \"properties\": {\"door\": {\"type\": \"string\"}, \"open\": {\"type\": \"boolean\"}},"
  " \"required\": [\"door\", \"open\"]}";

static int count = -1;

static gboolean
read_passphrase (MbClient    *client,
                 const char  *path,
                 GError     **error)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GFileInputStream) stream = g_file_read (file, NULL, error);

  return stream != NULL && mb_client_read_passphrase_sync (client, G_INPUT_STREAM (stream), NULL, error);
}

static void
message_cb (MbSubscriber *subscriber,
            MbMessage    *message,
            gpointer      user_data)
{
  JsonObject *alarm = json_node_get_object (mb_message_get_data (message));

  g_print ("%s: the %s door is %s\n", mb_message_get_author (message),
           json_object_get_string_member (alarm, "door"),
           json_object_get_boolean_member (alarm, "open") ? "open" : "closed");
  if (--count == 0)
    g_main_loop_quit (user_data);
}

/* Without the passphrase, or with another one, a message is of no use. It is counted, and told here. */
static void
dropped_cb (MbClient *client)
{
  g_printerr ("A message could not be read\n");
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(MbClient) client = mb_client_new ("guard");
  g_autoptr(GError) error = NULL;
  g_autoptr(MbSubscriber) subscriber = NULL;
  g_autoptr(MbSchema) schema = mb_schema_new_from_text (alarm_schema, &error);

  if (argc > 2)
    count = atoi (argv[2]);

  g_signal_connect (client, "dropped::wrong-key", G_CALLBACK (dropped_cb), NULL);
  if (schema == NULL ||
      (argc > 1 && argv[1][0] != '\0' && !read_passphrase (client, argv[1], &error)) ||
      !mb_client_open_sync (client, NULL, &error))
    g_error ("%s", error->message);

  subscriber = mb_client_subscribe (client, "/alarm", schema, &error);
  if (subscriber == NULL)
    g_error ("%s", error->message);

  g_signal_connect (subscriber, "message", G_CALLBACK (message_cb), loop);
  g_main_loop_run (loop);

  return 0;
}
