/* test-service.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-test.h"
#include "minibus/mb-service-private.h"

typedef struct
{
  MbClient  *server;
  MbClient  *client;
  GPtrArray *requests;
  gboolean   done;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->server = mb_test_open ("server", "service");
  fixture->client = mb_test_open ("client", "service");
  fixture->requests = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_ptr_array_unref (fixture->requests);
  g_assert_finalize_object (fixture->server);
  g_assert_finalize_object (fixture->client);
}

static MbService *
create (Fixture    *fixture,
        const char *name,
        MbSchema   *request_schema,
        MbSchema   *reply_schema)
{
  g_autoptr(GError) error = NULL;
  MbService *service = mb_client_create_service (fixture->server, name, request_schema, reply_schema, &error);

  g_assert_no_error (error);

  return service;
}

static gboolean
echo_cb (MbService *service,
         MbRequest *request,
         gpointer   user_data)
{
  g_autoptr(GError) error = NULL;

  mb_request_return_text (request, mb_request_get_params_text (request), &error);
  g_assert_no_error (error);

  return TRUE;
}

static gboolean
keep_cb (MbService *service,
         MbRequest *request,
         GPtrArray *requests)
{
  g_ptr_array_add (requests, g_object_ref (request));

  return TRUE;
}

static gboolean
fail_cb (MbService *service,
         MbRequest *request,
         gpointer   user_data)
{
  return FALSE;
}

static void
result_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_assert_null (*(GAsyncResult **) user_data);
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* Calls and waits in the main loop. */
static char *
call (Fixture     *fixture,
      const char  *name,
      const char  *params,
      GError     **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  mb_client_call_text_async (fixture->client, name, params, 0, NULL, result_cb, &result);
  mb_test_wait_until (result != NULL);

  return mb_client_call_text_finish (fixture->client, result, error);
}

static void
assert_remote_error (Fixture    *fixture,
                     const char *name,
                     const char *params,
                     const char *message)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (call (fixture, name, params, &error));
  g_assert_error (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_REMOTE);
  g_assert_nonnull (strstr (error->message, message));
}

static void
test_call (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr(MbService) service = create (fixture, "/echo", NULL, NULL);
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(JsonNode) params = json_node_init_int (json_node_alloc (), 42);
  g_autoptr(JsonNode) reply = NULL;

  g_test_summary ("A call gets the result of the service, as text and as node");

  g_signal_connect (service, "request", G_CALLBACK (echo_cb), NULL);

  text = call (fixture, "/echo", "{\"x\":[1,2.5,null]}", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "{\"x\":[1,2.5,null]}");

  mb_client_call_async (fixture->client, "/echo", params, 0, NULL, result_cb, &result);
  mb_test_wait_until (result != NULL);
  reply = mb_client_call_finish (fixture->client, result, &error);
  g_assert_no_error (error);
  g_assert_cmpint (json_node_get_int (reply), ==, 42);
}

static void
test_call_sync (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr(MbService) service = create (fixture, "/echo", NULL, NULL);
  g_autoptr(MbServiceClient) echo = NULL;
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (fixture->client, "/t", texts);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->server, "/t", NULL);
  g_autoptr(GError) error = NULL;

  g_test_summary ("A blocking call works although the service is offered by the same thread, and runs "
                  "nothing else of the main loop");

  g_signal_connect (service, "request", G_CALLBACK (echo_cb), NULL);
  echo = mb_client_create_service_client (fixture->client, "/echo", NULL, NULL, &error);
  g_assert_no_error (error);
  mb_test_publish (publisher, "1");

  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *params = g_strdup_printf ("%u", i);
      g_autofree char *text = mb_service_client_call_text_sync (echo, params, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, params);
    }
  g_assert_cmpuint (texts->len, ==, 0);
  mb_test_wait_until (texts->len == 1);
}

static gboolean
nested_cb (MbService *service,
           MbRequest *request,
           MbClient  *client)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = mb_client_call_text_sync (client, "/echo", mb_request_get_params_text (request), 0,
                                                    NULL, &error);

  g_assert_no_error (error);
  mb_request_return_text (request, text, &error);
  g_assert_no_error (error);

  return TRUE;
}

