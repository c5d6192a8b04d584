/* test-network-faults.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The multicast transport on a network that loses, repeats and reorders. To be run by
 * tests/faulty-network.
 */

#include "config.h"

#include <string.h>

#include "collector.h"
#include "hosts.h"

#define N 2000
#define N_HOSTS 3

static void
test_faults (void)
{
  Collector *collectors[N_HOSTS];
  MbTransport *transports[N_HOSTS];
  guint n_seen[N_HOSTS][N] = { 0, };

  g_test_summary ("What arrives arrives whole; the sender itself misses nothing; and reception "
                  "never ends");

  for (guint i = 0; i < N_HOSTS; i++)
    {
      g_autofree char *name = g_strdup_printf ("h%u", i + 1);

      collectors[i] = collector_new ();
      transports[i] = host_open (name, "multicast:", collectors[i]);
    }

  for (guint i = 0; i < N_HOSTS; i++)
    send_until_received (transports[0], "hello", collectors[i]);

  for (guint i = 0; i < N; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u and then some more", i);

      g_assert_true (send_text (transports[0], text, NULL));

      /* The network is simulated by a slow program. */
      g_usleep (200);
    }

  for (guint i = 0; i < N_HOSTS; i++)
    {
      g_auto(GStrv) texts = NULL;
      guint n_unique = 0;
      guint n_repeated = 0;
      guint n_late = 0;
      guint last = 0;

      send_until_received (transports[0], "end", collectors[i]);
      texts = collector_dup_texts (collectors[i]);

      for (guint j = 0; texts[j] != NULL; j++)
        {
          char *rest;
          guint number;

          if (!g_ascii_isdigit (texts[j][0]))
            continue;

          number = (guint) g_ascii_strtoull (texts[j], &rest, 10);
          g_assert_cmpuint (number, <, N);
          g_assert_cmpstr (rest, ==, " and then some more");
          n_unique += n_seen[i][number] == 0;
          n_repeated += n_seen[i][number] != 0;
          n_late += number < last;
          last = MAX (last, number);
          n_seen[i][number]++;
        }

      g_test_message ("Host %u: %u of %u, %u twice, %u late",
                      i + 1, n_unique, N, n_repeated, n_late);

      if (i == 0)
        {
          g_assert_cmpuint (n_unique, ==, N);
          g_assert_cmpuint (n_repeated + n_late, ==, 0);
          continue;
        }

      /* Lost are 5 % and what the simulation did not manage; 5 % are sent twice. */
      g_assert_cmpuint (n_unique, >, N / 2);
      g_assert_cmpuint (n_unique, <, N);
      g_assert_cmpuint (n_repeated, >, 0);
      g_assert_cmpuint (n_late, >, 0);
    }

  for (guint i = 0; i < N_HOSTS; i++)
    {
      for (guint j = 0; j < N_HOSTS; j++)
        {
          g_autofree char *text = g_strdup_printf ("from %u", i);

          send_until_received (transports[i], text, collectors[j]);
        }
    }

  for (guint i = 0; i < N_HOSTS; i++)
    {
      mb_transport_close (transports[i]);
      g_assert_finalize_object (transports[i]);
      collector_free (collectors[i]);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/network-faults/faults", test_faults);

  return g_test_run ();
}
