/* test-spares.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "minibus/mb-message-private.h"
#include "minibus/mb-spares-private.h"

/* A message of which nobody but us knows. */
static MbMessage *
make (const char *topic,
      const char *author,
      const char *text)
{
  MbMessageParts parts = {
    .topic = g_ref_string_new (topic),
    .author = author,
    .id = "id",
    .text = text,
    .text_length = strlen (text),
  };

  return _mb_message_new (&parts);
}

static void
set_true (gpointer data)
{
  *(gboolean *) data = TRUE;
}

static void
note_gone (gpointer  data,
           GObject  *where)
{
  set_true (data);
}

static void
note_closed (gpointer  data,
             GClosure *closure)
{
  set_true (data);
}

static void
drop_many (gpointer  data,
           GClosure *closure)
{
  GPtrArray *messages = data;

  for (guint i = 0; i < messages->len; i++)
    _mb_message_drop (g_ptr_array_index (messages, i));
}

static void
notify_cb (MbMessage  *message,
           GParamSpec *pspec,
           gpointer    user_data)
{
  g_assert_not_reached ();
}

static void
test_serves_again (void)
{
  MbMessage *first = make ("/a", "me", "{\"n\":1}");
  MbMessage *second;

  g_test_summary ("A message that nobody keeps serves for the next one, with nothing left of what it was");

  g_assert_nonnull (mb_message_get_data (first));
  g_assert_cmpstr (mb_message_get_author (first), ==, "me");
  _mb_message_drop (first);

  second = make ("/b", NULL, "[true]");
  g_assert_true (second == first);
  g_assert_cmpuint (G_OBJECT (second)->ref_count, ==, 1);
  g_assert_cmpstr (mb_message_get_topic (second), ==, "/b");
  g_assert_cmpstr (mb_message_get_text (second), ==, "[true]");
  g_assert_null (mb_message_get_author (second));
  g_assert_null (mb_message_get_session (second));
  g_assert_null (mb_message_get_header (second));
  g_assert_true (JSON_NODE_HOLDS_ARRAY (mb_message_get_data (second)));
  _mb_message_drop (second);
}

static void
test_larger (void)
{
  g_autofree char *long_text = g_strnfill (100000, '1');
  g_autofree char *longer_text = g_strnfill (200000, '2');

  g_test_summary ("Texts of any size follow each other");

  for (guint i = 0; i < 4; i++)
    {
      const char *text = i == 0 ? "1" : i == 1 ? long_text : i == 2 ? longer_text : "2";
      MbMessage *message = make ("/a", "me", text);

      g_assert_cmpstr (mb_message_get_text (message), ==, text);
      _mb_message_drop (message);
    }
}

static void
test_kept (void)
{
  MbMessage *first = make ("/a", "me", "1");
  g_autoptr(MbMessage) kept = g_object_ref (first);
  MbMessage *second;

  g_test_summary ("A message that somebody keeps stays what it is");

  _mb_message_drop (first);
  second = make ("/b", "you", "2");
  g_assert_true (second != kept);
  _mb_message_drop (second);
  g_assert_cmpstr (mb_message_get_topic (kept), ==, "/a");
  g_assert_cmpstr (mb_message_get_text (kept), ==, "1");
}

static void
test_weak (void)
{
  MbMessage *message = make ("/a", "me", "1");
  gboolean gone = FALSE;
  GWeakRef weak;

  g_test_summary ("Who waits for the end of a message hears of it");

  g_object_weak_ref (G_OBJECT (message), note_gone, &gone);
  _mb_message_drop (message);
  g_assert_true (gone);

  message = make ("/a", "me", "1");
  g_weak_ref_init (&weak, message);
  _mb_message_drop (message);
  g_assert_null (g_weak_ref_get (&weak));
  g_weak_ref_clear (&weak);
}

static void
test_data (void)
{
  MbMessage *message = make ("/a", "me", "1");
  gboolean freed = FALSE;

  g_test_summary ("What somebody has attached to a message goes with it");

  g_object_set_data_full (G_OBJECT (message), "key", &freed, set_true);
  _mb_message_drop (message);
  g_assert_true (freed);

  message = make ("/a", "me", "1");
  g_assert_null (g_object_get_data (G_OBJECT (message), "key"));
  _mb_message_drop (message);
}

