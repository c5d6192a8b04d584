/* test-directory.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "mb-test.h"
#include "minibus/mb-presence-private.h"

/* All times of the protocol are divided by this. */
#define SPEED 10

static MbClient *
open_client (const char *name,
             const char *bus)
{
  g_autofree char *address = g_strconcat ("memory:", bus, NULL);
  g_autoptr(GError) error = NULL;
  MbClient *client = mb_client_new (name);

  mb_client_set_address (client, address);
  mb_client_open_sync (client, NULL, &error);
  g_assert_no_error (error);

  return client;
}

static guint
count (MbDirectory *directory)
{
  return g_list_model_get_n_items (G_LIST_MODEL (directory));
}

static void
collect (MbDirectory *directory)
{
  g_autoptr(GError) error = NULL;

  mb_directory_collect_sync (directory, 0, NULL, &error);
  g_assert_no_error (error);
}

static void
note_cb (MbDirectory *directory,
         MbPeer      *peer,
         gpointer     user_data)
{
  g_ptr_array_add (user_data, g_strdup (mb_peer_get_name (peer)));
}

static void
test_appear_change_leave (void)
{
  g_autoptr(MbClient) client = open_client ("watcher", "appear");
  g_autoptr(MbDirectory) directory = mb_directory_new (client);
  g_autoptr(MbClient) other = NULL;
  g_autoptr(MbPublisher) publisher = NULL;
  g_autoptr(MbPublisher) second = NULL;
  g_autoptr(MbSubscriber) subscriber = NULL;
  g_autoptr(MbPeer) peer = NULL;
  g_autoptr(GPtrArray) appeared = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) vanished = g_ptr_array_new_with_free_func (g_free);
  MbTopicInfo *topic;

  g_test_summary ("A peer comes into the directory, changes there, and goes from it when it leaves");

  g_signal_connect (directory, "peer-appeared::other", G_CALLBACK (note_cb), appeared);
  g_signal_connect (directory, "peer-vanished", G_CALLBACK (note_cb), vanished);
  collect (directory);
  g_assert_true (mb_directory_get_is_settled (directory));
  g_assert_cmpuint (count (directory), ==, 1);
  g_assert_true (mb_peer_get_is_own (mb_directory_find_peer (directory, "watcher")));

  other = open_client ("other", "appear");
  publisher = mb_test_publisher (other, "/weather", NULL);
  mb_test_wait_until (mb_directory_find_peer (directory, "other") != NULL);
  peer = g_object_ref (mb_directory_find_peer (directory, "other"));
  mb_test_wait_until (mb_directory_find_topic (directory, "/weather") != NULL);
  g_assert_cmpuint (appeared->len, ==, 1);
  g_assert_cmpstr (mb_peer_get_publishers (peer)[0], ==, "/weather");
  g_assert_cmpstr (mb_peer_get_session (peer), ==, mb_client_get_session (other));
  g_assert_cmpstr (mb_peer_get_host (peer), ==, g_get_host_name ());
  g_assert_cmpint (mb_peer_get_process_id (peer), ==, getpid ());
  g_assert_cmpint (mb_peer_get_kind (peer), ==, MB_PEER_KIND_LIBMINIBUS);
  g_assert_nonnull (mb_peer_get_version (peer));

  second = mb_test_publisher (other, "/wind", NULL);
  subscriber = mb_client_subscribe (client, "/w.*", NULL, NULL);
  mb_test_wait_until (mb_directory_find_topic (directory, "/wind") != NULL);
  topic = mb_directory_find_topic (directory, "/wind");
  mb_test_wait_until (mb_topic_info_get_n_subscribers (topic) == 1);
  g_assert_cmpuint (mb_topic_info_get_n_publishers (topic), ==, 1);
  g_assert_cmpuint (mb_directory_count_publishers (directory, "/w.*"), ==, 1);
  g_assert_cmpuint (mb_directory_count_subscribers (directory, "/wind"), ==, 1);

  mb_client_close (other);
  mb_test_wait_until (vanished->len == 1);
  g_assert_cmpstr (g_ptr_array_index (vanished, 0), ==, "other");
  g_assert_false (mb_peer_get_is_present (peer));
  g_assert_null (mb_directory_find_topic (directory, "/wind"));
  g_assert_cmpuint (count (directory), ==, 1);
}

