/* test-transport.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the interface does by itself, with a transport that somebody else wrote. */

#include "config.h"

#include <string.h>

#include "minibus/mb-error.h"
#include "minibus/mb-memory-transport.h"
#include "minibus/mb-multicast-transport.h"
#include "minibus/mb-receiver-private.h"

#define TEST_TYPE_TRANSPORT (test_transport_get_type ())

G_DECLARE_FINAL_TYPE (TestTransport, test_transport, TEST, TRANSPORT, GObject)

struct _TestTransport
{
  GObject     parent_instance;

  MbReceiver *receiver;
  gboolean    fail;
  guint       n_opened;
  guint       n_closed;
  guint       n_sent;
};

static gboolean
test_transport_open_sync (MbTransport   *transport,
                          MbReceiver    *receiver,
                          GCancellable  *cancellable,
                          GError       **error)
{
  TestTransport *self = TEST_TRANSPORT (transport);

  self->n_opened++;

  if (self->fail)
    {
      g_set_error_literal (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_FAILED, "It rains");
      return FALSE;
    }

  self->receiver = g_object_ref (receiver);

  return TRUE;
}

static void
test_transport_close (MbTransport *transport)
{
  TestTransport *self = TEST_TRANSPORT (transport);

  self->n_closed++;
  g_clear_object (&self->receiver);
}

static gboolean
test_transport_send (MbTransport   *transport,
                     const char    *topic,
                     const guint8  *data,
                     gsize          length,
                     GError       **error)
{
  TestTransport *self = TEST_TRANSPORT (transport);

  g_assert_cmpstr (topic, ==, "/test");
  g_assert_cmpuint (length, <=, 10);
  self->n_sent++;

  return TRUE;
}

static gsize
test_transport_get_max_packet_size (MbTransport *transport)
{
  return 10;
}

static gboolean
test_transport_is_reliable (MbTransport *transport)
{
  return TRUE;
}

static void
test_transport_iface_init (MbTransportInterface *iface)
{
  iface->open_sync = test_transport_open_sync;
  iface->close = test_transport_close;
  iface->send = test_transport_send;
  iface->get_max_packet_size = test_transport_get_max_packet_size;
  iface->is_reliable = test_transport_is_reliable;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestTransport, test_transport, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (MB_TYPE_TRANSPORT,
                                                      test_transport_iface_init))

static void
test_transport_class_init (TestTransportClass *klass)
{
}

static void
test_transport_init (TestTransport *self)
{
}

typedef struct
{
  TestTransport *transport;
  MbReceiver    *receiver;
  GAsyncResult  *result;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->transport = g_object_new (TEST_TYPE_TRANSPORT, NULL);
  fixture->receiver = g_object_new (MB_TYPE_RECEIVER, NULL);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_clear_object (&fixture->result);
  mb_transport_close (MB_TRANSPORT (fixture->transport));
  g_assert_finalize_object (fixture->transport);
  g_assert_finalize_object (fixture->receiver);
}

static void
opened_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      data)
{
  Fixture *fixture = data;

  g_assert_true (object == G_OBJECT (fixture->transport));
  g_assert_null (fixture->result);
  fixture->result = g_object_ref (result);
}

