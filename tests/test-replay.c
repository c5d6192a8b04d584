/* test-replay.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "minibus/mb-replay-private.h"

#define WINDOW 1000

static gboolean
number (MbReplay *replay,
        guint64   sequence)
{
  return _mb_replay_accept (replay, "/t", "ann", 1, sequence, "id", 0);
}

static gboolean
single (MbReplay   *replay,
        const char *id,
        gint64      now)
{
  return _mb_replay_accept (replay, "/t", "ann", 0, 0, id, now);
}

static void
test_numbers (void)
{
  g_autoptr(MbReplay) replay = _mb_replay_new (10, WINDOW);

  g_test_summary ("A number is taken once, in any order within 256, and never below");

  g_assert_true (number (replay, 1000));
  g_assert_false (number (replay, 1000));
  g_assert_true (number (replay, 998));
  g_assert_true (number (replay, 999));
  g_assert_false (number (replay, 998));
  g_assert_true (number (replay, 745));
  g_assert_false (number (replay, 745));
  g_assert_false (number (replay, 744));
  g_assert_false (number (replay, 1));

  /* Up by one, by a word, by a word and a bit, and by more than is remembered */
  g_assert_true (number (replay, 1001));
  g_assert_false (number (replay, 745));
  g_assert_true (number (replay, 746));
  g_assert_true (number (replay, 1065));
  g_assert_false (number (replay, 1001));
  g_assert_false (number (replay, 998));
  g_assert_true (number (replay, 997));
  g_assert_true (number (replay, 1130));
  g_assert_false (number (replay, 1065));
  g_assert_false (number (replay, 997));
  g_assert_true (number (replay, 1066));
  g_assert_true (number (replay, 5000));
  g_assert_false (number (replay, 1130));
  g_assert_true (number (replay, 4745));
  g_assert_false (number (replay, 4744));

  g_assert_true (number (replay, G_MAXUINT64));
  g_assert_false (number (replay, G_MAXUINT64));
  g_assert_true (number (replay, G_MAXUINT64 - 255));
  g_assert_false (number (replay, G_MAXUINT64 - 256));

  g_assert_cmpuint (_mb_replay_get_n_entries (replay), ==, 1);
}

static void
test_every_shift (void)
{
  g_test_summary ("After any step forward, exactly the numbers that were not seen are taken");

  for (guint64 step = 1; step <= 260; step++)
    {
      g_autoptr(MbReplay) replay = _mb_replay_new (10, WINDOW);
      guint64 highest = 1000 + step;

      for (guint64 i = 745; i <= 1000; i += 3)
        g_assert_true (number (replay, i));
      g_assert_true (number (replay, highest));

      for (guint64 i = 700; i <= highest; i++)
        {
          gboolean seen = i == highest || (i >= 745 && i <= 1000 && (i - 745) % 3 == 0);

          if (seen || highest - i >= 256)
            g_assert_false (number (replay, i));
          else
            g_assert_true (number (replay, i));
        }
    }
}

static void
test_streams (void)
{
  g_autoptr(MbReplay) replay = _mb_replay_new (100, WINDOW);

  g_test_summary ("Each author, session and topic counts on its own; the id of a numbered message does not");

  g_assert_true (_mb_replay_accept (replay, "/t", "ann", 1, 7, "a", 0));
  g_assert_false (_mb_replay_accept (replay, "/t", "ann", 1, 7, "b", 0));
  g_assert_true (_mb_replay_accept (replay, "/u", "ann", 1, 7, "a", 0));
  g_assert_true (_mb_replay_accept (replay, "/t", "bob", 1, 7, "a", 0));
  g_assert_true (_mb_replay_accept (replay, "/t", "ann", 2, 7, "a", 0));
  g_assert_true (_mb_replay_accept (replay, "/t", NULL, 1, 7, "a", 0));
  g_assert_true (_mb_replay_accept (replay, "/t", "", 1, 7, "a", 0));
  /* Texts do not run into each other. */
  g_assert_true (_mb_replay_accept (replay, "/ta", "nn", 1, 7, "a", 0));
  g_assert_cmpuint (_mb_replay_get_n_entries (replay), ==, 7);
}

static void
test_singles (void)
{
  g_autoptr(MbReplay) replay = _mb_replay_new (3, WINDOW);

  g_test_summary ("A message without number is refused for the time window, or until others push it out");

  g_assert_true (single (replay, "a", 0));
  g_assert_false (single (replay, "a", WINDOW));
  g_assert_true (single (replay, "a", WINDOW + 1));

  g_assert_true (single (replay, "b", WINDOW + 1));
  g_assert_true (single (replay, "c", WINDOW + 1));
  g_assert_true (single (replay, "d", WINDOW + 1));
  g_assert_cmpuint (_mb_replay_get_n_entries (replay), ==, 3);
  g_assert_false (single (replay, "b", WINDOW + 1));
  g_assert_true (single (replay, "a", WINDOW + 1));
}

static void
test_bounds (void)
{
  g_autoptr(MbReplay) replay = _mb_replay_new (50, WINDOW);

  g_test_summary ("Memory is bounded; a stream in use is not pushed out by others, nor ended by time");

  for (guint i = 1; i <= 1000; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      g_assert_true (single (replay, text, i * 10 * WINDOW));
      g_assert_true (_mb_replay_accept (replay, text, "ann", 1, 1, NULL, i * 10 * WINDOW));
      g_assert_true (number (replay, i));
      g_assert_false (number (replay, i));
    }

  g_assert_cmpuint (_mb_replay_get_n_entries (replay), <=, 51);
  g_assert_false (number (replay, 1000));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/replay/numbers", test_numbers);
  g_test_add_func ("/replay/every-shift", test_every_shift);
  g_test_add_func ("/replay/streams", test_streams);
  g_test_add_func ("/replay/singles", test_singles);
  g_test_add_func ("/replay/bounds", test_bounds);

  return g_test_run ();
}