static void
test_crash (void)
{
  g_autoptr(MbMemoryBus) bus = mb_memory_bus_get ("crash");
  g_autoptr(MbClient) client = open_client ("watcher", "crash");
  g_autoptr(MbClient) other = open_client ("other", "crash");
  g_autoptr(MbDirectory) directory = mb_directory_new (client);
  gint64 start;

  g_test_summary ("A peer that cannot be heard any more vanishes, and comes back when it is heard again");

  collect (directory);
  g_assert_cmpuint (count (directory), ==, 2);

  mb_memory_bus_set_loss (bus, 1);
  start = g_get_monotonic_time ();
  mb_test_wait_until (mb_directory_find_peer (directory, "other") == NULL);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 2 * 2000 / SPEED * 1000);

  mb_memory_bus_set_loss (bus, 0);
  mb_test_wait_until (mb_directory_find_peer (directory, "other") != NULL);
}

static void
test_same_names (void)
{
  g_autoptr(MbClient) client = open_client ("watcher", "same");
  g_autoptr(MbClient) one = open_client ("twin", "same");
  g_autoptr(MbClient) two = open_client ("twin", "same");
  g_autoptr(MbDirectory) directory = mb_directory_new (client);
  g_autoptr(MbPeer) first = NULL;
  g_autofree char *session = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Peers of one name are told apart; one that is opened again is another one");

  collect (directory);
  g_assert_cmpuint (count (directory), ==, 3);

  mb_client_close (one);
  mb_test_wait_until (count (directory) == 2);
  g_assert_cmpstr (mb_peer_get_session (mb_directory_find_peer (directory, "twin")), ==,
                   mb_client_get_session (two));

  session = g_strdup (mb_client_get_session (two));
  first = g_object_ref (mb_directory_find_peer (directory, "twin"));
  mb_client_close (two);
  mb_client_open_sync (two, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (mb_client_get_session (two), !=, session);
  mb_test_wait_until (!mb_peer_get_is_present (first) && count (directory) == 2);
  g_assert_cmpstr (mb_peer_get_session (mb_directory_find_peer (directory, "twin")), ==,
                   mb_client_get_session (two));
}

static void
watch_cb (MbDirectory *directory,
          const char  *name,
          MbPeer      *peer,
          gpointer     user_data)
{
  GString *log = user_data;

  g_assert_cmpstr (name, ==, "other");
  g_string_append_c (log, peer != NULL ? '+' : '-');
}

static void
destroyed_cb (gpointer data)
{
  g_string_append_c (data, '.');
}

static void
test_watch (void)
{
  g_autoptr(MbClient) client = open_client ("watcher", "watch");
  g_autoptr(MbDirectory) directory = mb_directory_new (client);
  g_autoptr(MbClient) other = NULL;
  g_autoptr(GString) log = g_string_new (NULL);
  guint id;

  g_test_summary ("A watch tells that a name is absent, appears and vanishes");

  id = mb_directory_watch_peer (directory, "other", watch_cb, log, destroyed_cb);
  g_assert_cmpuint (id, !=, 0);
  g_assert_cmpstr (log->str, ==, "");
  mb_test_wait_until (log->len > 0);
  g_assert_cmpstr (log->str, ==, "-");

  other = open_client ("other", "watch");
  mb_test_wait_until (log->len > 1);
  mb_client_close (other);
  mb_test_wait_until (log->len > 2);
  g_assert_cmpstr (log->str, ==, "-+-");

  mb_directory_unwatch_peer (directory, id);
  g_assert_cmpstr (log->str, ==, "-+-.");
  mb_directory_unwatch_peer (directory, id);
}

static void
test_silence (void)
{
  g_autoptr(MbMemoryBus) bus = mb_memory_bus_get ("silence");
  g_autoptr(MbClient) client = open_client ("watcher", "silence");
  g_autoptr(MbClient) other = open_client ("other", "silence");
  g_autoptr(MbDirectory) directory = NULL;
  g_autoptr(MbPublisher) publisher = NULL;
  guint before;

  g_test_summary ("While nobody watches, each client sends one packet when it opens and nothing more");

  mb_test_wait_until (mb_memory_bus_get_n_sent (bus) == 2);
  publisher = mb_test_publisher (other, "/weather", NULL);
  g_usleep (G_USEC_PER_SEC);
  g_assert_cmpuint (mb_memory_bus_get_n_sent (bus), ==, 2);

  directory = mb_directory_new (client);
  collect (directory);
  before = mb_memory_bus_get_n_sent (bus);
  mb_test_wait_until (mb_memory_bus_get_n_sent (bus) >= before + 4);

  /* The lease runs out: three seconds here. */
  g_clear_object (&directory);
  g_usleep (4 * G_USEC_PER_SEC);
  before = mb_memory_bus_get_n_sent (bus);
  g_usleep (G_USEC_PER_SEC);
  g_assert_cmpuint (mb_memory_bus_get_n_sent (bus), ==, before);
}

static void
items_changed_cb (GListModel *model,
                  guint       position,
                  guint       removed,
                  guint       added,
                  gpointer    user_data)
{
  GPtrArray *mirror = user_data;

  g_assert_cmpuint (position + removed, <=, mirror->len);
  g_assert_cmpuint (removed + added, ==, 1);
  if (removed > 0)
    g_ptr_array_remove_range (mirror, position, removed);
  for (guint i = 0; i < added; i++)
    g_ptr_array_insert (mirror, (int) (position + i), g_list_model_get_item (model, position + i));

  g_assert_cmpuint (mirror->len, ==, g_list_model_get_n_items (model));
}

static void
check_mirror (GListModel *model,
              GPtrArray  *mirror)
{
  g_assert_cmpuint (mirror->len, ==, g_list_model_get_n_items (model));
  for (guint i = 0; i < mirror->len; i++)
    {
      g_autoptr(GObject) item = g_list_model_get_item (model, i);

      g_assert_true (item == g_ptr_array_index (mirror, i));
    }
}

static void
test_deltas (void)
{
  g_autoptr(MbClient) client = open_client ("m", "deltas");
  g_autoptr(MbDirectory) directory = mb_directory_new (client);
  g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GPtrArray) publishers = g_ptr_array_new_with_free_func (g_object_unref);
  GListModel *models[] = {
    G_LIST_MODEL (directory), mb_directory_get_topics (directory), mb_directory_get_services (directory),
  };
  GPtrArray *mirrors[G_N_ELEMENTS (models)];
  g_autoptr(MbService) service = NULL;

  g_test_summary ("The lists tell each change as a small one, so that a copy made of the changes is the list");

  for (guint i = 0; i < G_N_ELEMENTS (models); i++)
    {
      mirrors[i] = g_ptr_array_new_with_free_func (g_object_unref);
      g_signal_connect (models[i], "items-changed", G_CALLBACK (items_changed_cb), mirrors[i]);
    }

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("%c%u", "zamk"[i % 4], i);
      g_autofree char *topic = g_strdup_printf ("/%c/%u", "yblm"[i % 4], i % 7);
      MbClient *other = open_client (name, "deltas");

      g_ptr_array_add (clients, other);
      g_ptr_array_add (publishers, mb_test_publisher (other, topic, NULL));
    }
  service = mb_client_create_service (g_ptr_array_index (clients, 3), "/add", NULL, NULL, NULL);
  mb_test_wait_until (count (directory) == 21 && g_list_model_get_n_items (models[1]) == 20 &&
                      g_list_model_get_n_items (models[2]) == 1);
  for (guint i = 0; i < G_N_ELEMENTS (models); i++)
    check_mirror (models[i], mirrors[i]);

  for (guint i = 0; i < 20; i += 2)
    mb_client_close (g_ptr_array_index (clients, i));
  mb_test_wait_until (count (directory) == 11 && g_list_model_get_n_items (models[1]) < 20);
  for (guint i = 0; i < G_N_ELEMENTS (models); i++)
    {
      check_mirror (models[i], mirrors[i]);
      g_signal_handlers_disconnect_by_data (models[i], mirrors[i]);
      g_ptr_array_unref (mirrors[i]);
    }
}

