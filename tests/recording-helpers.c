/* recording-helpers.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "recording-helpers.h"

#include <glib/gstdio.h>

char *
mb_test_folder_new (void)
{
  g_autoptr(GError) error = NULL;
  char *folder = g_dir_make_tmp ("minibus-recording-XXXXXX", &error);

  g_assert_no_error (error);

  return folder;
}

void
mb_test_folder_remove (char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_remove (path);
    }
  g_rmdir (folder);
  g_free (folder);
}

GFile *
mb_test_file (const char *folder,
              const char *name)
{
  return g_file_new_build_filename (folder, name, NULL);
}

void
mb_test_write (GFile      *file,
               const char *text,
               gssize      length)
{
  g_autoptr(GError) error = NULL;

  g_file_set_contents (g_file_peek_path (file), text, length, &error);
  g_assert_no_error (error);
}

char *
mb_test_read (GFile *file)
{
  g_autoptr(GError) error = NULL;
  char *text;

  g_file_get_contents (g_file_peek_path (file), &text, NULL, &error);
  g_assert_no_error (error);

  return text;
}

char *
mb_test_line (gint64      at,
              const char *topic,
              const char *data)
{
  return g_strdup_printf ("{\"at\":%10d.%06d,\"time\":\"2026-11-22T19:01:04.000000Z\",\"topic\":\"%s\","
                          "\"author\":\"a\",\"data\":%s}\n",
                          (int) (at / G_USEC_PER_SEC), (int) (at % G_USEC_PER_SEC), topic, data);
}

GPtrArray *
mb_test_read_messages (GFile *file)
{
  GPtrArray *messages = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(MbRecording) recording = mb_recording_new (file);
  g_autoptr(GError) error = NULL;

  mb_recording_open_sync (recording, NULL, &error);
  g_assert_no_error (error);

  while (mb_recording_next_sync (recording, NULL, &error))
    {
      MbMessage *message = mb_recording_get_message (recording);

      g_ptr_array_add (messages, g_strdup_printf ("%" G_GINT64_FORMAT " %s %s", mb_recording_get_position (recording),
                                                  mb_message_get_topic (message), mb_message_get_text (message)));
    }
  g_assert_no_error (error);

  return messages;
}

static void
done_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

gboolean
mb_test_record (MbRecorder  *recorder,
                GError     **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  mb_recorder_start_async (recorder, NULL, done_cb, &result);
  mb_test_wait_until (result != NULL);

  return mb_recorder_start_finish (recorder, result, error);
}

gboolean
mb_test_stop (MbRecorder  *recorder,
              GError     **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  mb_recorder_stop_async (recorder, NULL, done_cb, &result);
  mb_test_wait_until (result != NULL);

  return mb_recorder_stop_finish (recorder, result, error);
}

gboolean
mb_test_play (MbPlayer  *player,
              GError   **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  mb_player_play_async (player, NULL, done_cb, &result);
  mb_test_wait_until (result != NULL);

  return mb_player_play_finish (player, result, error);
}
