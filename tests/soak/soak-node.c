/* soak-node.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* One process of the soak, steered by tests/soak/run.
 *
 *     soak-node ROLE [RATE]
 *
 * Each line of its input is a command, answered by one line of JSON on its output with all that it has counted. It
 * ends at the end of its input. The commands are:
 *
 *   go       starts to publish or to call, RATE times a second
 *   stop     ends that
 *   mark     publishes one message on each topic
 *   look     does nothing else
 *   weigh    gives memory that is not used back to the system first
 */

#include <gio/gio.h>
#include <glib-unix.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <minibus.h>

#define PAYLOAD "{\"id\":%u,\"name\":\"sensor-7\",\"values\":[1.5,2.25,-3],\"unit\":\"kPa\",\"ok\":true}"
#define SCHEMA "{\"type\":\"object\",\"required\":[\"id\",\"values\"],\"properties\":{\"id\":{\"type\":\"integer\"}," \
               "\"values\":{\"type\":\"array\",\"items\":{\"type\":\"number\"}},\"ok\":{\"type\":\"boolean\"}}}"
#define N_TOPICS 4
#define CALL_TIMEOUT 5000
/* What a late publisher makes good at once is little, so that it does not fill the receivers' buffers. */
#define MAX_BURST 100
#define TICK_MS 2
#define TURN_MS 200
#define MESSAGES_OF_A_TURN 5

/* The numbers of one sender on one topic. */
typedef struct
{
  guint64 lowest;
  guint64 highest;
  guint64 count;
} Track;

typedef struct
{
  const char   *role;
  GMainLoop    *loop;
  MbClient     *client;

  /* What publishes. */
  MbPublisher  *publishers[N_TOPICS];
  guint64       sent[N_TOPICS];
  guint         n_topics;
  guint64       refused;
  guint         next;
  double        rate;
  double        call_rate;
  gint64        start;
  guint64       n_due;
  guint64       n_calls_due;
  guint         timer;

  /* What receives. */
  MbSubscriber *subscriber;
  GHashTable   *tracks;        /* "SESSION TOPIC" to Track */
  guint64       told_missed;
  guint64       served;

  /* What calls. */
  const char   *service_name;
  guint64       calls;
  guint64       replies;
  guint64       timeouts;
  guint64       busy;          /* more than can be encrypted in time */
  guint64       cut;           /* the client was closed first */
  guint64       errors;
  guint         pending;
  char         *last_error;    /* or NULL */

  /* What comes and goes within one process. */
  MbClient     *guest;
  MbSubscriber *guest_subscriber;
  guint         guest_messages;
  gboolean      guest_has_called;
  guint64       turns;
  guint64       failures;
} Node;

static MbClient *
open_client (gboolean has_key)
{
  MbClient *client = mb_client_new (NULL);
  g_autoptr(GError) error = NULL;

  if (has_key)
    {
      mb_client_set_passphrase (client, "a soak of an hour");
      mb_client_set_s2k_count (client, 65536);
    }
  if (!mb_client_open_sync (client, NULL, &error))
    g_error ("%s", error->message);

  return client;
}

static void
message_cb (MbSubscriber *subscriber,
            MbMessage    *message,
            Node         *self)
{
  guint64 sequence = mb_message_get_sequence (message);
  char key[256];
  Track *track;

  g_snprintf (key, sizeof key, "%s %s", mb_message_get_session (message), mb_message_get_topic (message));
  track = g_hash_table_lookup (self->tracks, key);
  if (track == NULL)
    {
      track = g_new0 (Track, 1);
      track->lowest = track->highest = sequence;
      g_hash_table_insert (self->tracks, g_strdup (key), track);
    }
  track->lowest = MIN (track->lowest, sequence);
  track->highest = MAX (track->highest, sequence);
  track->count++;
}

static void
missed_cb (MbSubscriber *subscriber,
           const char   *author,
           guint         count,
           Node         *self)
{
  self->told_missed += count;
}

