/* test-player.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "recording-helpers.h"

#define SECOND ((gint64) G_USEC_PER_SEC)

typedef struct
{
  char         *folder;
  GFile        *file;
  MbClient     *client;
  MbClient     *receiver;
  MbSubscriber *subscriber;
  GPtrArray    *texts;
  MbPlayer     *player;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->folder = mb_test_folder_new ();
  fixture->file = mb_test_file (fixture->folder, "a.jsonl");
  fixture->client = mb_test_open ("player", "player");
  fixture->receiver = mb_test_open ("receiver", "player");
  fixture->texts = g_ptr_array_new_with_free_func (g_free);
  fixture->subscriber = mb_test_collect (fixture->receiver, ".*", fixture->texts);
  fixture->player = mb_player_new (fixture->client, fixture->file);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_assert_finalize_object (g_steal_pointer (&fixture->player));
  mb_subscriber_close (fixture->subscriber);
  g_clear_object (&fixture->subscriber);
  mb_client_close (fixture->client);
  mb_client_close (fixture->receiver);
  g_assert_finalize_object (g_steal_pointer (&fixture->client));
  g_assert_finalize_object (g_steal_pointer (&fixture->receiver));
  g_clear_pointer (&fixture->texts, g_ptr_array_unref);
  g_clear_object (&fixture->file);
  mb_test_folder_remove (fixture->folder);
}

/* Five messages, one each `step` µs from the first of these on. */
static void
write_five (Fixture *fixture,
            gint64   step)
{
  static const char * const topics[] = { "/a", "/b", "/k\xc3\xa4se", "/a", "/b" };
  static const char * const texts[] = { "1", "18446744073709551615", "[\"\xf0\x9f\xa7\x80\"]", "1.50", "null" };
  g_autoptr(GString) text = g_string_new (MB_TEST_HEADER);

  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *line = mb_test_line ((i + 1) * step, topics[i], texts[i]);

      g_string_append (text, line);
    }
  mb_test_write (fixture->file, text->str, (gssize) text->len);
}

#define ALL "/a 1;/b 18446744073709551615;/k\xc3\xa4se [\"\xf0\x9f\xa7\x80\"];/a 1.50;/b null;"

static void
assert_heard (Fixture    *fixture,
              const char *expected)
{
  g_autoptr(GString) all = g_string_new (NULL);

  mb_test_settle (fixture->client, fixture->receiver);
  for (guint i = 0; i < fixture->texts->len; i++)
    {
      if (!g_str_has_prefix (g_ptr_array_index (fixture->texts, i), "/settle "))
        g_string_append_printf (all, "%s;", (char *) g_ptr_array_index (fixture->texts, i));
    }
  g_assert_cmpstr (all->str, ==, expected);
  g_ptr_array_set_size (fixture->texts, 0);
}

static void
play (Fixture *fixture)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (mb_test_play (fixture->player, &error));
  g_assert_no_error (error);
  g_assert_false (mb_player_get_is_playing (fixture->player));
  g_assert_cmpfloat (mb_player_get_progress (fixture->player), ==, 1);
}

static void
author_cb (MbSubscriber *subscriber,
           MbMessage    *message,
           char        **author)
{
  g_free (*author);
  *author = g_strdup (mb_message_get_author (message));
}

static void
test_play (Fixture      *fixture,
           gconstpointer data)
{
  g_autofree char *author = NULL;

  g_test_summary ("Messages are published with their topic and data, by the client of the player");

  g_signal_connect (fixture->subscriber, "message", G_CALLBACK (author_cb), &author);
  write_five (fixture, 1000);
  play (fixture);
  g_assert_cmpuint (mb_player_get_n_messages (fixture->player), ==, 5);
  g_assert_cmpint (mb_player_get_duration (fixture->player), ==, 5000);
  g_assert_cmpint (mb_player_get_position (fixture->player), ==, 5000);
  assert_heard (fixture, ALL);
  g_assert_cmpstr (author, ==, "player");
  g_signal_handlers_disconnect_by_data (fixture->subscriber, &author);
}