static void
test_handlers (void)
{
  MbMessage *message = make ("/a", "me", "1");
  gboolean closed = FALSE;

  g_test_summary ("What somebody has connected to a message goes with it");

  g_signal_connect_data (message, "notify", G_CALLBACK (notify_cb), &closed, note_closed, 0);
  _mb_message_drop (message);
  g_assert_true (closed);

  message = make ("/a", "me", "1");
  g_assert_false (g_signal_has_handler_pending (message, g_signal_lookup ("notify", G_TYPE_OBJECT), 0, TRUE));
  _mb_message_drop (message);
}

static void
test_handlers_drop (void)
{
  g_autoptr(GPtrArray) messages = g_ptr_array_new ();
  MbMessage *message = make ("/a", "me", "1");

  g_test_summary ("Who hears of the end of what was connected to a message may drop any number of others");

  for (guint i = 0; i < 100; i++)
    g_ptr_array_add (messages, make ("/b", "me", "1"));
  g_signal_connect_data (message, "notify", G_CALLBACK (notify_cb), messages, drop_many, 0);
  _mb_message_drop (message);

  g_ptr_array_set_size (messages, 0);
  for (guint i = 0; i < 100; i++)
    {
      message = make ("/c", "me", "1");
      for (guint j = 0; j < messages->len; j++)
        g_assert_true (message != g_ptr_array_index (messages, j));
      g_ptr_array_add (messages, message);
    }
  drop_many (messages, NULL);
}

/* Objects that are counted when they end. */

#define THING_TYPE (thing_get_type ())
G_DECLARE_FINAL_TYPE (Thing, thing, THING, THING, GObject)

struct _Thing
{
  GObject parent_instance;
};

G_DEFINE_FINAL_TYPE (Thing, thing, G_TYPE_OBJECT)

static MbSpares things = MB_SPARES_INIT;
static guint n_ended;

static void
thing_finalize (GObject *object)
{
  n_ended++;

  G_OBJECT_CLASS (thing_parent_class)->finalize (object);
}

static void
thing_class_init (ThingClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = thing_finalize;
}

static void
thing_init (Thing *self)
{
}

static guint
take_all (void)
{
  Thing *thing;
  guint n = 0;

  while ((thing = _mb_spares_take (&things)) != NULL)
    {
      g_object_unref (thing);
      n++;
    }

  return n;
}

static gpointer
put_things (gpointer data)
{
  guint n = GPOINTER_TO_UINT (data);

  for (guint i = 0; i < n; i++)
    _mb_spares_put (&things, g_object_new (THING_TYPE, NULL));

  return NULL;
}

static void
test_many (void)
{
  g_test_summary ("No more are kept than a few batches of packets need");

  n_ended = 0;
  put_things (GUINT_TO_POINTER (500));
  g_assert_cmpuint (n_ended, ==, 500 - 5 * 32);
  g_assert_cmpuint (take_all (), ==, 5 * 32);
  g_assert_cmpuint (n_ended, ==, 500);
  g_assert_null (_mb_spares_take (&things));
}

static void
test_threads (void)
{
  g_test_summary ("What one thread drops serves another one, and what is left of it ends with the thread");

  n_ended = 0;
  g_thread_join (g_thread_new ("drops", put_things, GUINT_TO_POINTER (2 * 32 + 5)));
  g_assert_cmpuint (n_ended, ==, 5);
  g_assert_cmpuint (take_all (), ==, 2 * 32);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/spares/serves-again", test_serves_again);
  g_test_add_func ("/spares/larger", test_larger);
  g_test_add_func ("/spares/kept", test_kept);
  g_test_add_func ("/spares/weak", test_weak);
  g_test_add_func ("/spares/data", test_data);
  g_test_add_func ("/spares/handlers", test_handlers);
  g_test_add_func ("/spares/handlers-drop", test_handlers_drop);
  g_test_add_func ("/spares/many", test_many);
  g_test_add_func ("/spares/threads", test_threads);

  return g_test_run ();
}