static void
subscribe (Node       *self,
           const char *pattern,
           const char *schema_text)
{
  g_autoptr(MbSchema) schema = NULL;
  g_autoptr(GError) error = NULL;

  if (schema_text != NULL)
    schema = mb_schema_new_from_text (schema_text, &error);
  if (error == NULL)
    self->subscriber = mb_client_subscribe (self->client, pattern, schema, &error);
  if (error != NULL)
    g_error ("%s", error->message);

  g_signal_connect (self->subscriber, "message", G_CALLBACK (message_cb), self);
  g_signal_connect (self->subscriber, "missed", G_CALLBACK (missed_cb), self);
}

static JsonNode *
serve_cb (MbRequest *request,
          gpointer   user_data)
{
  Node *self = user_data;

  self->served++;

  return json_node_copy (mb_request_get_params (request));
}

static void
serve (Node       *self,
       const char *name)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MbService) service = mb_client_provide (self->client, name, NULL, NULL, serve_cb, self, NULL, &error);

  if (service == NULL)
    g_error ("%s", error->message);
}

static void
create_publishers (Node       *self,
                   const char *prefix,
                   guint       n_topics)
{
  for (guint i = 0; i < n_topics; i++)
    {
      g_autofree char *topic = g_strdup_printf ("%s/%u", prefix, i);
      g_autoptr(GError) error = NULL;

      self->publishers[i] = mb_client_create_publisher (self->client, topic, NULL, &error);
      if (error != NULL)
        g_error ("%s", error->message);
    }
  self->n_topics = n_topics;
}

static void
publish (Node *self)
{
  guint i = self->next++ % self->n_topics;
  char text[256];

  g_snprintf (text, sizeof text, PAYLOAD, self->next);

  /* The number is used up only by what is sent, or taken to be encrypted. */
  if (mb_publisher_publish_text (self->publishers[i], text, NULL))
    self->sent[i]++;
  else
    self->refused++;
}

static void
call_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Node *self = user_data;
  g_autoptr(GError) error = NULL;
  g_autofree char *reply = mb_client_call_text_finish (MB_CLIENT (source), result, &error);

  self->pending--;
  if (reply != NULL)
    self->replies++;
  else if (g_error_matches (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_TIMED_OUT))
    self->timeouts++;
  else if (g_error_matches (error, MB_CIPHER_ERROR, MB_CIPHER_ERROR_BUSY))
    self->busy++;
  else if (g_error_matches (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED))
    self->cut++;
  else
    {
      self->errors++;
      g_free (self->last_error);
      self->last_error = g_strdup_printf ("%s, %d: %s", g_quark_to_string (error->domain), error->code, error->message);
    }
}

static void
call (Node     *self,
      MbClient *client)
{
  self->calls++;
  self->pending++;
  mb_client_call_text_async (client, self->service_name, "[1,2,3]", CALL_TIMEOUT, NULL, call_cb, self);
}

static gboolean
tick_cb (gpointer user_data)
{
  Node *self = user_data;
  double seconds = 1e-6 * (double) (g_get_monotonic_time () - self->start);
  guint64 due = (guint64) (seconds * self->rate);
  guint64 calls_due = (guint64) (seconds * self->call_rate);

  for (guint i = 0; i < MAX_BURST && self->n_due < due; i++, self->n_due++)
    publish (self);
  for (guint i = 0; i < MAX_BURST && self->n_calls_due < calls_due; i++, self->n_calls_due++)
    call (self, self->client);

  return G_SOURCE_CONTINUE;
}

/* A client of its own that comes, hears some messages, calls a service, and goes: again and again. */
static void
guest_message_cb (MbSubscriber *subscriber,
                  MbMessage    *message,
                  Node         *self)
{
  self->guest_messages++;
}

static void
end_turn (Node *self)
{
  g_signal_handlers_disconnect_by_data (self->guest_subscriber, self);
  mb_client_close (self->guest);
  g_clear_object (&self->guest_subscriber);
  g_clear_object (&self->guest);
  self->turns++;
}