/* How fast time may go by for so many clients, which are all in this process and each get all packets: the 50 packets a
 * second that they send, whatever their number, shall take a tenth of the time. A machine that is too slow for that, or
 * too busy, would never have done with them. */
static double
find_pace (guint n)
{
  enum { N_PACKETS = 20 };
  g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(MbPublisher) publisher = NULL;
  g_autoptr(MbSubscriber) subscriber = NULL;
  double share;
  gint64 start;

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (clients, mb_test_open ("peer", "pace"));
  publisher = mb_test_publisher (g_ptr_array_index (clients, 0), "/pace", NULL);
  subscriber = mb_test_collect (g_ptr_array_index (clients, n - 1), "/pace", texts);

  start = g_get_monotonic_time ();
  for (guint i = 0; i < N_PACKETS; i++)
    mb_test_publish (publisher, "null");
  mb_test_wait_until (texts->len == N_PACKETS);
  share = 50.0 / N_PACKETS * (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;

  return CLAMP (0.1 / share, 0.05, 1);
}

static void
test_many (void)
{
  enum { N = 200 };
  double pace = find_pace (N);
  g_autoptr(MbMemoryBus) bus = mb_memory_bus_get ("many");
  g_autoptr(MbClient) client = NULL;
  g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(MbDirectory) directory = NULL;
  gint64 start;
  guint before;
  guint limit;

  g_test_summary ("200 peers are all found, with few packets for each");

  _mb_presence_set_speed (pace);
  client = open_client ("watcher", "many");
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *name = g_strdup_printf ("peer-%03u", i);

      g_ptr_array_add (clients, open_client (name, "many"));
    }
  mb_test_wait_until (mb_memory_bus_get_n_sent (bus) == N + 1);

  before = mb_memory_bus_get_n_sent (bus);
  start = g_get_monotonic_time ();
  directory = mb_directory_new (client);
  collect (directory);
  mb_test_wait_until (count (directory) == N + 1);
  /* A state and two signs of life for each, and the questions; then 50 signs of life a second, or, for who knows
   * only of few, one in two seconds. */
  limit = 4 * N + (guint) (pace * N * (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC / 2);
  g_assert_cmpuint (mb_memory_bus_get_n_sent (bus) - before, <=, limit);
  g_test_message ("%u packets for %u peers, at %g of the speed", mb_memory_bus_get_n_sent (bus) - before, N, pace);

  for (guint i = 0; i < N; i++)
    mb_client_close (g_ptr_array_index (clients, i));
  mb_test_wait_until (count (directory) == 1);
  _mb_presence_set_speed (SPEED);
}

static void
test_loss (void)
{
  enum { N = 20 };
  g_autoptr(MbMemoryBus) bus = mb_memory_bus_get ("loss");
  g_autoptr(MbClient) client = open_client ("watcher", "loss");
  g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GPtrArray) publishers = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(MbDirectory) directory = NULL;

  g_test_summary ("When 30 % of the packets get lost, all peers are found all the same, with large states too");

  mb_memory_bus_set_seed (bus, 42);
  mb_memory_bus_set_loss (bus, 0.3);
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *name = g_strdup_printf ("peer-%03u", i);

      g_ptr_array_add (clients, open_client (name, "loss"));
    }
  for (guint i = 0; i < 300; i++)
    {
      g_autofree char *topic = g_strdup_printf ("/a/topic/with/a/long/name/%u", i);

      g_ptr_array_add (publishers, mb_test_publisher (g_ptr_array_index (clients, 0), topic, NULL));
    }

  directory = mb_directory_new (client);
  mb_test_wait_until (count (directory) == N + 1 &&
                      g_list_model_get_n_items (mb_directory_get_topics (directory)) == 300);
}

