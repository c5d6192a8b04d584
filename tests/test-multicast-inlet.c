/* test-multicast-inlet.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What is stored where packets come in. To be run by tests/private-network. */

#include "config.h"

#include <string.h>

#include "collector.h"
#include "minibus/mb-multicast-inlet-private.h"

/* Few of these fill what can be stored, and some the buffer of the system. */
#define PACKET_SIZE 60000
#define BURST 2

typedef struct
{
  Collector         *collector;
  MbMulticastSocket *socket;
  MbMulticastInlet  *inlet;
  gboolean           refuses;
  guint              n_sent;
} Fixture;

static void
set_up (Fixture       *self,
        gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MbAddress) address = mb_address_parse ("multicast:", NULL);

  self->collector = collector_new ();
  self->socket = _mb_multicast_socket_new (address, &error);
  g_assert_no_error (error);
  self->inlet = _mb_multicast_inlet_new (self->socket, self->collector->receiver, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture       *self,
           gconstpointer  data)
{
  _mb_multicast_inlet_free (self->inlet);
  _mb_multicast_socket_free (self->socket);
  collector_free (self->collector);
}

static gboolean
may_receive (gpointer data)
{
  return !((Fixture *) data)->refuses;
}

/* Sends as many packets, of which each begins with its number. */
static void
send_numbers (Fixture *self,
              guint    n,
              gsize    size)
{
  g_autofree char *bytes = g_malloc0 (size);

  while (n-- > 0)
    {
      g_snprintf (bytes, size, "%u", self->n_sent++);
      g_assert_cmpint (_mb_multicast_socket_send (self->socket, 0, (const guint8 *) bytes, size), ==, 0);
    }
}

static void
assert_in_order (Fixture *self)
{
  g_auto(GStrv) texts = collector_dup_texts (self->collector);

  for (guint i = 0; i < g_strv_length (texts); i++)
    g_assert_cmpuint (g_ascii_strtoull (texts[i], NULL, 10), ==, i);
}

static void
test_stores (Fixture       *self,
             gconstpointer  data)
{
  g_test_summary ("What is stored is handed up before what comes after it, a batch at a time");

  send_numbers (self, 40, 16);
  g_assert_cmpint (_mb_multicast_inlet_store (self->inlet, may_receive, self), ==, MB_INLET_FULL);
  g_assert_cmpint (_mb_multicast_inlet_store (self->inlet, may_receive, self), ==, MB_INLET_DRAINED);
  g_assert_true (_mb_multicast_inlet_has_stored (self->inlet));
  g_assert_cmpuint (collector_get_n_packets (self->collector), ==, 0);

  send_numbers (self, 1, 16);
  g_assert_cmpint (_mb_multicast_inlet_receive (self->inlet, may_receive, self), ==, MB_INLET_FULL);
  g_assert_cmpuint (collector_get_n_packets (self->collector), ==, 32);
  g_assert_cmpint (_mb_multicast_inlet_receive (self->inlet, may_receive, self), ==, MB_INLET_FULL);
  g_assert_cmpuint (collector_get_n_packets (self->collector), ==, 40);
  g_assert_false (_mb_multicast_inlet_has_stored (self->inlet));
  g_assert_cmpint (_mb_multicast_inlet_receive (self->inlet, may_receive, self), ==, MB_INLET_DRAINED);
  g_assert_cmpuint (collector_get_n_packets (self->collector), ==, 41);
  assert_in_order (self);
}

static void
test_flushes (Fixture       *self,
              gconstpointer  data)
{
  g_test_summary ("All that is stored can be handed up at once");

  _mb_multicast_inlet_flush (self->inlet, may_receive, self);
  send_numbers (self, 40, 16);
  while (_mb_multicast_inlet_store (self->inlet, may_receive, self) == MB_INLET_FULL)
    ;
  _mb_multicast_inlet_flush (self->inlet, may_receive, self);
  g_assert_cmpuint (collector_get_n_packets (self->collector), ==, 40);
  g_assert_false (_mb_multicast_inlet_has_stored (self->inlet));
  assert_in_order (self);
}

static void
test_full (Fixture       *self,
           gconstpointer  data)
{
  g_test_summary ("What has no room to be stored makes that others are handed up, and nothing is lost");

  for (guint i = 0; i < 300; i++)
    {
      send_numbers (self, BURST, PACKET_SIZE);
      g_assert_cmpint (_mb_multicast_inlet_store (self->inlet, may_receive, self), ==, MB_INLET_DRAINED);
    }
  g_assert_cmpuint (collector_get_n_packets (self->collector), >, 0);
  g_assert_cmpuint (collector_get_n_packets (self->collector), <, 300 * BURST);
  g_assert_true (_mb_multicast_inlet_has_stored (self->inlet));

  _mb_multicast_inlet_flush (self->inlet, may_receive, self);
  g_assert_cmpuint (collector_get_n_packets (self->collector), ==, 300 * BURST);
  assert_in_order (self);
}

static void
test_others_turn (Fixture       *self,
                  gconstpointer  data)
{
  g_test_summary ("Whose turn it is not does nothing");

  send_numbers (self, 3, 16);
  g_assert_cmpint (_mb_multicast_inlet_store (self->inlet, may_receive, self), ==, MB_INLET_DRAINED);
  self->refuses = TRUE;
  send_numbers (self, 3, 16);
  g_assert_cmpint (_mb_multicast_inlet_store (self->inlet, may_receive, self), ==, MB_INLET_DRAINED);
  g_assert_cmpint (_mb_multicast_inlet_receive (self->inlet, may_receive, self), ==, MB_INLET_DRAINED);
  _mb_multicast_inlet_flush (self->inlet, may_receive, self);
  g_assert_cmpuint (collector_get_n_packets (self->collector), ==, 0);

  self->refuses = FALSE;
  _mb_multicast_inlet_flush (self->inlet, may_receive, self);
  g_assert_cmpuint (collector_get_n_packets (self->collector), ==, 3);
}

static void
test_stops (Fixture       *self,
            gconstpointer  data)
{
  g_test_summary ("After the end nothing is handed up, whatever is stored");

  send_numbers (self, 3, 16);
  g_assert_cmpint (_mb_multicast_inlet_store (self->inlet, may_receive, self), ==, MB_INLET_DRAINED);
  g_assert_true (_mb_multicast_inlet_stop (self->inlet));
  _mb_multicast_inlet_flush (self->inlet, may_receive, self);
  g_assert_cmpint (_mb_multicast_inlet_receive (self->inlet, may_receive, self), ==, MB_INLET_DRAINED);
  g_assert_cmpuint (collector_get_n_packets (self->collector), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) g_test_add ("/multicast-inlet/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("stores", test_stores);
  ADD ("flushes", test_flushes);
  ADD ("full", test_full);
  ADD ("others-turn", test_others_turn);
  ADD ("stops", test_stops);

  return g_test_run ();
}
