/* test-sequence.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "minibus/mb-sequence-private.h"

static MbArrival
note (MbSequenceTracker *tracker,
      guint64            sequence,
      guint             *n_missed)
{
  return _mb_sequence_tracker_note (tracker, sequence, (guint32) sequence, n_missed);
}

static void
test_in_order (void)
{
  MbSequenceTracker tracker = { 0 };
  guint n_missed;

  g_test_summary ("Numbers in order are expected, wherever they begin");

  for (guint64 i = 7; i < 300; i++)
    {
      g_assert_cmpint (note (&tracker, i, &n_missed), ==, MB_ARRIVAL_EXPECTED);
      g_assert_cmpuint (n_missed, ==, 0);
    }
}

static void
test_gap (void)
{
  MbSequenceTracker tracker = { 0 };
  guint n_missed;

  g_test_summary ("A gap is counted exactly, also one that is wider than the window");

  note (&tracker, 1, &n_missed);
  g_assert_cmpint (note (&tracker, 5, &n_missed), ==, MB_ARRIVAL_AFTER_GAP);
  g_assert_cmpuint (n_missed, ==, 3);
  g_assert_cmpint (note (&tracker, 1005, &n_missed), ==, MB_ARRIVAL_AFTER_GAP);
  g_assert_cmpuint (n_missed, ==, 999);
  g_assert_cmpint (note (&tracker, 1006, &n_missed), ==, MB_ARRIVAL_EXPECTED);
}

static void
test_late (void)
{
  MbSequenceTracker tracker = { 0 };
  guint n_missed;

  g_test_summary ("What was missing may come late, once");

  note (&tracker, 1, &n_missed);
  note (&tracker, 4, &n_missed);
  g_assert_cmpint (note (&tracker, 2, &n_missed), ==, MB_ARRIVAL_LATE);
  g_assert_cmpint (note (&tracker, 3, &n_missed), ==, MB_ARRIVAL_LATE);
  g_assert_cmpint (note (&tracker, 3, &n_missed), ==, MB_ARRIVAL_DUPLICATE);
  g_assert_cmpint (note (&tracker, 5, &n_missed), ==, MB_ARRIVAL_EXPECTED);
}

static void
test_before_first (void)
{
  MbSequenceTracker tracker = { 0 };
  guint n_missed;

  g_test_summary ("What came before the lowest number was never missing, and what lies between is from then on");

  note (&tracker, 10, &n_missed);
  g_assert_cmpint (note (&tracker, 9, &n_missed), ==, MB_ARRIVAL_EXPECTED);
  g_assert_cmpint (note (&tracker, 9, &n_missed), ==, MB_ARRIVAL_DUPLICATE);
  g_assert_cmpint (note (&tracker, 7, &n_missed), ==, MB_ARRIVAL_AFTER_GAP);
  g_assert_cmpuint (n_missed, ==, 1);
  g_assert_cmpint (note (&tracker, 8, &n_missed), ==, MB_ARRIVAL_LATE);
}

static void
test_duplicate (void)
{
  MbSequenceTracker tracker = { 0 };
  guint n_missed;

  g_test_summary ("A duplicate is one only if it is the same message");

  note (&tracker, 1, &n_missed);
  note (&tracker, 2, &n_missed);
  g_assert_cmpint (note (&tracker, 2, &n_missed), ==, MB_ARRIVAL_DUPLICATE);
  g_assert_cmpint (note (&tracker, 1, &n_missed), ==, MB_ARRIVAL_DUPLICATE);
  g_assert_cmpint (_mb_sequence_tracker_note (&tracker, 2, 77, &n_missed), ==, MB_ARRIVAL_EXPECTED);
}

static void
test_forged (void)
{
  MbSequenceTracker tracker = { 0 };
  guint n_missed;
  guint n_gaps = 0;

  g_test_summary ("A forged number neither silences a sender nor makes up a loss of millions");

  for (guint64 i = 1; i <= 10; i++)
    note (&tracker, i, &n_missed);

  g_assert_cmpint (note (&tracker, G_GUINT64_CONSTANT (1) << 40, &n_missed), ==, MB_ARRIVAL_EXPECTED);
  g_assert_cmpuint (n_missed, ==, 0);

  for (guint64 i = 11; i <= 30; i++)
    {
      g_assert_cmpint (note (&tracker, i, &n_missed), ==, MB_ARRIVAL_EXPECTED);
      n_gaps += n_missed;
    }
  g_assert_cmpuint (n_gaps, ==, 0);

  /* And the true numbers count again. */
  g_assert_cmpint (note (&tracker, 33, &n_missed), ==, MB_ARRIVAL_AFTER_GAP);
  g_assert_cmpuint (n_missed, ==, 2);
}

static void
test_mark (void)
{
  g_test_summary ("Marks depend on every byte and on the length");

  g_assert_cmpuint (_mb_sequence_mark ("abcdefghi", 9), !=, _mb_sequence_mark ("abcdefghj", 9));
  g_assert_cmpuint (_mb_sequence_mark ("abcdefghi", 9), !=, _mb_sequence_mark ("abcdefgh", 8));
  g_assert_cmpuint (_mb_sequence_mark ("a\0", 2), !=, _mb_sequence_mark ("a", 1));
  g_assert_cmpuint (_mb_sequence_mark ("abc", 3), ==, _mb_sequence_mark ("abc", 3));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sequence/in-order", test_in_order);
  g_test_add_func ("/sequence/gap", test_gap);
  g_test_add_func ("/sequence/late", test_late);
  g_test_add_func ("/sequence/before-first", test_before_first);
  g_test_add_func ("/sequence/duplicate", test_duplicate);
  g_test_add_func ("/sequence/forged", test_forged);
  g_test_add_func ("/sequence/mark", test_mark);

  return g_test_run ();
}