static gboolean
turn_cb (gpointer user_data)
{
  Node *self = user_data;
  g_autoptr(GError) error = NULL;

  if (self->guest != NULL)
    {
      if (self->guest_messages < MESSAGES_OF_A_TURN)
        return G_SOURCE_CONTINUE;

      /* Every other one goes while it waits for an answer. */
      if (!self->guest_has_called)
        {
          self->guest_has_called = TRUE;
          call (self, self->guest);
          if (self->turns % 2 == 0)
            return G_SOURCE_CONTINUE;
        }
      end_turn (self);
    }

  self->guest_messages = 0;
  self->guest_has_called = FALSE;
  self->guest = mb_client_new (NULL);
  if (mb_client_open_sync (self->guest, NULL, &error))
    self->guest_subscriber = mb_client_subscribe (self->guest, "/soak/plain/0", NULL, &error);
  if (error != NULL)
    {
      self->failures++;
      g_clear_object (&self->guest);
      return G_SOURCE_CONTINUE;
    }
  g_signal_connect (self->guest_subscriber, "message", G_CALLBACK (guest_message_cb), self);

  return G_SOURCE_CONTINUE;
}

static void
go (Node *self)
{
  self->start = g_get_monotonic_time ();
  self->n_due = 0;
  self->n_calls_due = 0;
  if (g_str_equal (self->role, "revolver"))
    self->timer = g_timeout_add (TURN_MS / 2, turn_cb, self);
  else
    self->timer = g_timeout_add (self->rate > 100 ? TICK_MS : 20, tick_cb, self);
}

static void
stop (Node *self)
{
  if (self->timer != 0)
    g_source_remove (self->timer);
  self->timer = 0;
  if (self->guest != NULL)
    end_turn (self);
}

static void
append_drops (Node    *self,
              GString *out)
{
  g_autoptr(GEnumClass) reasons = g_type_class_ref (MB_TYPE_DROP_REASON);
  const char *comma = "";

  g_string_append (out, ",\"drops\":{");
  for (guint i = 0; i < reasons->n_values; i++)
    {
      guint n = mb_client_get_dropped (self->client, (MbDropReason) reasons->values[i].value);

      if (n == 0)
        continue;
      g_string_append_printf (out, "%s\"%s\":%u", comma, reasons->values[i].value_nick, n);
      comma = ",";
    }
  g_string_append (out, "}");
}

#define append_count(out, name, value) \
  g_string_append_printf ((out), ",\"" name "\":%" G_GUINT64_FORMAT, (guint64) (value))

static void
tell (Node *self)
{
  g_autoptr(GString) out = g_string_new (NULL);
  GHashTableIter iter;
  gpointer key, value;

  g_string_append_printf (out, "{\"role\":\"%s\",\"pid\":%d,\"session\":\"%s\"", self->role, getpid (),
                          mb_client_get_session (self->client));
  /* In use by the program, whatever the allocator keeps for later. */
  append_count (out, "in-use", mallinfo2 ().uordblks + mallinfo2 ().hblkhd);
  append_count (out, "refused", self->refused);
  append_count (out, "behind", (guint64) (self->timer != 0 ? self->rate * 1e-6 *
                                          (double) (g_get_monotonic_time () - self->start) : 0) - self->n_due *
                (self->timer != 0));
  append_count (out, "served", self->served);
  append_count (out, "calls", self->calls);
  append_count (out, "replies", self->replies);
  append_count (out, "timeouts", self->timeouts);
  append_count (out, "busy", self->busy);
  append_count (out, "cut", self->cut);
  append_count (out, "errors", self->errors);
  append_count (out, "pending", self->pending);
  append_count (out, "turns", self->turns);
  append_count (out, "failures", self->failures);

  g_string_append (out, ",\"sent\":{");
  for (guint i = 0; i < self->n_topics; i++)
    g_string_append_printf (out, "%s\"%s\":%" G_GUINT64_FORMAT, i > 0 ? "," : "",
                            mb_publisher_get_topic (self->publishers[i]), self->sent[i]);
  g_string_append (out, "}");

  if (self->subscriber != NULL)
    {
      const char *comma = "";

      append_count (out, "missed", mb_subscriber_get_n_missed (self->subscriber));
      append_count (out, "dropped", mb_subscriber_get_n_dropped (self->subscriber));
      append_count (out, "told-missed", self->told_missed);
      g_string_append (out, ",\"tracks\":{");
      g_hash_table_iter_init (&iter, self->tracks);
      while (g_hash_table_iter_next (&iter, &key, &value))
        {
          Track *track = value;

          g_string_append_printf (out, "%s\"%s\":[%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT "]",
                                  comma, (const char *) key, track->lowest, track->highest, track->count);
          comma = ",";
        }
      g_string_append (out, "}");
    }
  append_drops (self, out);
  if (self->last_error != NULL)
    {
      g_autofree char *safe = g_strdelimit (g_strescape (self->last_error, NULL), "\"\\", '\'');

      g_string_append_printf (out, ",\"last-error\":\"%s\"", safe);
    }
  g_string_append (out, "}\n");

  /* All in one, and nobody to read it is no reason to die slowly. */
  if (fputs (out->str, stdout) < 0 || fflush (stdout) != 0)
    exit (1);
}

