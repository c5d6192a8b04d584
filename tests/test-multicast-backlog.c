/* test-multicast-backlog.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "minibus/mb-multicast-backlog-private.h"

/* A packet that can be told by its number: of any size, with the same byte all over. */
static gsize
get_size (guint n,
          gsize largest)
{
  return (gsize) n * 7919 % (largest + 1);
}

static void
add (MbMulticastBacklog *backlog,
     guint               n,
     gsize               largest)
{
  static guint8 bytes[MB_BACKLOG_MAX_PACKET];
  gsize size = get_size (n, largest);

  memset (bytes, (int) (n % 251), size);
  _mb_multicast_backlog_add (backlog, bytes, size);
}

static void
assert_next (MbMulticastBacklog *backlog,
             guint               n,
             gsize               largest)
{
  gsize length = 0;
  const guint8 *packet = _mb_multicast_backlog_take (backlog, &length);

  g_assert_nonnull (packet);
  g_assert_cmpuint (length, ==, get_size (n, largest));
  for (gsize i = 0; i < length; i++)
    g_assert_cmpuint (packet[i], ==, n % 251);
}

static void
assert_empty (MbMulticastBacklog *backlog)
{
  gsize length;

  g_assert_true (_mb_multicast_backlog_is_empty (backlog));
  g_assert_null (_mb_multicast_backlog_take (backlog, &length));
  g_assert_true (_mb_multicast_backlog_is_empty (backlog));
}

static void
test_order (void)
{
  MbMulticastBacklog *backlog = _mb_multicast_backlog_new ();

  g_test_summary ("Packets come out as they went in, in order, empty ones too");

  assert_empty (backlog);
  for (guint n = 0; n < 1000; n++)
    add (backlog, n, 300);
  g_assert_false (_mb_multicast_backlog_is_empty (backlog));
  for (guint n = 0; n < 1000; n++)
    assert_next (backlog, n, 300);
  assert_empty (backlog);
  _mb_multicast_backlog_free (backlog);
}

/* More in than out, until it is full, and the other way round, several times around the ring. */
static void
test_around (gconstpointer data)
{
  const gsize largest = GPOINTER_TO_SIZE (data);
  MbMulticastBacklog *backlog = _mb_multicast_backlog_new ();
  gsize total = 0;
  guint n_in = 0;
  guint n_out = 0;
  gboolean fills = TRUE;

  g_test_summary ("It can be filled and emptied any number of times");

  while (total < (gsize) 100 * 1024 * 1024)
    {
      for (guint i = 0; i < (fills ? 3 : 1) && _mb_multicast_backlog_has_room (backlog, 1); i++)
        {
          total += get_size (n_in, largest) + 8;
          add (backlog, n_in++, largest);
        }
      for (guint i = 0; i < (fills ? 1 : 3) && n_out < n_in; i++)
        assert_next (backlog, n_out++, largest);

      if (!_mb_multicast_backlog_has_room (backlog, 1))
        fills = FALSE;
      else if (n_in == n_out)
        fills = TRUE;
    }
  while (n_out < n_in)
    assert_next (backlog, n_out++, largest);
  assert_empty (backlog);
  _mb_multicast_backlog_free (backlog);
}

static void
test_room (void)
{
  MbMulticastBacklog *backlog = _mb_multicast_backlog_new ();
  guint8 *bytes = g_malloc0 (MB_BACKLOG_MAX_PACKET);
  guint n = 0;
  gsize length;

  g_test_summary ("It ends somewhere, and has room again when packets have been taken out");

  for (; _mb_multicast_backlog_has_room (backlog, 32); n++)
    for (guint i = 0; i < 32; i++)
      _mb_multicast_backlog_add (backlog, bytes, MB_BACKLOG_MAX_PACKET);
  g_assert_cmpuint (n, >=, 2);
  g_assert_cmpuint (n, <, 1000);

  while (!_mb_multicast_backlog_has_room (backlog, 32))
    g_assert_nonnull (_mb_multicast_backlog_take (backlog, &length));
  g_assert_false (_mb_multicast_backlog_is_empty (backlog));
  _mb_multicast_backlog_free (backlog);
  g_free (bytes);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/multicast-backlog/order", test_order);
  g_test_add_data_func ("/multicast-backlog/around/none", GSIZE_TO_POINTER (0), test_around);
  g_test_add_data_func ("/multicast-backlog/around/small", GSIZE_TO_POINTER (300), test_around);
  g_test_add_data_func ("/multicast-backlog/around/large", GSIZE_TO_POINTER (MB_BACKLOG_MAX_PACKET), test_around);
  g_test_add_func ("/multicast-backlog/room", test_room);

  return g_test_run ();
}
