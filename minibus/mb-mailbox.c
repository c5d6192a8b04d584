/* mb-mailbox.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-mailbox-private.h"

/* One turn of the main loop gives messages this much, then other sources have their turn. */
#define TURN_ITEMS 256
#define TURN_TIME G_TIME_SPAN_MILLISECOND

/* A queue of pairs that allocates only to grow. */
typedef struct
{
  gpointer pointer;
  guint64  number;
} Cell;

typedef struct
{
  Cell  *cells;
  guint  size;    /* a power of two, or 0 */
  guint  first;
  guint  length;
} Ring;

static void
ring_push (Ring     *ring,
           gpointer  pointer,
           guint64   number)
{
  Cell *cell;

  if (ring->length == ring->size)
    {
      guint size = MAX (16, ring->size * 2);
      Cell *cells = g_new (Cell, size);

      for (guint i = 0; i < ring->length; i++)
        cells[i] = ring->cells[(ring->first + i) & (ring->size - 1)];

      g_free (ring->cells);
      ring->cells = cells;
      ring->size = size;
      ring->first = 0;
    }

  cell = &ring->cells[(ring->first + ring->length) & (ring->size - 1)];
  cell->pointer = pointer;
  cell->number = number;
  ring->length++;
}

static Cell
ring_pop (Ring *ring)
{
  Cell cell;

  g_assert (ring->length > 0);

  cell = ring->cells[ring->first];
  ring->first = (ring->first + 1) & (ring->size - 1);
  ring->length--;

  /* After a flood, give the memory back. */
  if (ring->length == 0 && ring->size > 1024)
    {
      g_clear_pointer (&ring->cells, g_free);
      ring->size = 0;
      ring->first = 0;
    }

  return cell;
}

static const Cell *
ring_peek (const Ring *ring)
{
  return ring->length > 0 ? &ring->cells[ring->first] : NULL;
}

struct _MbWaiter
{
  gatomicrefcount ref_count;
  GMutex          lock;
  GCond           cond;
  gboolean        poked;      /* lock */
};

struct _MbMailbox
{
  gatomicrefcount ref_count;
  GMainContext   *context;    /* set once */
  GSource        *source;     /* set once; holds no reference on the mailbox */
  GMutex          lock;
  guint64         serial;     /* lock */
  Ring            tokens;     /* lock; inboxes, with the serial number of the arrival */
  Ring            urgent;     /* lock; likewise, of urgent inboxes */
  GPtrArray      *waiters;    /* lock */
  MbInbox        *posts;      /* set once; its own, so it holds no reference on the mailbox */
};

struct _MbInbox
{
  gatomicrefcount ref_count;
  MbMailbox      *mailbox;    /* a reference, but for the mailbox's own inbox */
  GWeakRef        owner;
  MbInboxFunc     deliver;
  GDestroyNotify  free_item;
  gboolean        urgent;
  gboolean        owned_by_mailbox;
  guint           max_items;  /* all below: the mailbox's lock */
  gsize           max_bytes;
  MbOverflow      overflow;
  gsize           bytes;
  Ring            items;      /* items, with their cost */
  guint           n_spare;    /* tokens beyond one for each item, left by dropped items */
  guint           n_withheld; /* tokens that are not in the mailbox, because the inbox is or was held */
  gboolean        held;
  gboolean        closed;
};

typedef struct
{
  MbPostFunc      func;
  gpointer        data;
  GDestroyNotify  destroy;
} Post;

typedef struct
{
  GSource    source;
  MbMailbox *mailbox;
} MailboxSource;

/* Mailboxes by context. A mailbox in here may be on its way out: see _mb_mailbox_get(). */
G_LOCK_DEFINE_STATIC (registry);
static GHashTable *registry;

MbWaiter *
_mb_waiter_new (void)
{
  MbWaiter *self = g_new0 (MbWaiter, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);

  return self;
}

