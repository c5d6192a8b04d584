/* mb-test.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-test.h"

#include "patience.h"

#define PATIENCE 60

struct _MbTestWait
{
  const char   *condition;
  GMainContext *context;
  GSource      *watchdog;
  gint64        deadline;
};

static gboolean
watchdog_cb (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

MbTestWait *
mb_test_wait_new (const char *condition)
{
  MbTestWait *wait = g_new0 (MbTestWait, 1);

  wait->condition = condition;
  wait->context = g_main_context_ref_thread_default ();
  wait->deadline = patience_end (PATIENCE);
  wait->watchdog = g_timeout_source_new (20);
  g_source_set_callback (wait->watchdog, watchdog_cb, NULL, NULL);
  g_source_attach (wait->watchdog, wait->context);

  return wait;
}

void
mb_test_wait_turn (MbTestWait *wait)
{
  if (g_get_monotonic_time () > wait->deadline)
    g_error ("Waited in vain for: %s", wait->condition);

  g_main_context_iteration (wait->context, TRUE);
}

void
mb_test_wait_free (MbTestWait *wait)
{
  g_source_destroy (wait->watchdog);
  g_source_unref (wait->watchdog);
  g_main_context_unref (wait->context);
  g_free (wait);
}

static MbClient *
open_client (const char *name,
             const char *bus,
             gboolean    presence)
{
  g_autofree char *address = g_strconcat ("memory:", bus, NULL);
  MbClient *client = g_object_new (MB_TYPE_CLIENT, "name", name, "address", address, "presence", presence, NULL);
  g_autoptr(GError) error = NULL;

  mb_client_open_sync (client, NULL, &error);
  g_assert_no_error (error);

  return client;
}

/* Without presence: packets of its own, 0.1 s after it was opened, would be counted among those of the test. */
MbClient *
mb_test_open (const char *name,
              const char *bus)
{
  return open_client (name, bus, FALSE);
}

MbClient *
mb_test_open_present (const char *name,
                      const char *bus)
{
  return open_client (name, bus, TRUE);
}

MbPublisher *
mb_test_publisher (MbClient   *client,
                   const char *topic,
                   MbSchema   *schema)
{
  g_autoptr(GError) error = NULL;
  MbPublisher *publisher = mb_client_create_publisher (client, topic, schema, &error);

  g_assert_no_error (error);

  return publisher;
}

void
mb_test_publish (MbPublisher *publisher,
                 const char  *json)
{
  g_autoptr(GError) error = NULL;

  mb_publisher_publish_text (publisher, json, &error);
  g_assert_no_error (error);
}

static void
collect_cb (MbSubscriber *subscriber,
            MbMessage    *message,
            GPtrArray    *texts)
{
  g_ptr_array_add (texts, g_strdup_printf ("%s %s", mb_message_get_topic (message),
                                           mb_message_get_text (message)));
}

MbSubscriber *
mb_test_collect (MbClient   *client,
                 const char *pattern,
                 GPtrArray  *texts)
{
  g_autoptr(GError) error = NULL;
  MbSubscriber *subscriber = mb_client_subscribe (client, pattern, NULL, &error);

  g_assert_no_error (error);
  g_signal_connect (subscriber, "message", G_CALLBACK (collect_cb), texts);

  return subscriber;
}

void
mb_test_settle (MbClient *sender,
                MbClient *receiver)
{
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(MbPublisher) publisher = mb_test_publisher (sender, "/settle", NULL);
  g_autoptr(MbSubscriber) subscriber = mb_test_collect (receiver, "/settle", texts);

  mb_test_publish (publisher, "null");
  mb_test_wait_until (texts->len == 1);
  mb_subscriber_close (subscriber);
}

MbSchema *
mb_test_schema (const char *text)
{
  g_autoptr(GError) error = NULL;
  MbSchema *schema = mb_schema_new_from_text (text, &error);

  g_assert_no_error (error);

  return schema;
}