static void
test_speed (Fixture      *fixture,
            gconstpointer data)
{
  static const struct
  {
    double speed;
    gint64 least;
    gint64 most;
  } cases[] = {
    { 1, 500, 60000 },
    { 5, 100, 60000 },
    { 0.5, 1000, 60000 },
    { 1e9, 0, 60000 },
    { 0, 0, 60000 },
  };

  g_test_summary ("Messages come when it is their time, at any speed");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gint64 before = g_get_monotonic_time ();
      gint64 took;

      write_five (fixture, 100000);
      mb_player_set_speed (fixture->player, cases[i].speed);
      play (fixture);
      took = (g_get_monotonic_time () - before) / 1000;
      g_assert_cmpint (took, >=, cases[i].least);
      g_assert_cmpint (took, <, cases[i].most);
      assert_heard (fixture, ALL);
    }

  /* At once, although it was recorded over a day. */
  write_five (fixture, 24 * 3600 * SECOND / 5);
  play (fixture);
  assert_heard (fixture, ALL);
}

static void
test_drift (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr(GString) text = g_string_new (MB_TEST_HEADER);
  gint64 before;
  gint64 took;

  g_test_summary ("A thousand small delays do not add up");

  for (guint i = 0; i <= 1000; i++)
    {
      g_autofree char *line = mb_test_line (i * 500, "/a", "1");

      g_string_append (text, line);
    }
  mb_test_write (fixture->file, text->str, (gssize) text->len);

  before = g_get_monotonic_time ();
  play (fixture);
  took = g_get_monotonic_time () - before;
  g_assert_cmpint (took, >=, 500000);
  /* With a delay of only 1 ms for each, it would be 1.5 s; a machine that is busy elsewhere takes some, but once. */
  g_test_message ("took %" G_GINT64_FORMAT " µs", took);
  g_assert_cmpint (took, <, 1400000);
  g_assert_cmpuint (mb_player_get_n_messages (fixture->player), ==, 1001);
}