static void
test_hidden (void)
{
  g_autoptr(MbClient) client = open_client ("watcher", "hidden");
  g_autoptr(MbPublisher) seen = mb_test_publisher (client, "/a/_b_/c__", NULL);
  g_autoptr(MbPublisher) hidden = mb_test_publisher (client, "/a/__b__/c", NULL);
  g_autoptr(MbDirectory) directory = mb_directory_new (client);

  g_test_summary ("Topics with a part in double underscores are in the lists only when they are asked for");

  collect (directory);
  g_assert_nonnull (mb_directory_find_topic (directory, "/a/_b_/c__"));
  g_assert_null (mb_directory_find_topic (directory, "/a/__b__/c"));
  mb_directory_set_show_hidden (directory, TRUE);
  g_assert_nonnull (mb_directory_find_topic (directory, "/a/__b__/c"));
  mb_directory_set_show_hidden (directory, FALSE);
  g_assert_null (mb_directory_find_topic (directory, "/a/__b__/c"));
}

static void
test_wide_subscriber (void)
{
  g_autoptr(MbClient) client = open_client ("watcher", "wide");
  g_autoptr(GPtrArray) wide = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) meant = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(MbSubscriber) first = mb_test_collect (client, ".*", wide);
  g_autoptr(MbSubscriber) second = mb_test_collect (client, "/__minibus__/__pres.*", meant);
  g_autoptr(MbDirectory) directory = mb_directory_new (client);

  g_test_summary ("Who subscribes to everything gets nothing of the presence, unless the pattern says so");

  collect (directory);
  mb_test_wait_until (meant->len > 0);
  for (guint i = 0; i < wide->len; i++)
    g_assert_null (strstr (g_ptr_array_index (wide, i), "\"session\""));
}

