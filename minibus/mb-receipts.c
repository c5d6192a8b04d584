/* mb-receipts.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-receipts-private.h"

#include <glib/gi18n-lib.h>

#include "mb-error.h"

struct _MbReceipts
{
  MbInbox *inbox;
  GQueue   waiting;    /* of Receipt */
  GObject *kept;       /* an item that came when all who waited had been cancelled; or NULL */
};

typedef struct
{
  MbReceipts *receipts;
  GTask      *task;
  GSource    *cancelled;    /* or NULL */
} Receipt;

/* Returns the task, with the reference. */
static GTask *
receipt_end (Receipt *receipt)
{
  GTask *task = receipt->task;

  if (receipt->cancelled != NULL)
    {
      g_source_destroy (receipt->cancelled);
      g_source_unref (receipt->cancelled);
    }
  g_free (receipt);

  return task;
}

static gboolean
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  Receipt *receipt = user_data;
  MbReceipts *self = receipt->receipts;
  g_autoptr(GTask) task = NULL;

  g_queue_remove (&self->waiting, receipt);
  if (g_queue_is_empty (&self->waiting))
    _mb_inbox_hold (self->inbox);

  task = receipt_end (receipt);
  g_task_return_error_if_cancelled (task);

  return G_SOURCE_REMOVE;
}

static gboolean
refuse_cb (gpointer user_data)
{
  GTask *task = user_data;

  if (g_task_return_error_if_cancelled (task))
    return G_SOURCE_REMOVE;

  g_task_return_new_error (task, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED,
                           _("The subscriber is closed, so that no more messages come"));

  return G_SOURCE_REMOVE;
}

MbReceipts *
_mb_receipts_new (MbInbox *inbox)
{
  MbReceipts *self = g_new0 (MbReceipts, 1);

  self->inbox = _mb_inbox_ref (inbox);
  _mb_inbox_hold (inbox);

  return self;
}

void
_mb_receipts_free (MbReceipts *self)
{
  g_assert (g_queue_is_empty (&self->waiting));

  g_clear_object (&self->kept);
  _mb_inbox_unref (self->inbox);
  g_free (self);
}

void
_mb_receipts_add (MbReceipts *self,
                  GTask      *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Receipt *receipt;

  /* Who has got an item shall have it, also when cancelled before the callback. */
  g_task_set_check_cancellable (task, FALSE);

  if (self->kept != NULL)
    {
      g_task_return_pointer (task, g_steal_pointer (&self->kept), g_object_unref);
      return;
    }

  receipt = g_new0 (Receipt, 1);
  receipt->receipts = self;
  receipt->task = g_object_ref (task);
  if (cancellable != NULL)
    {
      receipt->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_static_name (receipt->cancelled, "[minibus] receipt");
      g_source_set_callback (receipt->cancelled, G_SOURCE_FUNC (cancelled_cb), receipt, NULL);
      g_source_attach (receipt->cancelled, _mb_inbox_get_context (self->inbox));
    }

  g_queue_push_tail (&self->waiting, receipt);
  _mb_inbox_release (self->inbox);
}

GTask *
_mb_receipts_take (MbReceipts *self,
                   gpointer    item)
{
  g_autoptr(GTask) task = NULL;

  while (task == NULL && !g_queue_is_empty (&self->waiting))
    {
      task = receipt_end (g_queue_pop_head (&self->waiting));
      if (g_cancellable_is_cancelled (g_task_get_cancellable (task)))
        {
          _mb_receipts_refuse (task);
          g_clear_object (&task);
        }
    }

  if (g_queue_is_empty (&self->waiting))
    _mb_inbox_hold (self->inbox);
  else
    _mb_inbox_release (self->inbox);

  if (task == NULL)
    g_set_object (&self->kept, item);

  return g_steal_pointer (&task);
}

void
_mb_receipts_go_on (MbReceipts *self)
{
  if (!g_queue_is_empty (&self->waiting))
    _mb_inbox_release (self->inbox);
}

void
_mb_receipts_fail (MbReceipts *self)
{
  Receipt *receipt;

  g_clear_object (&self->kept);
  while ((receipt = g_queue_pop_head (&self->waiting)) != NULL)
    {
      g_autoptr(GTask) task = receipt_end (receipt);

      _mb_receipts_refuse (task);
    }
}

/* A subscriber may be closed by a collector of garbage, in whose midst no code of a script can run. */
void
_mb_receipts_refuse (GTask *task)
{
  g_autoptr(GSource) source = g_idle_source_new ();

  g_source_set_static_name (source, "[minibus] receipt");
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, refuse_cb, g_object_ref (task), g_object_unref);
  g_source_attach (source, g_task_get_context (task));
}
