/* mb-core.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-core-private.h"

#include <glib/gi18n-lib.h>

#include "mb-builtin-private.h"
#include "mb-error.h"
#include "mb-presence-private.h"
#include "mb-receiver-private.h"
#include "mb-thread-private.h"

static void
push_cb (gpointer      owner,
         const guint8 *data,
         gsize         length)
{
  _mb_core_receive (owner, data, length);
}

static void
report_loss_cb (gpointer owner,
                guint    count)
{
  _mb_core_drop (owner, MB_DROP_REASON_KERNEL, count, NULL,
                 "the receive buffer was full; raise it with receive-buffer= in the address, "
                 "and net.core.rmem_max");
}

static const MbReceiverFuncs receiver_funcs = {
  .push = push_cb,
  .report_loss = report_loss_cb,
};

static MbTurn
take_turn_cb (gpointer mailbox)
{
  gboolean more;

  if (!_mb_mailbox_take_turn (mailbox, &more))
    return MB_TURN_NOTHING;

  return more ? MB_TURN_SOME : MB_TURN_ALL;
}

static void
mailbox_unref (gpointer mailbox)
{
  _mb_mailbox_unref (mailbox);
}

static void
reason_free (gpointer data)
{
}

static void
answer_free (gpointer data)
{
  MbAnswer *answer = data;

  g_free (answer->topic);
  g_free (answer->id);
  g_string_free (answer->data, TRUE);
  g_free (answer);
}

static void
routes_changed_cb (gpointer core,
                   gboolean more)
{
  _mb_core_routes_changed (core, more);
  _mb_core_update_context (core);
}

/* What our threads would be the first to need, and GLib makes once, under a lock. In a process that is forked at that
 * moment, whatever GLib makes once would wait for that lock, for ever.
 */
static void
make_ready_for_threads (void)
{
  g_type_class_unref (g_type_class_ref (MB_TYPE_MESSAGE));
  g_get_host_name ();
}

MbCore *
_mb_core_new (const char   *name,
              GMainContext *context,
              GObject      *owner,
              MbInboxFunc   report)
{
  MbCore *self = g_new0 (MbCore, 1);

  make_ready_for_threads ();

  g_atomic_ref_count_init (&self->ref_count);
  self->name = g_strdup (name);
  self->router = _mb_router_new ();
  self->schemas = _mb_schema_table_new ();
  self->calls = _mb_calls_new ();
  _mb_counters_init (&self->counters);
  self->reports = _mb_inbox_new (context, owner, FALSE, report, reason_free);

  g_mutex_init (&self->lists_lock);
  for (guint i = 0; i < MB_N_LISTS; i++)
    self->lists[i] = g_ptr_array_new_with_free_func (g_free);

  g_mutex_init (&self->send_lock);
  self->outlets = g_hash_table_new (g_str_hash, g_str_equal);
  self->packet = g_string_sized_new (1500);
  g_cond_init (&self->dequeued);

  g_mutex_init (&self->context_lock);

  g_mutex_init (&self->filter_lock);
  self->unwanted = g_ptr_array_new_with_free_func (g_free);
  _mb_router_watch (self->router, routes_changed_cb, self);

  g_mutex_init (&self->receive_lock);
  self->topic_buffer = g_string_new (NULL);
  self->data_buffer = g_string_new (NULL);
  self->author_buffer = g_string_new (NULL);
  self->id_buffer = g_string_new (NULL);
  self->accepted = g_ptr_array_new ();
  self->ready = g_ptr_array_new ();
  g_queue_init (&self->answers);
  g_queue_init (&self->sealed);
  g_cond_init (&self->unsealed);

  self->presence = _mb_presence_new (self);

  _mb_builtin_add_routes (self);
  _mb_presence_add_routes (self);

  return self;
}