static void
test_nested (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr(MbService) echo = create (fixture, "/echo", NULL, NULL);
  g_autoptr(MbService) outer = create (fixture, "/outer", NULL, NULL);
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;

  g_test_summary ("A service may call another one of the same thread, blocking, within a blocking call");

  g_signal_connect (echo, "request", G_CALLBACK (echo_cb), NULL);
  g_signal_connect (outer, "request", G_CALLBACK (nested_cb), fixture->client);

  text = mb_client_call_text_sync (fixture->client, "/outer", "[1]", 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "[1]");
}

static void
test_later (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr(MbService) service = create (fixture, "/later", NULL, NULL);
  g_autoptr(GAsyncResult) one = NULL;
  g_autoptr(GAsyncResult) two = NULL;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autoptr(GError) error = NULL;
  MbRequest *request;

  g_test_summary ("Requests are answered later and in any order, each once");

  g_signal_connect (service, "request", G_CALLBACK (keep_cb), fixture->requests);
  mb_client_call_text_async (fixture->client, "/later", "1", 0, NULL, result_cb, &one);
  mb_client_call_text_async (fixture->client, "/later", "2", 0, NULL, result_cb, &two);
  mb_test_wait_until (fixture->requests->len == 2);

  request = g_ptr_array_index (fixture->requests, 1);
  g_assert_cmpstr (mb_request_get_params_text (request), ==, "2");
  g_assert_cmpstr (mb_request_get_author (request), ==, "client");
  g_assert_cmpstr (mb_request_get_service_name (request), ==, "/later");
  g_assert_false (mb_request_get_is_answered (request));
  g_assert_true (mb_request_return_text (request, "\"two\"", &error));
  g_assert_true (mb_request_get_is_answered (request));
  g_assert_false (mb_request_return_text (request, "\"again\"", &error));
  g_assert_error (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_ALREADY_ANSWERED);
  g_clear_error (&error);

  mb_test_wait_until (two != NULL);
  g_assert_null (one);
  g_assert_true (mb_request_return_text (g_ptr_array_index (fixture->requests, 0), "\"one\"", &error));
  mb_test_wait_until (one != NULL);

  first = mb_client_call_text_finish (fixture->client, one, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (first, ==, "\"one\"");
  second = mb_client_call_text_finish (fixture->client, two, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (second, ==, "\"two\"");
}

static gboolean
error_cb (MbService *service,
          MbRequest *request,
          gpointer   user_data)
{
  if (strcmp (mb_request_get_params_text (request), "1") == 0)
    mb_request_return_error (request, "Not today", NULL);
  else
    mb_request_return_error_text (request, "{\"code\": 7}", NULL);

  return TRUE;
}

static void
test_errors (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr(MbService) failing = create (fixture, "/error", NULL, NULL);
  g_autoptr(MbService) broken = create (fixture, "/broken", NULL, NULL);
  g_autoptr(MbService) empty = create (fixture, "/empty", NULL, NULL);

  g_test_summary ("The error of a service reaches the caller with its text, also when no handler took "
                  "the request");

  g_signal_connect (failing, "request", G_CALLBACK (error_cb), NULL);
  g_signal_connect (broken, "request", G_CALLBACK (fail_cb), NULL);

  assert_remote_error (fixture, "/error", "1", "Not today");
  assert_remote_error (fixture, "/error", "2", "{\"code\":7}");
  assert_remote_error (fixture, "/broken", "1", "failed");
  assert_remote_error (fixture, "/empty", "1", "no handler");
}

static void
test_dropped (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr(MbService) service = create (fixture, "/dropped", NULL, NULL);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A request that is dropped without an answer answers with an error");

  g_signal_connect (service, "request", G_CALLBACK (keep_cb), fixture->requests);
  mb_client_call_text_async (fixture->client, "/dropped", "1", 0, NULL, result_cb, &result);
  mb_test_wait_until (fixture->requests->len == 1);
  g_ptr_array_set_size (fixture->requests, 0);
  mb_test_wait_until (result != NULL);

  g_assert_null (mb_client_call_text_finish (fixture->client, result, &error));
  g_assert_error (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_REMOTE);
}

static void
test_closed_with_requests (Fixture      *fixture,
                           gconstpointer data)
{
  g_autoptr(MbService) service = create (fixture, "/closing", NULL, NULL);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Requests that wait when a service is closed are answered with an error");

  g_signal_connect (service, "request", G_CALLBACK (keep_cb), fixture->requests);
  mb_client_call_text_async (fixture->client, "/closing", "1", 0, NULL, result_cb, &result);
  while (_mb_service_get_n_waiting (service) == 0)
    g_thread_yield ();
  mb_service_close (service);
  mb_test_wait_until (result != NULL);

  g_assert_null (mb_client_call_text_finish (fixture->client, result, &error));
  g_assert_error (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_REMOTE);
  g_assert_cmpuint (fixture->requests->len, ==, 0);
}

static gboolean
nonsense_cb (MbService *service,
             MbRequest *request,
             gpointer   user_data)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (mb_request_return_text (request, "\"nonsense\"", &error));
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_VIOLATION);

  return TRUE;
}