static void
test_part (Fixture      *fixture,
           gconstpointer data)
{
  static const char * const patterns[] = { "/b", "/k.*", NULL };
  static const char * const bad[] = { "(", NULL };
  g_autoptr(GError) error = NULL;

  g_test_summary ("A part of the time, and a part of the topics, can be played");

  write_five (fixture, 1000);
  mb_player_set_start_position (fixture->player, 2000);
  mb_player_set_stop_position (fixture->player, 4000);
  play (fixture);
  assert_heard (fixture, "/b 18446744073709551615;/k\xc3\xa4se [\"\xf0\x9f\xa7\x80\"];/a 1.50;");

  mb_player_set_patterns (fixture->player, patterns);
  play (fixture);
  assert_heard (fixture, "/b 18446744073709551615;/k\xc3\xa4se [\"\xf0\x9f\xa7\x80\"];");

  mb_player_set_start_position (fixture->player, 99999999);
  mb_player_set_stop_position (fixture->player, -1);
  play (fixture);
  assert_heard (fixture, "");

  mb_player_set_patterns (fixture->player, bad);
  g_assert_false (mb_test_play (fixture->player, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_PATTERN);
}

static void
test_topics (Fixture      *fixture,
             gconstpointer data)
{
  g_test_summary ("Topics can be played under other names");

  write_five (fixture, 1000);
  mb_player_set_topic_prefix (fixture->player, "/replay");
  mb_player_map_topic (fixture->player, "/b", "/c");
  mb_player_map_topic (fixture->player, "/a", "/x");
  mb_player_map_topic (fixture->player, "/a", NULL);
  play (fixture);
  assert_heard (fixture, "/replay/a 1;/replay/c 18446744073709551615;/replay/k\xc3\xa4se [\"\xf0\x9f\xa7\x80\"];"
                "/replay/a 1.50;/replay/c null;");
}

static void
done_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
test_loop (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A loop begins again until it is told not to; nothing is not played over and over");

  write_five (fixture, 1000);
  mb_player_set_loop (fixture->player, TRUE);
  mb_player_play_async (fixture->player, NULL, done_cb, &result);
  mb_test_wait_until (fixture->texts->len > 20);
  mb_player_set_loop (fixture->player, FALSE);
  mb_test_wait_until (result != NULL);
  g_assert_true (mb_player_play_finish (fixture->player, result, &error));
  mb_test_settle (fixture->client, fixture->receiver);
  g_assert_cmpuint ((fixture->texts->len - 1) % 5, ==, 0);
  g_assert_cmpstr (g_ptr_array_index (fixture->texts, 5), ==, "/a 1");
  g_ptr_array_set_size (fixture->texts, 0);

  mb_player_set_loop (fixture->player, TRUE);
  mb_player_set_speed (fixture->player, 0);
  mb_test_write (fixture->file, MB_TEST_HEADER, -1);
  play (fixture);
  assert_heard (fixture, "");
}

static void
test_pause (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gint64 before;

  g_test_summary ("Time stands still while it is paused, and the position can be changed");

  write_five (fixture, SECOND * 3600);
  mb_player_set_paused (fixture->player, TRUE);
  mb_player_set_speed (fixture->player, 3600);
  mb_player_play_async (fixture->player, NULL, done_cb, &result);
  g_assert_true (mb_player_get_is_playing (fixture->player));
  mb_test_settle (fixture->client, fixture->receiver);
  mb_test_wait_until (mb_player_get_duration (fixture->player) > 0);

  mb_player_seek (fixture->player, 4 * SECOND * 3600);
  mb_test_wait_until (mb_player_get_position (fixture->player) == 4 * SECOND * 3600);
  g_assert_cmpfloat (mb_player_get_progress (fixture->player), ==, 0.8);
  assert_heard (fixture, "");

  /* The fourth is due at once, the fifth after a second. */
  before = g_get_monotonic_time ();
  mb_player_set_paused (fixture->player, FALSE);
  mb_test_wait_until (fixture->texts->len == 1);
  mb_player_set_speed (fixture->player, 36000);
  mb_test_wait_until (result != NULL);
  g_assert_true (mb_player_play_finish (fixture->player, result, &error));
  g_assert_cmpint (g_get_monotonic_time () - before, >=, 90000);
  assert_heard (fixture, "/a 1.50;/b null;");
}

static void
test_seek_back (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Seeking back plays again what has been played");

  write_five (fixture, SECOND * 1000);
  mb_player_set_stop_position (fixture->player, SECOND * 1000);
  mb_player_set_start_position (fixture->player, SECOND * 1000);
  mb_player_set_loop (fixture->player, FALSE);
  play (fixture);
  assert_heard (fixture, "/a 1;");

  mb_player_set_stop_position (fixture->player, -1);
  mb_player_play_async (fixture->player, NULL, done_cb, &result);
  mb_test_wait_until (fixture->texts->len == 1);
  mb_player_seek (fixture->player, SECOND * 1000);
  mb_test_wait_until (fixture->texts->len == 2);
  mb_player_seek (fixture->player, SECOND * 5000);
  mb_test_wait_until (result != NULL);
  g_assert_true (mb_player_play_finish (fixture->player, result, &error));
  assert_heard (fixture, "/a 1;/a 1;/b null;");
}

static void
test_cancel (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) second = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Playing can be cancelled at any time, also while it is paused");

  write_five (fixture, SECOND * 3600);
  for (guint i = 0; i < 2; i++)
    {
      mb_player_set_paused (fixture->player, i == 1);
      mb_player_play_async (fixture->player, cancellable, done_cb, &result);
      mb_player_play_async (fixture->player, NULL, done_cb, &second);
      mb_test_wait_until (mb_player_get_duration (fixture->player) > 0 && second != NULL);
      g_assert_false (mb_player_play_finish (fixture->player, second, &error));
      g_assert_error (error, MB_RECORDING_ERROR, MB_RECORDING_ERROR_STATE);
      g_clear_error (&error);

      g_cancellable_cancel (cancellable);
      mb_test_wait_until (result != NULL);
      g_assert_false (mb_player_play_finish (fixture->player, result, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
      g_clear_object (&result);
      g_clear_object (&second);
      g_cancellable_reset (cancellable);
    }
}

static void
skipped_cb (MbPlayer   *player,
            const char *topic,
            GError     *error,
            GString    *skipped)
{
  g_string_append_printf (skipped, "%s;", topic);
  g_assert_nonnull (error);
}

static void
test_skipped (Fixture      *fixture,
              gconstpointer data)
{
  g_autofree char *large = g_strnfill (3000, 'x');
  g_autofree char *quoted = g_strconcat ("\"", large, "\"", NULL);
  g_autofree char *first = mb_test_line (1, "/large", quoted);
  g_autofree char *second = mb_test_line (2, "", "1");
  g_autofree char *third = mb_test_line (3, "/a", "1");
  g_autofree char *fourth = mb_test_line (4, "/a", "18446744073709551616");
  g_autofree char *text = g_strconcat (MB_TEST_HEADER, first, second, "damage\n", third, fourth, NULL);
  g_autoptr(GString) skipped = g_string_new (NULL);

  g_test_summary ("What cannot be published is skipped, and told of");

  g_signal_connect (fixture->player, "skipped", G_CALLBACK (skipped_cb), skipped);
  mb_test_write (fixture->file, text, -1);
  play (fixture);
  assert_heard (fixture, "/a 1;");
  g_assert_cmpuint (mb_player_get_n_skipped (fixture->player), ==, 3);
  g_assert_cmpuint (mb_player_get_n_messages (fixture->player), ==, 1);
  g_assert_true (g_str_has_prefix (skipped->str, "/large;"));
}

static void
test_errors (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("A file that is no recording, or a client that is not open, is an error");

  g_assert_false (mb_test_play (fixture->player, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);

  mb_test_write (fixture->file, "x\n", -1);
  g_assert_false (mb_test_play (fixture->player, &error));
  g_assert_error (error, MB_RECORDING_ERROR, MB_RECORDING_ERROR_NOT_RECORDING);
  g_clear_error (&error);

  write_five (fixture, 1);
  mb_client_close (fixture->client);
  g_assert_false (mb_test_play (fixture->player, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED);
}

static void
test_rate (Fixture      *fixture,
           gconstpointer data)
{
  gint64 before = g_get_monotonic_time ();

  g_test_summary ("There can be a bound on how many messages leave in a second");

  write_five (fixture, 1);
  mb_player_set_speed (fixture->player, 0);
  mb_player_set_max_rate (fixture->player, 20);
  play (fixture);
  g_assert_cmpint (g_get_monotonic_time () - before, >=, 4 * 50000 - 15000);
  assert_heard (fixture, ALL);
}

static void
test_many_topics (Fixture      *fixture,
                  gconstpointer data)
{
  g_autoptr(GString) text = g_string_new (MB_TEST_HEADER);

  g_test_summary ("A recording of more topics than are kept is played without loss");

  for (guint i = 0; i < 3000; i++)
    {
      g_autofree char *topic = g_strdup_printf ("/%u", i % 1500);
      g_autofree char *line = mb_test_line (i * 50, topic, "1");

      g_string_append (text, line);
    }
  mb_test_write (fixture->file, text->str, (gssize) text->len);
  play (fixture);
  mb_test_settle (fixture->client, fixture->receiver);
  g_assert_cmpuint (fixture->texts->len, ==, 3001);
  g_assert_cmpuint (mb_client_get_dropped (fixture->receiver, MB_DROP_REASON_DUPLICATE), ==, 0);
  g_assert_cmpuint (mb_client_get_dropped (fixture->receiver, MB_DROP_REASON_MISSED), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add ("/player/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("play", test_play);
  ADD ("speed", test_speed);
  ADD ("drift", test_drift);
  ADD ("part", test_part);
  ADD ("topics", test_topics);
  ADD ("loop", test_loop);
  ADD ("pause", test_pause);
  ADD ("seek-back", test_seek_back);
  ADD ("cancel", test_cancel);
  ADD ("skipped", test_skipped);
  ADD ("errors", test_errors);
  ADD ("rate", test_rate);
  ADD ("many-topics", test_many_topics);

  return g_test_run ();
}
