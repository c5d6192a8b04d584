/* test-client.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-test.h"

static void
test_names (void)
{
  g_autoptr(MbClient) named = mb_client_new ("a(b");
  g_autoptr(MbClient) one = mb_client_new (NULL);
  g_autoptr(MbClient) other = mb_client_new ("");

  g_test_summary ("A client has the name it was given, or a generated one of harmless characters");

  g_assert_cmpstr (mb_client_get_name (named), ==, "a(b");
  g_assert_cmpstr (mb_client_get_name (one), !=, mb_client_get_name (other));
  for (const char *c = mb_client_get_name (one); *c != '\0'; c++)
    g_assert_true (g_ascii_isalnum (*c) || *c == '-' || *c == '_');
}

static void
count_cb (guint *count)
{
  (*count)++;
}

static void
test_open_close (void)
{
  g_autoptr(MbClient) client = mb_client_new ("c");
  g_autoptr(GError) error = NULL;
  guint n_notified = 0;

  g_test_summary ("A client opens and closes any number of times, and says so");

  mb_client_set_address (client, "memory:open-close");
  g_signal_connect_swapped (client, "notify::is-open", G_CALLBACK (count_cb), &n_notified);

  for (guint i = 0; i < 50; i++)
    {
      g_assert_false (mb_client_get_is_open (client));
      mb_client_open_sync (client, NULL, &error);
      g_assert_no_error (error);
      g_assert_true (mb_client_get_is_open (client));

      g_assert_false (mb_client_open_sync (client, NULL, &error));
      g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_ALREADY_OPEN);
      g_clear_error (&error);

      mb_client_close (client);
      mb_client_close (client);
    }
  g_assert_cmpuint (n_notified, ==, 100);
}

static void
result_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
test_open_async (void)
{
  g_autoptr(MbClient) client = mb_client_new ("c");
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) second = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Opening without waiting completes from the main loop, also when it fails");

  mb_client_set_address (client, "memory:open-async");
  mb_client_open_async (client, NULL, result_cb, &result);
  g_assert_null (result);
  mb_test_wait_until (result != NULL);
  g_assert_true (mb_client_open_finish (client, result, &error));
  g_assert_no_error (error);

  mb_client_open_async (client, NULL, result_cb, &second);
  mb_test_wait_until (second != NULL);
  g_assert_false (mb_client_open_finish (client, second, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_ALREADY_OPEN);
}

static void
test_close_while_opening (void)
{
  g_autoptr(MbClient) client = mb_client_new ("c");
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A client that is closed while it is being opened ends up closed");

  mb_client_set_address (client, "memory:close-while-opening");
  mb_client_open_async (client, NULL, result_cb, &result);
  mb_client_close (client);
  mb_test_wait_until (result != NULL);
  g_assert_false (mb_client_open_finish (client, result, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_false (mb_client_get_is_open (client));

  g_assert_true (mb_client_open_sync (client, NULL, &error));
  g_assert_no_error (error);
}

static void
test_bad_address (void)
{
  g_autoptr(MbClient) client = mb_client_new ("c");
  g_autoptr(GError) error = NULL;

  g_test_summary ("A wrong address is an error of opening, after which another one works");

  mb_client_set_address (client, "carrier-pigeon://loft");
  g_assert_false (mb_client_open_sync (client, NULL, &error));
  g_assert_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_UNKNOWN_SCHEME);
  g_clear_error (&error);

  mb_client_set_address (client, "memory:bad-address");
  g_assert_true (mb_client_open_sync (client, NULL, &error));
  g_assert_no_error (error);
}

static void
test_environment (void)
{
  g_autoptr(MbClient) client = mb_client_new ("c");
  g_autoptr(MbClient) other = mb_test_open ("other", "environment");
  g_autoptr(MbPublisher) publisher = mb_test_publisher (other, "/t", NULL);
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (client, "/t", texts);
  g_autoptr(GError) error = NULL;

  g_test_summary ("MINIBUS_ADDRESS is the address of clients that name none");

  g_setenv ("MINIBUS_ADDRESS", "memory:environment", TRUE);
  mb_client_open_sync (client, NULL, &error);
  g_assert_no_error (error);
  g_unsetenv ("MINIBUS_ADDRESS");

  mb_test_publish (publisher, "1");
  mb_test_wait_until (texts->len == 1);
}

static void
test_passphrase (void)
{
  g_autoptr(MbClient) client = mb_client_new ("c");
  g_autoptr(GError) error = NULL;

  g_test_summary ("A client with a passphrase does not open rather than send in the clear");

  mb_client_set_address (client, "memory:passphrase");
  mb_client_set_passphrase (client, "secret");
  g_assert_false (mb_client_open_sync (client, NULL, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);

  mb_client_set_passphrase (client, NULL);
  g_assert_true (mb_client_open_sync (client, NULL, &error));
  g_assert_no_error (error);
}

static void
test_closed (void)
{
  g_autoptr(MbClient) client = mb_client_new ("c");
  g_autoptr(MbPublisher) publisher = mb_test_publisher (client, "/t", NULL);
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (client, "/t", texts);
  g_autoptr(GError) error = NULL;

  g_test_summary ("What a client was made to do waits while it is closed, and works whenever it is open");

  mb_client_set_address (client, "memory:closed");

  for (guint i = 1; i <= 3; i++)
    {
      g_assert_false (mb_publisher_publish_text (publisher, "0", &error));
      g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED);
      g_clear_error (&error);

      mb_client_open_sync (client, NULL, &error);
      g_assert_no_error (error);
      mb_test_publish (publisher, "1");
      mb_test_wait_until (texts->len == i);
      mb_client_close (client);
    }
}

static void
test_too_large (void)
{
  g_autoptr(MbClient) client = mb_test_open ("c", "too-large");
  g_autoptr(MbPublisher) publisher = mb_test_publisher (client, "/t", NULL);
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (client, "/t", texts);
  g_autofree char *fill = g_strnfill (1500, 'x');
  g_autofree char *json = g_strdup_printf ("\"%s\"", fill);
  g_autoptr(GError) error = NULL;

  g_test_summary ("A packet beyond the limit is refused with both numbers; the limit can be raised");

  g_assert_false (mb_publisher_publish_text (publisher, json, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, "1472"));
  g_clear_error (&error);

  mb_client_set_max_packet_size (client, 65507);
  mb_test_publish (publisher, json);
  mb_test_wait_until (texts->len == 1);
  g_assert_cmpuint (mb_subscriber_get_n_missed (subscriber), ==, 0);
}

static void
test_gone (void)
{
  MbClient *client = mb_test_open ("c", "gone");
  g_autoptr(MbPublisher) publisher = mb_test_publisher (client, "/t", NULL);
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  MbSubscriber *subscriber = mb_test_collect (client, "/t", texts);
  g_autoptr(MbService) service = NULL;
  g_autoptr(MbServiceClient) service_client = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("When a client goes, its parts end, whoever holds them");

  service = mb_client_create_service (client, "/s", NULL, NULL, &error);
  g_assert_no_error (error);
  service_client = mb_client_create_service_client (client, "/s", NULL, NULL, &error);
  g_assert_no_error (error);
  mb_test_publish (publisher, "1");

  g_assert_finalize_object (client);

  g_assert_true (mb_subscriber_get_is_closed (subscriber));
  g_assert_true (mb_service_get_is_closed (service));
  g_assert_false (mb_publisher_publish_text (publisher, "1", &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_null (mb_service_client_call_text (service_client, "1", &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED);

  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (texts->len, ==, 0);
  g_assert_finalize_object (subscriber);
}

/* A transport of somebody else's: what is sent comes back when the main loop has time. */
#define TEST_TYPE_TRANSPORT (test_transport_get_type ())
G_DECLARE_FINAL_TYPE (TestTransport, test_transport, TEST, TRANSPORT, GObject)