static void
test_schemas (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr(MbSchema) number = mb_test_schema ("{\"type\":\"number\"}");
  g_autoptr(MbSchema) string = mb_test_schema ("{\"type\":\"string\"}");
  g_autoptr(MbService) strict = create (fixture, "/strict", number, number);
  g_autoptr(MbService) loose = create (fixture, "/loose", NULL, NULL);
  g_autoptr(MbServiceClient) picky = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Parameters and results that break their schema end in an error on both sides");

  g_signal_connect (strict, "request", G_CALLBACK (nonsense_cb), NULL);
  g_signal_connect (loose, "request", G_CALLBACK (echo_cb), NULL);

  /* The server refuses parameters, and its own result. */
  assert_remote_error (fixture, "/strict", "\"x\"", "request schema");
  assert_remote_error (fixture, "/strict", "1", "cannot be sent");
  g_assert_cmpuint (mb_client_get_dropped (fixture->server, MB_DROP_REASON_SCHEMA), ==, 1);

  /* The caller refuses its own parameters, and the server's result. */
  picky = mb_client_create_service_client (fixture->client, "/loose", number, string, &error);
  g_assert_no_error (error);
  g_assert_null (mb_service_client_call_text_sync (picky, "\"x\"", NULL, &error));
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_VIOLATION);
  g_clear_error (&error);
  g_assert_null (mb_service_client_call_text_sync (picky, "1", NULL, &error));
  g_assert_error (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_INVALID_REPLY);
  g_clear_error (&error);

  g_assert_null (mb_client_create_service_client (fixture->client, "/loose", string, NULL, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_SCHEMA_CONFLICT);
}

static void
test_timeout (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr(MbServiceClient) nobody = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A call that nobody answers ends with its time limit");

  nobody = mb_client_create_service_client (fixture->client, "/nobody/", NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (mb_service_client_get_name (nobody), ==, "/nobody");
  g_assert_cmpuint (mb_service_client_get_timeout (nobody), ==, 5000);
  mb_service_client_set_timeout (nobody, 20);

  g_assert_null (mb_service_client_call_text_sync (nobody, "1", NULL, &error));
  g_assert_error (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "/nobody"));
  g_clear_error (&error);

  mb_service_client_call_text_async (nobody, "1", NULL, result_cb, &result);
  mb_test_wait_until (result != NULL);
  g_assert_null (mb_service_client_call_text_finish (nobody, result, &error));
  g_assert_error (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_TIMED_OUT);
}

static gpointer
cancel_thread (gpointer data)
{
  g_cancellable_cancel (data);

  return NULL;
}