MbWaiter *
_mb_waiter_ref (MbWaiter *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
_mb_waiter_unref (MbWaiter *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

void
_mb_waiter_poke (MbWaiter *self)
{
  g_mutex_lock (&self->lock);
  self->poked = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

gboolean
_mb_waiter_wait (MbWaiter *self,
                 gint64    deadline)
{
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  while (!self->poked && in_time)
    {
      if (deadline == 0)
        g_cond_wait (&self->cond, &self->lock);
      else
        in_time = g_cond_wait_until (&self->cond, &self->lock, deadline);
    }
  in_time = self->poked;
  self->poked = FALSE;
  g_mutex_unlock (&self->lock);

  return in_time;
}

/* Takes the next item out, of the urgent ones only or of all in order of arrival. Tells whether there are more.
 * Returns a reference on its inbox, or NULL when there is nothing. */
static MbInbox *
mailbox_take (MbMailbox *self,
              gboolean   only_urgent,
              gpointer  *item,
              gboolean  *more)
{
  MbInbox *inbox = NULL;

  g_mutex_lock (&self->lock);

  for (;;)
    {
      const Cell *token = ring_peek (&self->tokens);
      const Cell *urgent = ring_peek (&self->urgent);
      Ring *ring;

      if (urgent != NULL && (only_urgent || token == NULL || urgent->number < token->number))
        ring = &self->urgent;
      else if (token != NULL && !only_urgent)
        ring = &self->tokens;
      else
        break;

      inbox = ring_pop (ring).pointer;
      if (inbox->items.length > 0 && inbox->held)
        {
          inbox->n_withheld++;
        }
      else if (inbox->items.length > 0)
        {
          Cell cell = ring_pop (&inbox->items);

          inbox->bytes -= cell.number;
          *item = cell.pointer;
          break;
        }

      else
        {
          g_assert (inbox->n_spare > 0);
          inbox->n_spare--;
        }

      g_mutex_unlock (&self->lock);
      g_clear_pointer (&inbox, _mb_inbox_unref);
      g_mutex_lock (&self->lock);
    }

  *more = self->tokens.length > 0 || self->urgent.length > 0;
  g_mutex_unlock (&self->lock);

  return inbox;
}

static gboolean
mailbox_deliver (MbMailbox *self,
                 gboolean   only_urgent,
                 gboolean  *more)
{
  g_autoptr(MbInbox) inbox = NULL;
  g_autoptr(GObject) owner = NULL;
  gpointer item = NULL;

  inbox = mailbox_take (self, only_urgent, &item, more);
  if (inbox == NULL)
    return FALSE;

  if (inbox->owned_by_mailbox)
    {
      inbox->deliver (NULL, item);
      return TRUE;
    }

  owner = g_weak_ref_get (&inbox->owner);
  if (owner == NULL)
    {
      inbox->free_item (item);
      return TRUE;
    }

  inbox->deliver (owner, item);

  return TRUE;
}

static gboolean
mailbox_is_empty (MbMailbox *self)
{
  gboolean empty;

  g_mutex_lock (&self->lock);
  empty = self->tokens.length == 0 && self->urgent.length == 0;
  g_mutex_unlock (&self->lock);

  return empty;
}

static gboolean
mailbox_source_prepare (GSource *source,
                        int     *timeout)
{
  MbMailbox *self = ((MailboxSource *) source)->mailbox;

  *timeout = -1;

  return !mailbox_is_empty (self);
}

static gboolean
mailbox_source_check (GSource *source)
{
  return !mailbox_is_empty (((MailboxSource *) source)->mailbox);
}

/* Tells whether there is more. Returns whether there was anything. */
static gboolean
take_turn (MbMailbox *self,
           GSource   *source,
           gboolean  *more)
{
  gint64 end = g_get_monotonic_time () + TURN_TIME;
  guint i;

  *more = TRUE;
  for (i = 0; i < TURN_ITEMS && *more && mailbox_deliver (self, FALSE, more); i++)
    {
      if (g_source_is_destroyed (source))
        return TRUE;
      if ((i & 3) == 3 && g_get_monotonic_time () > end)
        return TRUE;
    }

  return i > 0;
}

gboolean
_mb_mailbox_take_turn (MbMailbox *self,
                       gboolean  *more)
{
  return take_turn (self, self->source, more);
}

static gboolean
mailbox_source_dispatch (GSource     *source,
                         GSourceFunc  callback,
                         gpointer     user_data)
{
  gboolean more;

  take_turn (((MailboxSource *) source)->mailbox, source, &more);

  return !g_source_is_destroyed (source);
}

/* The last reference on the source is the end of the mailbox: until then its context may look at it. */
static void
mailbox_source_finalize (GSource *source)
{
  MbMailbox *self = ((MailboxSource *) source)->mailbox;

  /* Inboxes hold a reference on the mailbox, so only its own can be left here. */
  while (self->tokens.length > 0)
    {
      MbInbox *inbox = ring_pop (&self->tokens).pointer;

      g_assert (inbox == self->posts);
      _mb_inbox_unref (inbox);
    }
  g_assert (self->urgent.length == 0);

  _mb_inbox_unref (self->posts);
  g_free (self->urgent.cells);
  g_free (self->tokens.cells);
  g_ptr_array_unref (self->waiters);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static GSourceFuncs mailbox_source_funcs =
{
  .prepare = mailbox_source_prepare,
  .check = mailbox_source_check,
  .dispatch = mailbox_source_dispatch,
  .finalize = mailbox_source_finalize,
};

static void
post_free (gpointer data)
{
  Post *post = data;

  if (post->destroy != NULL)
    post->destroy (post->data);
  g_free (post);
}

static void
post_deliver (gpointer owner,
              gpointer item)
{
  Post *post = item;

  post->func (post->data);
  g_free (post);
}

static MbInbox *
inbox_new (MbMailbox      *mailbox,
           gboolean        urgent,
           MbInboxFunc     deliver,
           GDestroyNotify  free_item)
{
  MbInbox *self = g_new0 (MbInbox, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_weak_ref_init (&self->owner, NULL);
  self->mailbox = mailbox;
  self->urgent = urgent;
  self->deliver = deliver;
  self->free_item = free_item;
  self->max_items = G_MAXUINT;
  self->max_bytes = G_MAXSIZE;

  return self;
}

/**
 * _mb_mailbox_get: (skip)
 *
 * Returns the mailbox of a context, a new one if there is none yet.
 */
MbMailbox *
_mb_mailbox_get (GMainContext *context)
{
  MbMailbox *self;

  G_LOCK (registry);

  if (registry == NULL)
    registry = g_hash_table_new (NULL, NULL);

  self = g_hash_table_lookup (registry, context);
  if (self != NULL)
    {
      g_atomic_ref_count_inc (&self->ref_count);
    }
  else
    {
      self = g_new0 (MbMailbox, 1);
      g_atomic_ref_count_init (&self->ref_count);
      g_mutex_init (&self->lock);
      self->context = g_main_context_ref (context);
      self->waiters = g_ptr_array_new ();
      self->posts = inbox_new (self, FALSE, post_deliver, post_free);
      self->posts->owned_by_mailbox = TRUE;

      self->source = g_source_new (&mailbox_source_funcs, sizeof (MailboxSource));
      ((MailboxSource *) self->source)->mailbox = self;
      g_source_set_static_name (self->source, "[minibus] mailbox");
      /* A handler may run a main loop of its own; messages go on arriving there. */
      g_source_set_can_recurse (self->source, TRUE);
      g_source_attach (self->source, context);

      g_hash_table_insert (registry, context, self);
    }

  G_UNLOCK (registry);

  return self;
}

void
_mb_mailbox_unref (MbMailbox *self)
{
  GMainContext *context = self->context;
  gboolean last;

  /* Under the registry's lock, so that nobody finds it there between the last unref and the removal. */
  G_LOCK (registry);
  last = g_atomic_ref_count_dec (&self->ref_count);
  if (last)
    g_hash_table_remove (registry, self->context);
  G_UNLOCK (registry);

  if (!last)
    return;

  /* The context may be in the middle of a turn in another thread: see mailbox_source_finalize(). It must
   * outlive its source, which locks it on the way out. */
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_main_context_unref (context);
}

void
_mb_mailbox_post (MbMailbox      *self,
                  MbPostFunc      func,
                  gpointer        data,
                  GDestroyNotify  destroy)
{
  Post *post = g_new (Post, 1);

  post->func = func;
  post->data = data;
  post->destroy = destroy;

  _mb_inbox_push (self->posts, post, 0);
}

gboolean
_mb_mailbox_dispatch_urgent (MbMailbox *self)
{
  gboolean more;

  return mailbox_deliver (self, TRUE, &more);
}

void
_mb_mailbox_add_waiter (MbMailbox *self,
                        MbWaiter  *waiter)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->waiters, waiter);
  g_mutex_unlock (&self->lock);
}

void
_mb_mailbox_remove_waiter (MbMailbox *self,
                           MbWaiter  *waiter)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_remove_fast (self->waiters, waiter);
  g_mutex_unlock (&self->lock);
}

MbInbox *
_mb_inbox_new (GMainContext   *context,
               GObject        *owner,
               gboolean        urgent,
               MbInboxFunc     deliver,
               GDestroyNotify  free_item)
{
  MbInbox *self = inbox_new (_mb_mailbox_get (context), urgent, deliver, free_item);

  g_weak_ref_set (&self->owner, owner);

  return self;
}

MbInbox *
_mb_inbox_ref (MbInbox *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
_mb_inbox_unref (MbInbox *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  while (self->items.length > 0)
    self->free_item (ring_pop (&self->items).pointer);

  g_free (self->items.cells);
  g_weak_ref_clear (&self->owner);
  if (!self->owned_by_mailbox)
    _mb_mailbox_unref (self->mailbox);
  g_free (self);
}

GMainContext *
_mb_inbox_get_context (MbInbox *self)
{
  return self->mailbox->context;
}

void
_mb_inbox_set_limits (MbInbox    *self,
                      guint       max_items,
                      gsize       max_bytes,
                      MbOverflow  overflow)
{
  g_mutex_lock (&self->mailbox->lock);
  self->max_items = MAX (1, max_items);
  self->max_bytes = max_bytes;
  self->overflow = overflow;
  g_mutex_unlock (&self->mailbox->lock);
}

guint
_mb_inbox_push (MbInbox  *self,
                gpointer  item,
                gsize     cost)
{
  g_autoptr(GPtrArray) dropped = _mb_inbox_push_full (self, item, cost);

  return dropped != NULL ? dropped->len : 0;
}

GPtrArray *
_mb_inbox_push_full (MbInbox  *self,
                     gpointer  item,
                     gsize     cost)
{
  MbMailbox *mailbox = self->mailbox;
  g_autoptr(GPtrArray) dropped = NULL;
  gboolean was_empty;
  gboolean room;

  g_mutex_lock (&mailbox->lock);

  if (self->closed)
    {
      g_mutex_unlock (&mailbox->lock);
      self->free_item (item);
      return NULL;
    }

  /* An item that is larger than the whole inbox is let in when the inbox is empty. */
  room = self->items.length < self->max_items &&
         (self->items.length == 0 || self->bytes + cost <= self->max_bytes);

  while (!room && self->overflow == MB_OVERFLOW_DROP_OLDEST)
    {
      Cell cell = ring_pop (&self->items);

      self->bytes -= cell.number;
      self->n_spare++;
      if (dropped == NULL)
        dropped = g_ptr_array_new_with_free_func (self->free_item);
      g_ptr_array_add (dropped, cell.pointer);
      room = self->items.length < self->max_items &&
             (self->items.length == 0 || self->bytes + cost <= self->max_bytes);
    }

  if (!room)
    {
      g_mutex_unlock (&mailbox->lock);
      dropped = g_ptr_array_new_with_free_func (self->free_item);
      g_ptr_array_add (dropped, item);
      return g_steal_pointer (&dropped);
    }

  was_empty = !self->held && mailbox->tokens.length == 0 && mailbox->urgent.length == 0;
  ring_push (&self->items, item, cost);
  self->bytes += cost;
  if (self->n_spare > 0)
    self->n_spare--;
  else if (self->held)
    self->n_withheld++;
  else
    ring_push (self->urgent ? &mailbox->urgent : &mailbox->tokens, _mb_inbox_ref (self), mailbox->serial++);

  if (self->urgent)
    {
      for (guint i = 0; i < mailbox->waiters->len; i++)
        _mb_waiter_poke (g_ptr_array_index (mailbox->waiters, i));
    }

  g_mutex_unlock (&mailbox->lock);

  /* A thread that runs the context looks here before it waits. */
  if (was_empty && !g_main_context_is_owner (mailbox->context))
    g_main_context_wakeup (mailbox->context);

  return g_steal_pointer (&dropped);
}

guint
_mb_inbox_get_length (MbInbox *self)
{
  guint length;

  g_mutex_lock (&self->mailbox->lock);
  length = self->items.length;
  g_mutex_unlock (&self->mailbox->lock);

  return length;
}

void
_mb_inbox_hold (MbInbox *self)
{
  g_assert (!self->urgent);

  g_mutex_lock (&self->mailbox->lock);
  self->held = TRUE;
  g_mutex_unlock (&self->mailbox->lock);
}

void
_mb_inbox_release (MbInbox *self)
{
  MbMailbox *mailbox = self->mailbox;
  gboolean one = FALSE;
  guint n_needless;

  g_mutex_lock (&mailbox->lock);
  self->held = FALSE;

  /* What is spare must be in the mailbox: the next item relies on it. */
  n_needless = MIN (self->n_spare, self->n_withheld);
  self->n_spare -= n_needless;
  self->n_withheld -= n_needless;

  /* One at a time: if all came back, and all but one were withheld again, n items would take n² turns. */
  if (self->n_withheld > 0)
    {
      self->n_withheld--;
      ring_push (&mailbox->tokens, _mb_inbox_ref (self), mailbox->serial++);
      one = TRUE;
    }
  g_mutex_unlock (&mailbox->lock);

  if (one)
    g_main_context_wakeup (mailbox->context);
}

void
_mb_inbox_close (MbInbox *self)
{
  MbMailbox *mailbox = self->mailbox;
  Ring *tokens = self->urgent ? &mailbox->urgent : &mailbox->tokens;
  guint n_tokens = 0;
  Ring items;

  g_mutex_lock (&mailbox->lock);
  self->closed = TRUE;
  items = self->items;
  memset (&self->items, 0, sizeof self->items);
  self->bytes = 0;
  self->n_spare = 0;
  self->n_withheld = 0;

  /* Its tokens go too: in a context that is never run again they would keep it for ever. */
  for (guint i = tokens->length; i > 0; i--)
    {
      Cell cell = ring_pop (tokens);

      if (cell.pointer == self)
        n_tokens++;
      else
        ring_push (tokens, cell.pointer, cell.number);
    }
  g_mutex_unlock (&mailbox->lock);

  while (items.length > 0)
    self->free_item (ring_pop (&items).pointer);
  g_free (items.cells);

  while (n_tokens-- > 0)
    _mb_inbox_unref (self);
}