struct _TestTransport
{
  GObject     parent_instance;
  MbReceiver *receiver;
};

typedef struct
{
  MbReceiver *receiver;
  GBytes     *bytes;
} Echo;

static gboolean
echo_cb (gpointer data)
{
  Echo *echo = data;

  mb_receiver_push (echo->receiver, g_bytes_get_data (echo->bytes, NULL), g_bytes_get_size (echo->bytes));
  g_object_unref (echo->receiver);
  g_bytes_unref (echo->bytes);
  g_free (echo);

  return G_SOURCE_REMOVE;
}

static gboolean
test_transport_open_sync (MbTransport   *transport,
                          MbReceiver    *receiver,
                          GCancellable  *cancellable,
                          GError       **error)
{
  g_set_object (&TEST_TRANSPORT (transport)->receiver, receiver);

  return TRUE;
}

static void
test_transport_close (MbTransport *transport)
{
  g_clear_object (&TEST_TRANSPORT (transport)->receiver);
}

static gboolean
test_transport_send (MbTransport   *transport,
                     const char    *topic,
                     const guint8  *data,
                     gsize          length,
                     GError       **error)
{
  Echo *echo = g_new (Echo, 1);

  echo->receiver = g_object_ref (TEST_TRANSPORT (transport)->receiver);
  echo->bytes = g_bytes_new (data, length);
  g_idle_add (echo_cb, echo);

  return TRUE;
}

