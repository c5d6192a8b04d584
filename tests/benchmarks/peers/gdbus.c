/* gdbus.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* GDBus through a dbus-daemon of its own: signals and method calls with one string. */

#include <gio/gio.h>

#include "bench.h"

#define INTERFACE "org.minibus.Bench"
#define NAME "org.minibus.Bench"
#define PATH "/bench/echo"

typedef struct
{
  GDBusConnection *connection;
  const char      *topic;
} Peer;

static BenchCalls *current_calls;

static void
check (GError *error)
{
  if (error != NULL)
    bench_fail ("gdbus", error->message);
}

static int
publish (void       *peer,
         const char *data,
         size_t      size)
{
  Peer *self = peer;

  return g_dbus_connection_emit_signal (self->connection, NULL, self->topic, INTERFACE, "Message",
                                        g_variant_new ("(s)", data), NULL) ? 0 : -1;
}

static void
message_cb (GDBusConnection *connection,
            const char      *sender,
            const char      *path,
            const char      *interface,
            const char      *signal,
            GVariant        *parameters,
            gpointer         user_data)
{
  const char *text;

  g_variant_get (parameters, "(&s)", &text);
  bench_count (user_data, text, strlen (text));
}

static void
ignore_cb (GDBusConnection *connection,
           const char      *sender,
           const char      *path,
           const char      *interface,
           const char      *signal,
           GVariant        *parameters,
           gpointer         user_data)
{
}

static void
method_cb (GDBusConnection       *connection,
           const char            *sender,
           const char            *path,
           const char            *interface,
           const char            *method,
           GVariant              *parameters,
           GDBusMethodInvocation *invocation,
           gpointer               user_data)
{
  g_dbus_method_invocation_return_value (invocation, parameters);
}

static void
called_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (object), result, NULL);
  const char *text;

  if (reply == NULL)
    return;
  g_variant_get (reply, "(&s)", &text);
  bench_answer (current_calls, text, strlen (text));
}

static int
call (void       *peer,
      BenchCalls *calls,
      unsigned    slot,
      const char *data,
      size_t      size)
{
  Peer *self = peer;

  current_calls = calls;
  g_dbus_connection_call (self->connection, NAME, PATH, INTERFACE, "Echo", g_variant_new ("(s)", data),
                          G_VARIANT_TYPE ("(s)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, called_cb, NULL);

  return 0;
}

static gboolean
awake_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
wait_for_answers (void       *peer,
                  BenchCalls *calls)
{
  g_main_context_iteration (NULL, TRUE);
}

static void
serve (Peer *self)
{
  static const GDBusInterfaceVTable table = { .method_call = method_cb };
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GDBusNodeInfo) info =
    g_dbus_node_info_new_for_xml ("<node><interface name='" INTERFACE "'><method name='Echo'>"
                                  "<arg direction='in' type='s'/><arg direction='out' type='s'/>"
                                  "</method></interface></node>", &error);

  check (error);
  g_dbus_connection_register_object (self->connection, PATH, info->interfaces[0], &table, NULL, NULL, &error);
  check (error);
  result = g_dbus_connection_call_sync (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                        "org.freedesktop.DBus", "RequestName",
                                        g_variant_new ("(su)", NAME, 4), NULL, 0, -1, NULL, &error);
  check (error);
}

int
main (int    argc,
      char **argv)
{
  BenchOptions options = bench_options (argc, argv);
  BenchCounter counter = { 0 };
  g_autoptr(GError) error = NULL;
  g_autoptr(GMainLoop) loop = NULL;
  g_autoptr(GVariant) result = NULL;
  Peer self = { .topic = options.topic };

  self.connection = g_dbus_connection_new_for_address_sync (options.address,
                                                            G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                            G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                            NULL, NULL, &error);
  check (error);

  if (bench_is (&options, "publisher"))
    return bench_publish (&options, publish, &self);

  if (bench_is (&options, "caller"))
    {
      g_timeout_add (100, awake_cb, NULL);
      return bench_call (&options, call, wait_for_answers, &self);
    }

  loop = g_main_loop_new (NULL, FALSE);
  if (bench_is (&options, "server"))
    serve (&self);
  else
    {
      g_dbus_connection_signal_subscribe (self.connection, NULL, INTERFACE, "Message", options.topic, NULL,
                                          G_DBUS_SIGNAL_FLAGS_NONE, message_cb, &counter, NULL);
      for (guint i = 1; i < options.n_subscriptions; i++)
        {
          g_autofree char *path = g_strdup_printf ("/bench/more/%u", i);

          g_dbus_connection_signal_subscribe (self.connection, NULL, INTERFACE, "Message", path, NULL,
                                              G_DBUS_SIGNAL_FLAGS_NONE, ignore_cb, NULL, NULL);
        }
      /* The daemon answers in order: now it knows of the subscriptions. */
      result = g_dbus_connection_call_sync (self.connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                            "org.freedesktop.DBus", "GetId", NULL, NULL, 0, -1, NULL, &error);
      check (error);
    }
  bench_ready ();
  g_main_loop_run (loop);

  return 0;
}