static void
wait_opened (Fixture *fixture)
{
  /* Never from within the call that starts. */
  g_assert_null (fixture->result);

  while (fixture->result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_open_async (Fixture       *fixture,
                 gconstpointer  data)
{
  MbTransport *transport = MB_TRANSPORT (fixture->transport);
  g_autoptr(GError) error = NULL;

  g_test_summary ("A transport that cannot open asynchronously is opened at once, and calls back "
                  "later");

  mb_transport_open_async (transport, fixture->receiver, NULL, opened_cb, fixture);
  g_assert_cmpuint (fixture->transport->n_opened, ==, 1);
  g_assert_true (fixture->transport->receiver == fixture->receiver);
  wait_opened (fixture);

  g_assert_true (mb_transport_open_finish (transport, fixture->result, &error));
  g_assert_no_error (error);
}

static void
test_open_async_fails (Fixture       *fixture,
                       gconstpointer  data)
{
  MbTransport *transport = MB_TRANSPORT (fixture->transport);
  g_autoptr(GError) error = NULL;

  g_test_summary ("The error of opening is that of the transport");

  fixture->transport->fail = TRUE;
  mb_transport_open_async (transport, fixture->receiver, NULL, opened_cb, fixture);
  wait_opened (fixture);

  g_assert_false (mb_transport_open_finish (transport, fixture->result, &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_FAILED);
  g_assert_cmpstr (error->message, ==, "It rains");
}

static void
test_cancelled_before (Fixture       *fixture,
                       gconstpointer  data)
{
  MbTransport *transport = MB_TRANSPORT (fixture->transport);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;

  g_test_summary ("Nothing is opened that was cancelled before");

  g_cancellable_cancel (cancellable);

  g_assert_false (mb_transport_open_sync (transport, fixture->receiver, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  mb_transport_open_async (transport, fixture->receiver, cancellable, opened_cb, fixture);
  wait_opened (fixture);
  g_assert_false (mb_transport_open_finish (transport, fixture->result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  g_assert_cmpuint (fixture->transport->n_opened, ==, 0);
}

static void
test_cancelled_after (Fixture       *fixture,
                      gconstpointer  data)
{
  MbTransport *transport = MB_TRANSPORT (fixture->transport);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;

  g_test_summary ("What is open stays open and is reported so, even if it was cancelled meanwhile");

  mb_transport_open_async (transport, fixture->receiver, cancellable, opened_cb, fixture);
  g_cancellable_cancel (cancellable);
  wait_opened (fixture);

  g_assert_true (mb_transport_open_finish (transport, fixture->result, &error));
  g_assert_no_error (error);
  g_assert_nonnull (fixture->transport->receiver);
}

static void
test_size (Fixture       *fixture,
           gconstpointer  data)
{
  MbTransport *transport = MB_TRANSPORT (fixture->transport);
  const guint8 packet[11] = { 0, };
  g_autoptr(GError) error = NULL;

  g_test_summary ("Packets that are too large never reach the transport");

  g_assert_cmpuint (mb_transport_get_max_packet_size (transport), ==, 10);
  g_assert_true (mb_transport_is_reliable (transport));

  g_assert_true (mb_transport_send (transport, "/test", packet, 10, &error));
  g_assert_no_error (error);

  g_assert_false (mb_transport_send (transport, "/test", packet, 11, &error));
  g_assert_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, "11"));
  g_assert_nonnull (strstr (error->message, "10"));

  g_assert_cmpuint (fixture->transport->n_sent, ==, 1);
}

static void
test_for_address (void)
{
  g_autoptr(MbAddress) multicast = mb_address_parse ("multicast:", NULL);
  g_autoptr(MbAddress) memory = mb_address_parse ("memory:test", NULL);
  g_autoptr(MbTransport) first = mb_transport_new_for_address (multicast);
  g_autoptr(MbTransport) second = mb_transport_new_for_address (memory);
  g_autoptr(MbAddress) address = NULL;

  g_test_summary ("The scheme of an address picks the transport, which keeps the address");

  g_assert_true (MB_IS_MULTICAST_TRANSPORT (first));
  g_assert_true (MB_IS_MEMORY_TRANSPORT (second));

  g_object_get (first, "address", &address, NULL);
  g_assert_true (address == multicast);
  g_clear_object (&address);

  g_object_get (second, "address", &address, NULL);
  g_assert_true (address == memory);
}

static void
test_without_address (void)
{
  g_autoptr(MbMulticastTransport) multicast = g_object_new (MB_TYPE_MULTICAST_TRANSPORT, NULL);
  g_autoptr(MbMemoryTransport) memory = g_object_new (MB_TYPE_MEMORY_TRANSPORT, NULL);

  g_test_summary ("A transport that was made without an address has the usual one");

  g_assert_cmpstr (mb_address_get_host (mb_multicast_transport_get_address (multicast)), ==,
                   "228.0.0.5");
  g_assert_cmpstr (mb_address_get_host (mb_memory_transport_get_address (memory)), ==, "default");
}

static void
test_wrong_address (void)
{
  g_autoptr(MbAddress) multicast = mb_address_parse ("multicast:", NULL);
  g_autoptr(MbAddress) memory = mb_address_parse ("memory:test", NULL);
  g_autoptr(GObject) first = NULL;
  g_autoptr(GObject) second = NULL;

  g_test_summary ("An address of another scheme is a mistake of the program, and is not used");

  g_test_expect_message ("Minibus", G_LOG_LEVEL_CRITICAL, "*memory*multicast*");
  first = g_object_new (MB_TYPE_MULTICAST_TRANSPORT, "address", memory, NULL);
  g_test_assert_expected_messages ();

  g_test_expect_message ("Minibus", G_LOG_LEVEL_CRITICAL, "*multicast*memory*");
  second = g_object_new (MB_TYPE_MEMORY_TRANSPORT, "address", multicast, NULL);
  g_test_assert_expected_messages ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) \
  g_test_add ("/transport/" name, Fixture, NULL, set_up, func, tear_down)

  ADD ("open-async", test_open_async);
  ADD ("open-async-fails", test_open_async_fails);
  ADD ("cancelled-before", test_cancelled_before);
  ADD ("cancelled-after", test_cancelled_after);
  ADD ("size", test_size);

  g_test_add_func ("/transport/for-address", test_for_address);
  g_test_add_func ("/transport/without-address", test_without_address);
  g_test_add_func ("/transport/wrong-address", test_wrong_address);

  return g_test_run ();
}