static void
test_cancel (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr(GCancellable) before = g_cancellable_new ();
  g_autoptr(GCancellable) during = g_cancellable_new ();
  g_autoptr(GCancellable) blocking = g_cancellable_new ();
  g_autoptr(GAsyncResult) first = NULL;
  g_autoptr(GAsyncResult) second = NULL;
  g_autoptr(GError) error = NULL;
  GThread *thread;

  g_test_summary ("A call can be cancelled before it, while it waits, and from another thread");

  g_cancellable_cancel (before);
  mb_client_call_text_async (fixture->client, "/x", "1", 0, before, result_cb, &first);
  mb_test_wait_until (first != NULL);
  g_assert_null (mb_client_call_text_finish (fixture->client, first, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  mb_client_call_text_async (fixture->client, "/x", "1", 0, during, result_cb, &second);
  g_cancellable_cancel (during);
  g_assert_null (second);
  mb_test_wait_until (second != NULL);
  g_assert_null (mb_client_call_text_finish (fixture->client, second, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  thread = g_thread_new ("cancel", cancel_thread, blocking);
  g_assert_null (mb_client_call_text_sync (fixture->client, "/x", "1", 0, blocking, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
}

typedef struct
{
  Fixture      *fixture;
  GCancellable *cancelled;    /* when the result is there; or NULL */
  gpointer      result;       /* only compared */
  char         *text;
  GError       *error;
} Finished;

static void
finish_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Finished *self = user_data;
  g_autoptr(GObject) own_source = g_async_result_get_source_object (result);

  g_assert_true (source == G_OBJECT (self->fixture->client));
  g_assert_true (own_source == source);
  g_assert_true (g_async_result_get_user_data (result) == user_data);
  g_assert_true (g_async_result_is_tagged (result, mb_client_call_text_async));
  g_assert_false (g_async_result_is_tagged (result, mb_client_call_async));

  if (self->cancelled != NULL)
    g_cancellable_cancel (self->cancelled);
  self->text = mb_client_call_text_finish (MB_CLIENT (source), result, &self->error);
  self->result = result;
}

static Finished
call_and_finish (Fixture      *fixture,
                 const char   *params,
                 GCancellable *cancellable)
{
  Finished finished = { .fixture = fixture, .cancelled = cancellable };

  mb_client_call_text_async (fixture->client, "/echo", params, 0, cancellable, finish_cb, &finished);
  g_assert_null (finished.result);
  mb_test_wait_until (finished.result != NULL);

  return finished;
}

static void
test_results (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr(MbService) service = create (fixture, "/echo", NULL, NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  Finished before;
  Finished after;

  g_test_summary ("The result of a call knows whose it is, and serves for the next call with nothing left of the first");

  g_signal_connect (service, "request", G_CALLBACK (echo_cb), NULL);

  before = call_and_finish (fixture, "not JSON", NULL);
  g_assert_null (before.text);
  g_assert_error (before.error, MB_JSON_ERROR, MB_JSON_ERROR_SYNTAX);
  g_clear_error (&before.error);

  after = call_and_finish (fixture, "[1]", NULL);
  g_assert_no_error (after.error);
  g_assert_cmpstr (after.text, ==, "[1]");
  g_assert_true (after.result == before.result);
  g_free (after.text);

  /* As with any other operation of GIO. */
  after = call_and_finish (fixture, "[2]", cancellable);
  g_assert_null (after.text);
  g_assert_error (after.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&after.error);

  after = call_and_finish (fixture, "[3]", NULL);
  g_assert_no_error (after.error);
  g_assert_cmpstr (after.text, ==, "[3]");
  g_free (after.text);
}

static void
test_close_with_calls (Fixture      *fixture,
                       gconstpointer data)
{
  g_autoptr(MbServiceClient) caller = NULL;
  g_autoptr(GAsyncResult) one = NULL;
  g_autoptr(GAsyncResult) two = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Calls that wait when their client or service client closes end with CLOSED");

  caller = mb_client_create_service_client (fixture->client, "/nobody", NULL, NULL, &error);
  g_assert_no_error (error);
  mb_service_client_call_text_async (caller, "1", NULL, result_cb, &one);
  mb_service_client_close (caller);
  mb_test_wait_until (one != NULL);
  g_assert_null (mb_service_client_call_text_finish (caller, one, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED);
  g_clear_error (&error);

  mb_client_call_text_async (fixture->client, "/nobody", "1", 0, NULL, result_cb, &two);
  mb_client_close (fixture->client);
  mb_test_wait_until (two != NULL);
  g_assert_null (mb_client_call_text_finish (fixture->client, two, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED);
}

typedef struct
{
  GPtrArray *replies;
  GPtrArray *failures;
} Answers;

static void
reply_cb (MbServiceClient *caller,
          const char      *id,
          MbMessage       *message,
          Answers         *answers)
{
  g_assert_cmpstr (id, ==, mb_message_get_id (message));
  g_ptr_array_add (answers->replies, g_strdup (id));
}

static void
failed_cb (MbServiceClient *caller,
           const char      *id,
           GError          *error,
           Answers         *answers)
{
  g_assert_nonnull (error);
  g_ptr_array_add (answers->failures, g_strdup (id));
}

static void
test_signals (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr(MbClient) stranger = mb_test_open ("stranger", "service");
  g_autoptr(MbService) echo = create (fixture, "/echo", NULL, NULL);
  g_autoptr(MbService) failing = create (fixture, "/error", NULL, NULL);
  g_autoptr(MbServiceClient) one = NULL;
  g_autoptr(MbServiceClient) other = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *id = NULL;
  g_autofree char *failed_id = NULL;
  g_autofree char *text = NULL;
  Answers answers = {
    .replies = g_ptr_array_new_with_free_func (g_free),
    .failures = g_ptr_array_new_with_free_func (g_free),
  };

  g_test_summary ("A call returns its id, and only its own answer comes, as a signal");

  g_signal_connect (echo, "request", G_CALLBACK (echo_cb), NULL);
  g_signal_connect (failing, "request", G_CALLBACK (error_cb), NULL);

  one = mb_client_create_service_client (fixture->client, "/echo", NULL, NULL, &error);
  g_assert_no_error (error);
  other = mb_client_create_service_client (fixture->client, "/error", NULL, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (one, "reply", G_CALLBACK (reply_cb), &answers);
  g_signal_connect (other, "failed", G_CALLBACK (failed_cb), &answers);

  text = mb_client_call_text_sync (stranger, "/echo", "0", 0, NULL, &error);
  g_assert_no_error (error);
  id = mb_service_client_call_text (one, "1", &error);
  g_assert_no_error (error);
  failed_id = mb_service_client_call_text (other, "1", &error);
  g_assert_no_error (error);
  mb_test_wait_until (answers.replies->len == 1 && answers.failures->len == 1);

  g_assert_cmpstr (g_ptr_array_index (answers.replies, 0), ==, id);
  g_assert_cmpstr (g_ptr_array_index (answers.failures, 0), ==, failed_id);

  g_ptr_array_unref (answers.replies);
  g_ptr_array_unref (answers.failures);
}

static void
test_two_servers (Fixture      *fixture,
                  gconstpointer data)
{
  g_autoptr(MbClient) second = mb_test_open ("second", "service");
  g_autoptr(MbService) one = create (fixture, "/echo", NULL, NULL);
  g_autoptr(MbService) two = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;

  g_test_summary ("Of two answers the first counts, and the second is ignored and counted");

  two = mb_client_create_service (second, "/echo", NULL, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (one, "request", G_CALLBACK (echo_cb), NULL);
  g_signal_connect (two, "request", G_CALLBACK (echo_cb), NULL);

  text = call (fixture, "/echo", "1", &error);
  g_assert_no_error (error);
  mb_test_wait_until (mb_client_get_dropped (fixture->client, MB_DROP_REASON_LATE_REPLY) == 1);
}

static gboolean
name_cb (MbService *service,
         MbRequest *request,
         gpointer   user_data)
{
  g_autofree char *json = g_strdup_printf ("\"%s\"", mb_request_get_service_name (request));

  mb_request_return_text (request, json, NULL);

  return TRUE;
}

static void
test_pattern (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr(MbService) service = create (fixture, "/a|/calc/.*", NULL, NULL);
  g_autoptr(GError) error = NULL;
  g_autofree char *one = NULL;
  g_autofree char *two = NULL;

  g_test_summary ("A service whose name is a pattern answers on the name it was called by");

  g_signal_connect (service, "request", G_CALLBACK (name_cb), NULL);
  one = call (fixture, "/calc/add", "null", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (one, ==, "\"/calc/add\"");
  two = call (fixture, "/a", "null", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (two, ==, "\"/a\"");
}

static JsonNode *
double_func (MbRequest *request,
             gpointer   user_data)
{
  JsonNode *params = mb_request_get_params (request);

  (*(guint *) user_data)++;

  if (!JSON_NODE_HOLDS_VALUE (params))
    return NULL;

  return json_node_init_int (json_node_alloc (), 2 * json_node_get_int (params));
}

static void
destroy_cb (gpointer data)
{
  *(guint *) data += 100;
}

static void
test_provide (Fixture      *fixture,
              gconstpointer data)
{
  MbService *service;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  guint count = 0;

  g_test_summary ("A function is a service; if it neither returns nor answers, the caller gets an error");

  service = mb_client_provide (fixture->server, "/double", NULL, NULL, double_func, &count, destroy_cb, &error);
  g_assert_no_error (error);
  g_object_unref (service);

  text = call (fixture, "/double", "21", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "42");
  assert_remote_error (fixture, "/double", "null", "without an answer");
  g_assert_cmpuint (count, ==, 2);

  g_assert_null (mb_client_provide (fixture->server, "", NULL, NULL, double_func, &count, destroy_cb, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_TOPIC);
  g_assert_cmpuint (count, ==, 102);

  mb_service_close (service);
  g_assert_cmpuint (count, ==, 202);
}

static void
test_overload (Fixture      *fixture,
               gconstpointer data)
{
  g_autoptr(MbService) service = create (fixture, "/busy", NULL, NULL);
  GAsyncResult *results[5] = { NULL };
  guint n_errors = 0;

  g_test_summary ("Requests beyond what a service can keep are answered with an error, not with silence");

  g_signal_connect (service, "request", G_CALLBACK (echo_cb), NULL);
  mb_service_set_inbox_size (service, 2);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    mb_client_call_text_async (fixture->client, "/busy", "1", 0, NULL, result_cb, &results[i]);
  /* Not until so many packets have come: some of them are of presence. */
  while (mb_client_get_dropped (fixture->server, MB_DROP_REASON_INBOX_FULL) < 3)
    g_thread_yield ();

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *text = NULL;

      mb_test_wait_until (results[i] != NULL);
      text = mb_client_call_text_finish (fixture->client, results[i], &error);
      n_errors += error != NULL;
      g_object_unref (results[i]);
    }
  g_assert_cmpuint (n_errors, ==, 3);
}

static gpointer
call_thread (gpointer data)
{
  Fixture *fixture = data;

  for (guint i = 0; i < 100; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *text = mb_client_call_text_sync (fixture->client, "/echo", "1", 60000, NULL, &error);

      g_assert_no_error (error);
    }
  g_atomic_int_set (&fixture->done, TRUE);
  g_main_context_wakeup (NULL);

  return NULL;
}

static void
test_threads (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr(MbService) service = create (fixture, "/echo", NULL, NULL);
  GThread *thread;

  g_test_summary ("Another thread may block in calls while the main loop serves them");

  g_signal_connect (service, "request", G_CALLBACK (echo_cb), NULL);
  thread = g_thread_new ("call", call_thread, fixture);
  mb_test_wait_until (g_atomic_int_get (&fixture->done));
  g_thread_join (thread);
}

static void
test_bad_names (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  g_test_summary ("Unusable names of services are refused, and a call of one fails");

  g_assert_null (mb_client_create_service (fixture->server, "/", NULL, NULL, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_TOPIC);
  g_clear_error (&error);
  g_assert_null (mb_client_create_service (fixture->server, "/a(", NULL, NULL, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_PATTERN);
  g_clear_error (&error);
  g_assert_null (call (fixture, "", "null", &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_TOPIC);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) g_test_add ("/service/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("call", test_call);
  ADD ("call-sync", test_call_sync);
  ADD ("nested", test_nested);
  ADD ("later", test_later);
  ADD ("errors", test_errors);
  ADD ("dropped", test_dropped);
  ADD ("closed-with-requests", test_closed_with_requests);
  ADD ("schemas", test_schemas);
  ADD ("timeout", test_timeout);
  ADD ("cancel", test_cancel);
  ADD ("results", test_results);
  ADD ("close-with-calls", test_close_with_calls);
  ADD ("signals", test_signals);
  ADD ("two-servers", test_two_servers);
  ADD ("pattern", test_pattern);
  ADD ("provide", test_provide);
  ADD ("overload", test_overload);
  ADD ("threads", test_threads);
  ADD ("bad-names", test_bad_names);
#undef ADD

  return g_test_run ();
}