static void
schemas_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (mb_peer_load_schemas_finish (MB_PEER (object), result, &error));
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

static void
test_schemas (void)
{
  g_autoptr(MbClient) client = open_client ("watcher", "schemas");
  g_autoptr(MbClient) other = open_client ("other", "schemas");
  g_autoptr(MbSchema) schema = mb_test_schema ("{\"type\":\"integer\"}");
  g_autoptr(MbPublisher) publisher = mb_test_publisher (other, "/weather", schema);
  g_autoptr(MbService) service = mb_client_create_service (other, "/add", schema, schema, NULL);
  g_autoptr(MbDirectory) directory = mb_directory_new (client);
  gboolean done = FALSE;
  MbPeer *peer;

  g_test_summary ("A peer tells its schemas when it is asked");

  collect (directory);
  peer = mb_directory_find_peer (directory, "other");
  g_assert_null (mb_peer_get_schema (peer, MB_SCHEMA_ROLE_TOPIC, "/weather"));
  /* On a machine with much to do, the answers may come later than they are waited for. */
  for (guint i = 0; i < 50 && mb_peer_get_schema (peer, MB_SCHEMA_ROLE_TOPIC, "/weather") == NULL; i++)
    {
      done = FALSE;
      mb_peer_load_schemas_async (peer, NULL, schemas_cb, &done);
      mb_test_wait_until (done);
    }
  g_assert_cmpstr (mb_peer_get_schema (peer, MB_SCHEMA_ROLE_TOPIC, "/weather"), ==, "{\"type\":\"integer\"}");
  g_assert_nonnull (mb_peer_get_schema (peer, MB_SCHEMA_ROLE_REQUEST, "/add"));
  g_assert_nonnull (mb_peer_get_schema (peer, MB_SCHEMA_ROLE_REPLY, "/add"));
  g_assert_null (mb_peer_get_schema (peer, MB_SCHEMA_ROLE_TOPIC, "/add"));
}

static void
send_raw (MbClient   *client,
          const char *topic,
          const char *json)
{
  g_autoptr(MbPublisher) publisher = mb_test_publisher (client, topic, NULL);

  mb_test_publish (publisher, json);
}