MbCore *
_mb_core_ref (MbCore *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
_mb_core_unref (MbCore *self)
{
  GHashTableIter iter;
  gpointer value;

  if (!g_atomic_ref_count_dec (&self->ref_count) || _mb_core_is_foreign (self))
    return;

  /* Whoever set it has taken it away again. */
  g_assert (self->out_queue == NULL && self->in_queue == NULL && g_queue_is_empty (&self->sealed));

  _mb_presence_free (self->presence);
  g_clear_object (&self->transport);
  _mb_router_free (self->router);
  _mb_schema_table_free (self->schemas);
  _mb_calls_stop (self->calls);
  _mb_calls_unref (self->calls);
  _mb_counters_clear (&self->counters);
  _mb_inbox_unref (self->reports);

  for (guint i = 0; i < MB_N_LISTS; i++)
    g_ptr_array_unref (self->lists[i]);
  g_hash_table_iter_init (&iter, self->outlets);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    _mb_outlet_free (value);
  g_hash_table_unref (self->outlets);
  g_ptr_array_unref (self->unwanted);
  g_string_free (self->packet, TRUE);
  g_string_free (self->topic_buffer, TRUE);
  g_string_free (self->data_buffer, TRUE);
  g_string_free (self->author_buffer, TRUE);
  g_string_free (self->id_buffer, TRUE);
  g_ptr_array_unref (self->accepted);
  g_ptr_array_unref (self->ready);
  g_queue_clear_full (&self->answers, answer_free);
  g_clear_pointer (&self->replay, _mb_replay_free);
  g_clear_error (&self->queue_error);
  g_cond_clear (&self->dequeued);
  g_cond_clear (&self->unsealed);

  g_mutex_clear (&self->lists_lock);
  g_mutex_clear (&self->send_lock);
  g_mutex_clear (&self->filter_lock);
  g_mutex_clear (&self->context_lock);
  g_mutex_clear (&self->receive_lock);
  g_free (self->name);
  g_free (self);
}

gboolean
_mb_core_is_foreign (MbCore *self)
{
  guint process = (guint) g_atomic_int_get (&self->process);

  return process != 0 && process != _mb_process_get ();
}

gboolean
_mb_core_refuse_foreign (MbCore  *self,
                         GError **error)
{
  if (!_mb_core_is_foreign (self))
    return FALSE;

  g_set_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED,
               _("The client “%s” is open in the process that this one was forked from; make another client here"),
               self->name);

  return TRUE;
}

void
_mb_core_end (MbCore *self)
{
  g_atomic_int_set (&self->process, 0);
}

MbReceiver *
_mb_core_prepare (MbCore *self)
{
  MbReceiver *receiver = _mb_receiver_new (&receiver_funcs, self);
  GHashTableIter iter;
  gpointer value;

  g_atomic_int_set (&self->process, _mb_process_get ());
  _mb_receiver_set_turn (receiver, take_turn_cb, _mb_mailbox_get (_mb_inbox_get_context (self->reports)),
                         mailbox_unref);

  g_mutex_lock (&self->send_lock);

  /* Zero stands for "no session". */
  do
    self->session = (guint64) g_random_int () << 32 | g_random_int ();
  while (self->session == 0);

  g_hash_table_iter_init (&iter, self->outlets);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    ((MbOutlet *) value)->sequence = 0;

  g_mutex_unlock (&self->send_lock);

  g_mutex_lock (&self->receive_lock);
  _mb_router_forget (self->router);
  g_mutex_unlock (&self->receive_lock);

  return receiver;
}

guint64
_mb_core_get_session (MbCore *self)
{
  guint64 session;

  g_mutex_lock (&self->send_lock);
  session = self->session;
  g_mutex_unlock (&self->send_lock);

  return session;
}

MbTransport *
_mb_core_ref_transport (MbCore *self)
{
  MbTransport *transport;

  g_mutex_lock (&self->send_lock);
  transport = self->transport != NULL ? g_object_ref (self->transport) : NULL;
  g_mutex_unlock (&self->send_lock);

  return transport;
}

void
_mb_core_set_transport (MbCore      *self,
                        MbTransport *transport)
{
  g_mutex_lock (&self->filter_lock);
  g_mutex_lock (&self->send_lock);
  g_set_object (&self->transport, transport);
  g_mutex_unlock (&self->send_lock);

  /* One that has just been opened has none. */
  self->has_filter = FALSE;
  self->filter_is_old = TRUE;
  g_mutex_unlock (&self->filter_lock);

  _mb_core_renew_context (self);
}

void
_mb_core_set_max_packet_size (MbCore *self,
                              guint   max_packet_size)
{
  g_mutex_lock (&self->send_lock);
  self->max_packet_size = max_packet_size;
  g_mutex_unlock (&self->send_lock);
}

void
_mb_core_drop (MbCore       *self,
               MbDropReason  reason,
               guint         count,
               const char   *topic,
               const char   *detail)
{
  if (_mb_counters_drop (&self->counters, reason, count, topic, detail))
    _mb_inbox_push (self->reports, GUINT_TO_POINTER (reason + 1), 0);
}

void
_mb_core_list_add (MbCore     *self,
                   MbList      list,
                   const char *name)
{
  g_mutex_lock (&self->lists_lock);
  g_ptr_array_add (self->lists[list], g_strdup (name));
  g_mutex_unlock (&self->lists_lock);

  _mb_presence_note_change (self);
}

void
_mb_core_list_remove (MbCore     *self,
                      MbList      list,
                      const char *name)
{
  guint i;

  g_mutex_lock (&self->lists_lock);
  if (g_ptr_array_find_with_equal_func (self->lists[list], name, g_str_equal, &i))
    g_ptr_array_remove_index (self->lists[list], i);
  g_mutex_unlock (&self->lists_lock);

  _mb_presence_note_change (self);
}