static gsize
test_transport_get_max_packet_size (MbTransport *transport)
{
  return 1000;
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
                               G_IMPLEMENT_INTERFACE (MB_TYPE_TRANSPORT, test_transport_iface_init))

static void
test_transport_class_init (TestTransportClass *klass)
{
}

static void
test_transport_init (TestTransport *self)
{
}

static void
test_own_transport (void)
{
  g_autoptr(MbTransport) transport = g_object_new (TEST_TYPE_TRANSPORT, NULL);
  g_autoptr(MbClient) client = g_object_new (MB_TYPE_CLIENT, "transport", transport, NULL);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (client, "/t", NULL);
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (client, "/t", texts);
  g_autoptr(GError) error = NULL;

  g_test_summary ("A client works with a transport that somebody else wrote");

  g_assert_true (mb_client_get_transport (client) == transport);
  mb_client_open_sync (client, NULL, &error);
  g_assert_no_error (error);

  mb_test_publish (publisher, "[1]");
  mb_test_wait_until (texts->len == 1);
  g_assert_cmpstr (g_ptr_array_index (texts, 0), ==, "/t [1]");
}

static void
dropped_cb (MbClient     *client,
            MbDropReason  reason,
            guint         count,
            const char   *topic,
            const char   *detail,
            guint        *counts)
{
  counts[reason] += count;
}