static void
test_forged (void)
{
  g_autoptr(MbClient) client = open_client ("watcher", "forged");
  g_autoptr(MbClient) other = open_client ("other", "forged");
  g_autoptr(MbDirectory) directory = mb_directory_new (client);
  g_autofree char *leave = NULL;
  g_autofree char *state = NULL;
  static const char * const bad[] = {
    "null", "[]", "{}", "{\"session\":1}", "{\"session\":\"0000000000000000\",\"kind\":\"alive\"}",
    "{\"session\":\"00000000000000ab\",\"kind\":\"dance\"}",
    "{\"session\":\"00000000000000ab\",\"kind\":\"state\"}",
    "{\"session\":\"00000000000000ab\",\"kind\":\"alive\",\"sent\":-1}",
    "{\"session\":\"00000000000000ab\",\"kind\":\"bye\",\"secret\":\"x\"}",
  };
  guint n_dropped;

  g_test_summary ("What is malformed is counted and dropped, and nobody can say goodbye for another one");

  collect (directory);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    send_raw (other, "/__minibus__/__presence__", bad[i]);
  send_raw (other, "/__minibus__/__who__", "{\"session\":\"00000000000000ab\",\"want\":\"blood\"}");
  mb_test_wait_until (mb_client_get_dropped (client, MB_DROP_REASON_PRESENCE) == G_N_ELEMENTS (bad) + 1);

  n_dropped = mb_client_get_dropped (client, MB_DROP_REASON_PRESENCE);
  leave = g_strdup_printf ("{\"session\":\"%s\",\"kind\":\"bye\",\"secret\":\"%032d\"}",
                           mb_client_get_session (other), 0);
  send_raw (client, "/__minibus__/__presence__", leave);
  state = g_strdup_printf ("{\"session\":\"%s\",\"kind\":\"alive\",\"generation\":9,\"every\":100}",
                           mb_client_get_session (other));
  send_raw (client, "/__minibus__/__presence__", state);
  mb_test_wait_until (mb_client_get_dropped (client, MB_DROP_REASON_PRESENCE) == n_dropped + 2);
  collect (directory);
  g_assert_nonnull (mb_directory_find_peer (directory, "other"));
}

static gboolean
keep_cb (MbService *service,
         MbRequest *request,
         gpointer   user_data)
{
  g_ptr_array_add (user_data, g_object_ref (request));

  return TRUE;
}