/* When all that has arrived has been handled, as far as it came before this. */
static gboolean
tell_cb (gpointer user_data)
{
  tell (user_data);

  return G_SOURCE_REMOVE;
}

static gboolean
weigh_cb (gpointer user_data)
{
  malloc_trim (0);
  tell (user_data);

  return G_SOURCE_REMOVE;
}

static gboolean
command_cb (int          fd,
            GIOCondition condition,
            gpointer     user_data)
{
  Node *self = user_data;
  char buffer[64];
  gssize n = read (fd, buffer, sizeof buffer - 1);

  if (n <= 0)
    {
      g_main_loop_quit (self->loop);
      return G_SOURCE_REMOVE;
    }
  buffer[n] = '\0';

  /* One at a time: the next one comes after the answer. */
  if (g_str_equal (buffer, "go\n"))
    go (self);
  else if (g_str_equal (buffer, "stop\n"))
    stop (self);
  else if (g_str_equal (buffer, "mark\n"))
    {
      for (guint i = 0; i < self->n_topics; i++)
        publish (self);
    }
  g_timeout_add_full (G_PRIORITY_LOW, 5, g_str_equal (buffer, "weigh\n") ? weigh_cb : tell_cb, self, NULL);

  return G_SOURCE_CONTINUE;
}

int
main (int    argc,
      char **argv)
{
  Node self = { .role = argc > 1 ? argv[1] : "" };
  g_autofree char *visit = g_strdup_printf ("/soak/visit/%d", getpid ());
  gboolean has_key = g_str_has_prefix (self.role, "secret-");

  self.loop = g_main_loop_new (NULL, FALSE);
  self.tracks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self.client = open_client (has_key);
  self.rate = argc > 2 ? g_ascii_strtod (argv[2], NULL) : 0;
  self.service_name = has_key ? "/soak/secret-echo" : "/soak/echo";

  if (g_str_equal (self.role, "publisher"))
    create_publishers (&self, "/soak/plain", N_TOPICS);
  else if (g_str_equal (self.role, "subscriber"))
    {
      subscribe (&self, "/soak/plain/.*", NULL);
    }
  else if (g_str_equal (self.role, "checker"))
    subscribe (&self, "/soak/plain/[01]", SCHEMA);
  else if (g_str_equal (self.role, "watcher"))
    {
      subscribe (&self, "/soak/plain/2", NULL);
      serve (&self, "/soak/echo");
    }
  else if (g_str_equal (self.role, "caller"))
    {
      self.call_rate = self.rate;
      self.rate = 0;
    }
  else if (g_str_equal (self.role, "secret-publisher"))
    {
      create_publishers (&self, "/soak/secret", 1);
      self.call_rate = self.rate / 5;
    }
  else if (g_str_equal (self.role, "secret-subscriber"))
    {
      subscribe (&self, "/soak/secret/.*", NULL);
      serve (&self, "/soak/secret-echo");
    }
  else if (g_str_equal (self.role, "visitor"))
    {
      create_publishers (&self, visit, 1);
      subscribe (&self, "/soak/(plain/1|visit/.*)", NULL);
      self.call_rate = 5;
    }
  else if (!g_str_equal (self.role, "revolver"))
    {
      g_printerr ("soak-node: There is no role “%s”; tests/soak/run knows them.\n", self.role);
      return 2;
    }

  g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP, command_cb, &self);
  tell (&self);
  g_main_loop_run (self.loop);

  stop (&self);
  for (guint i = 0; i < self.n_topics; i++)
    g_object_unref (self.publishers[i]);
  g_clear_object (&self.subscriber);
  mb_client_close (self.client);
  g_object_unref (self.client);
  g_hash_table_unref (self.tracks);
  g_free (self.last_error);
  g_main_loop_unref (self.loop);

  return 0;
}