static void
test_hostile (void)
{
  static const struct
  {
    MbDropReason  reason;
    const char   *datagram;
  } cases[] = {
    { MB_DROP_REASON_NOT_JSON, "x" },
    { MB_DROP_REASON_NOT_JSON, "{\"header\":{\"topic\":\"/t\"},\"data\":\"1\"}x" },
    { MB_DROP_REASON_NOT_PACKET, "[]" },
    { MB_DROP_REASON_NOT_PACKET, "{\"header\":{},\"data\":\"1\"}" },
    { MB_DROP_REASON_NOT_PACKET, "{\"header\":{\"topic\":\"/t\",\"version\":\"9\"},\"data\":\"1\"}" },
    { MB_DROP_REASON_NOT_PACKET, "{\"header\":{\"topic\":\"/t\"},\"data\":1}" },
    { MB_DROP_REASON_DATA_NOT_JSON, "{\"header\":{\"topic\":\"/t\"},\"data\":\"{\"}" },
    { MB_DROP_REASON_DATA_NOT_JSON, "{\"header\":{\"topic\":\"/t\"},\"data\":\"\"}" },
    { MB_DROP_REASON_NO_KEY, "{\"header\":{\"topic\":\"/t\",\"gpg\":\"yes\"},\"data\":\"jA0E\"}" },
    { MB_DROP_REASON_NO_ID, "{\"header\":{\"topic\":\"/s/__request__\"},\"data\":\"1\"}" },
    { MB_DROP_REASON_NO_ID,
      "{\"header\":{\"topic\":\"/__minibus__/__listclients__/__request__\"},\"data\":\"null\"}" },
  };
  g_autoptr(MbClient) client = mb_client_new ("victim");
  g_autoptr(MbTransport) transport = g_object_new (TEST_TYPE_TRANSPORT, NULL);
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (client, "/t", texts);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (client, "/t", NULL);
  g_autoptr(MbService) service = NULL;
  g_autoptr(GError) error = NULL;
  guint counts[32] = { 0 };

  g_test_summary ("Whatever arrives is counted under its reason and reported, and honest traffic goes on");

  mb_client_set_transport (client, transport);
  service = mb_client_create_service (client, "/s", NULL, NULL, &error);
  g_assert_no_error (error);
  mb_client_open_sync (client, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (client, "dropped", G_CALLBACK (dropped_cb), counts);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint before = mb_client_get_dropped (client, cases[i].reason);

      mb_receiver_push (TEST_TRANSPORT (transport)->receiver, (const guint8 *) cases[i].datagram,
                        strlen (cases[i].datagram));
      g_assert_cmpuint (mb_client_get_dropped (client, cases[i].reason), ==, before + 1);
    }

  /* Blank datagrams are what closing Python peers send. */
  mb_receiver_push (TEST_TRANSPORT (transport)->receiver, (const guint8 *) "\n", 1);
  mb_receiver_push (TEST_TRANSPORT (transport)->receiver, (const guint8 *) "", 0);

  mb_test_publish (publisher, "1");
  mb_test_wait_until (texts->len == 1);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      mb_test_wait_until (counts[cases[i].reason] == mb_client_get_dropped (client, cases[i].reason));
      g_assert_cmpuint (counts[cases[i].reason], >, 0);
    }
}

static void
test_properties (void)
{
  g_autoptr(MbClient) client = mb_test_open ("c", "properties");
  g_autoptr(MbPublisher) publisher = mb_test_publisher (client, "/t", NULL);
  g_autoptr(GEnumClass) klass = g_type_class_ref (MB_TYPE_DROP_REASON);
  guint n_sent;
  guint n_unwanted;

  g_test_summary ("Each drop reason is a property, and packets are counted");

  for (guint i = 0; i < klass->n_values; i++)
    {
      g_autofree char *name = g_strconcat ("dropped-", klass->values[i].value_nick, NULL);
      guint value;

      g_object_get (client, name, &value, NULL);
      g_assert_cmpuint (value, ==, mb_client_get_dropped (client, klass->values[i].value));
    }

  mb_test_publish (publisher, "1");
  mb_test_settle (client, client);
  g_object_get (client, "n-sent", &n_sent, "n-unwanted", &n_unwanted, NULL);
  g_assert_cmpuint (n_sent, ==, 2);
  g_assert_cmpuint (n_unwanted, ==, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/names", test_names);
  g_test_add_func ("/client/open-close", test_open_close);
  g_test_add_func ("/client/open-async", test_open_async);
  g_test_add_func ("/client/close-while-opening", test_close_while_opening);
  g_test_add_func ("/client/bad-address", test_bad_address);
  g_test_add_func ("/client/environment", test_environment);
  g_test_add_func ("/client/passphrase", test_passphrase);
  g_test_add_func ("/client/closed", test_closed);
  g_test_add_func ("/client/too-large", test_too_large);
  g_test_add_func ("/client/gone", test_gone);
  g_test_add_func ("/client/own-transport", test_own_transport);
  g_test_add_func ("/client/hostile", test_hostile);
  g_test_add_func ("/client/properties", test_properties);

  return g_test_run ();
}