static void
test_no_such_service (void)
{
  g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(MbClient) client = open_client ("caller", "nobody");
  g_autoptr(MbClient) other = open_client ("other", "nobody");
  g_autoptr(MbService) service = mb_client_create_service (other, "/calc/add", NULL, NULL, NULL);
  g_autoptr(GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  g_test_summary ("A call to a service that nobody offers fails early, and names those of similar names");

  g_assert_null (mb_client_call_sync (client, "/calc/ad", NULL, 30000, NULL, &error));
  g_assert_error (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_NO_SUCH_SERVICE);
  g_assert_nonnull (strstr (error->message, "/calc/add"));
  g_assert_cmpint (g_get_monotonic_time () - start, <, 20 * G_TIME_SPAN_SECOND);
  g_clear_error (&error);

  /* Offered, but late. */
  g_signal_connect (service, "request", G_CALLBACK (keep_cb), kept);
  g_assert_null (mb_client_call_sync (client, "/calc/add", NULL, 1000, NULL, &error));
  g_assert_error (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_TIMED_OUT);
  g_clear_error (&error);

  /* A limit that is shorter than the question takes. */
  g_assert_null (mb_client_call_sync (client, "/other", NULL, 10, NULL, &error));
  g_assert_error (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_TIMED_OUT);
}

static gpointer
open_later_thread (gpointer data)
{
  MbClient *client;
  MbService *service;
  MbSubscriber *subscriber;
  MbPublisher *publisher;

  g_usleep (300000);
  client = open_client ("late", "wait");
  service = mb_client_create_service (client, "/late", NULL, NULL, NULL);
  subscriber = mb_client_subscribe (client, "/heard/.*", NULL, NULL);
  publisher = mb_client_create_publisher (client, "/spoken/x", NULL, NULL);
  g_object_unref (service);
  g_object_unref (subscriber);
  g_object_unref (publisher);
  g_object_set_data_full (G_OBJECT (client), "publisher", mb_client_create_publisher (client, "/spoken/y", NULL, NULL),
                          g_object_unref);

  return client;
}

static void
waited_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(GError) error = NULL;

  mb_client_wait_for_peer_finish (MB_CLIENT (object), result, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  *(gboolean *) user_data = TRUE;
}

static void
test_wait (void)
{
  g_autoptr(MbClient) client = open_client ("waiter", "wait");
  g_autoptr(MbPublisher) publisher = mb_test_publisher (client, "/heard/here", NULL);
  g_autoptr(MbSubscriber) subscriber = mb_client_subscribe (client, "/spoken/.*", NULL, NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(MbClient) late = NULL;
  g_autoptr(GError) error = NULL;
  GThread *thread;
  gboolean done = FALSE;

  g_test_summary ("One can wait for a service, a peer, a listener and a publisher, and give up");

  g_assert_false (mb_client_wait_for_service_sync (client, "/late", 50, NULL, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_false (mb_publisher_wait_for_subscriber_sync (publisher, 50, NULL, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_TIMED_OUT);
  g_clear_error (&error);

  thread = g_thread_new ("late", open_later_thread, NULL);
  g_assert_true (mb_client_wait_for_service_sync (client, "/late/", 30000, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (mb_client_wait_for_peer_sync (client, "late", 30000, NULL, &error));
  g_assert_true (mb_publisher_wait_for_subscriber_sync (publisher, 30000, NULL, &error));
  g_assert_true (mb_subscriber_wait_for_publisher_sync (subscriber, 30000, NULL, &error));
  g_assert_no_error (error);
  late = g_thread_join (thread);

  mb_client_wait_for_peer_async (client, "nobody", G_MAXUINT, cancellable, waited_cb, &done);
  g_main_context_iteration (NULL, FALSE);
  g_assert_false (done);
  g_cancellable_cancel (cancellable);
  mb_test_wait_until (done);

  mb_client_close (client);
  g_assert_false (mb_client_wait_for_peer_sync (client, "late", 0, NULL, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED);
}

static void
test_without_presence (void)
{
  g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(MbMemoryBus) bus = mb_memory_bus_get ("shy");
  g_autoptr(MbClient) client = open_client ("watcher", "shy");
  g_autoptr(MbClient) shy = mb_client_new ("shy");
  g_autoptr(MbDirectory) directory = mb_directory_new (client);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (shy, "/weather", NULL);
  g_autoptr(MbService) service = mb_client_create_service (shy, "/add", NULL, NULL, NULL);
  g_autoptr(GError) error = NULL;
  MbPeer *peer;

  g_test_summary ("A peer that does not announce itself is found by the built-in services, once, and vanishes");

  mb_client_set_presence (shy, FALSE);
  mb_client_set_address (shy, "memory:shy");
  g_assert_true (mb_client_open_sync (shy, NULL, NULL));
  mb_test_wait_until (mb_directory_find_peer (directory, "shy") != NULL);
  peer = mb_directory_find_peer (directory, "shy");
  g_assert_cmpint (mb_peer_get_kind (peer), ==, MB_PEER_KIND_PYTHON);
  g_assert_null (mb_peer_get_session (peer));
  g_assert_cmpint (mb_peer_get_process_id (peer), ==, getpid ());
  g_assert_cmpstr (mb_peer_get_publishers (peer)[0], ==, "/weather");
  mb_test_wait_until (count (directory) == 2);

  g_assert_true (mb_client_wait_for_service_sync (client, "/add", 30000, NULL, &error));
  g_assert_no_error (error);
  g_signal_connect (service, "request", G_CALLBACK (keep_cb), kept);
  g_assert_null (mb_client_call_sync (client, "/add", NULL, 1000, NULL, &error));
  g_assert_error (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_TIMED_OUT);

  mb_client_close (shy);
  mb_test_wait_until (mb_directory_find_peer (directory, "shy") == NULL);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  _mb_presence_set_speed (SPEED);

  g_test_add_func ("/directory/appear-change-leave", test_appear_change_leave);
  g_test_add_func ("/directory/crash", test_crash);
  g_test_add_func ("/directory/same-names", test_same_names);
  g_test_add_func ("/directory/watch", test_watch);
  g_test_add_func ("/directory/silence", test_silence);
  g_test_add_func ("/directory/deltas", test_deltas);
  g_test_add_func ("/directory/many", test_many);
  g_test_add_func ("/directory/loss", test_loss);
  g_test_add_func ("/directory/hidden", test_hidden);
  g_test_add_func ("/directory/schemas", test_schemas);
  g_test_add_func ("/directory/wide-subscriber", test_wide_subscriber);
  g_test_add_func ("/directory/forged", test_forged);
  g_test_add_func ("/directory/no-such-service", test_no_such_service);
  g_test_add_func ("/directory/wait", test_wait);
  g_test_add_func ("/directory/without-presence", test_without_presence);

  return g_test_run ();
}
