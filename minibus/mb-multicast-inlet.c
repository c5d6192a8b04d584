/* mb-multicast-inlet.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-multicast-inlet-private.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <glib/gi18n-lib.h>

#include "mb-error.h"
#include "mb-multicast-backlog-private.h"
#include "mb-multicast-buffer-private.h"
#include "mb-multicast-filter-private.h"

#define BATCH 32
#define PACKET_SIZE MB_BACKLOG_MAX_PACKET
#define CONTROL_SIZE 128

struct _MbMulticastInlet
{
  /* Immutable. */
  MbMulticastSocket *socket;
  MbReceiver        *receiver;
  gboolean           needs_senders;

  gint               stopping;       /* atomic */
  GThread           *thread;         /* atomic; the one that is receiving, or NULL */

  GMutex             lock;           /* of whoever receives; all below, unless said otherwise */
  struct mmsghdr     messages[BATCH];
  struct iovec       vectors[BATCH];
  union
  {
    char             bytes[CONTROL_SIZE];
    struct cmsghdr   align;
  }                  controls[BATCH];
  struct sockaddr_storage senders[BATCH];
  guint8            *packets;        /* PACKET_SIZE for each; only pages that were needed take memory */
  guint              n_used;         /* of the messages, which the system has written to */
  guint32            n_overflows;    /* since the socket was made, as the system counts */
  MbMulticastBacklog *backlog;       /* NULL until it is needed */
  gint               has_stored;     /* atomic, for who only looks; whether the backlog has anything */

  /* The system counts what a filter drops along with what it has no room for: of the packets from one count to
   * the other nothing can be told.
   */
  GMutex             filter_lock;
  gboolean           has_filter;     /* filter_lock */
  gboolean           is_unsure;      /* filter_lock; between these two, or from the first on: */
  guint32            unsure_from;    /* filter_lock */
  guint32            unsure_until;   /* filter_lock; unless there is a filter */
};

MbMulticastInlet *
_mb_multicast_inlet_new (MbMulticastSocket  *socket,
                         MbReceiver         *receiver,
                         GError            **error)
{
  MbMulticastInlet *self;
  void *packets = mmap (NULL, BATCH * PACKET_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  if (packets == MAP_FAILED)
    {
      g_set_error (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_FAILED,
                   _("There is no memory to receive packets: %s"), g_strerror (errno));
      return NULL;
    }

  self = g_new0 (MbMulticastInlet, 1);
  self->socket = socket;
  self->receiver = g_object_ref (receiver);
  self->needs_senders = _mb_multicast_socket_needs_senders (socket);
  self->packets = packets;
  self->n_used = BATCH;
  g_mutex_init (&self->lock);
  g_mutex_init (&self->filter_lock);

  for (guint i = 0; i < BATCH; i++)
    {
      self->vectors[i].iov_base = self->packets + i * PACKET_SIZE;
      self->vectors[i].iov_len = PACKET_SIZE;
      self->messages[i].msg_hdr.msg_iov = &self->vectors[i];
      self->messages[i].msg_hdr.msg_iovlen = 1;
      self->messages[i].msg_hdr.msg_control = &self->controls[i];
      if (self->needs_senders)
        self->messages[i].msg_hdr.msg_name = &self->senders[i];
    }

  return self;
}

void
_mb_multicast_inlet_free (MbMulticastInlet *self)
{
  munmap (self->packets, BATCH * PACKET_SIZE);
  g_clear_pointer (&self->backlog, _mb_multicast_backlog_free);
  g_object_unref (self->receiver);
  g_mutex_clear (&self->lock);
  g_mutex_clear (&self->filter_lock);
  g_free (self);
}

static gboolean
is_stopping (MbMulticastInlet *self)
{
  return g_atomic_int_get (&self->stopping);
}

/* How many packets were lost for want of room since the last look, when the system has counted so many. */
static guint
count_overflows (MbMulticastInlet *self,
                 guint32           n_overflows)
{
  guint32 last = self->n_overflows;
  gint32 n = (gint32) (n_overflows - last);
  gint32 from, until;

  self->n_overflows = n_overflows;

  g_mutex_lock (&self->filter_lock);
  if (self->is_unsure)
    {
      from = MAX (0, (gint32) (self->unsure_from - last));
      until = self->has_filter ? n : (gint32) (self->unsure_until - last);
      if (until <= n && !self->has_filter)
        self->is_unsure = FALSE;
      n -= MAX (0, MIN (n, until) - from);
    }
  g_mutex_unlock (&self->filter_lock);

  return (guint) MAX (0, n);
}

/* Reports packets that the system had no room for before this one arrived. */
static void
check_overflow (MbMulticastInlet *self,
                struct msghdr    *message)
{
  for (struct cmsghdr *c = CMSG_FIRSTHDR (message); c != NULL; c = CMSG_NXTHDR (message, c))
    {
      guint32 n_overflows;

      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL)
        continue;

      memcpy (&n_overflows, CMSG_DATA (c), sizeof n_overflows);
      if (n_overflows != self->n_overflows)
        mb_receiver_report_loss (self->receiver, count_overflows (self, n_overflows));
      return;
    }
}

/* Hands up what is stored, at most so many packets. */
static void
push_stored (MbMulticastInlet *self,
             guint             n)
{
  const guint8 *data;
  gsize length;

  while (n-- > 0 && !is_stopping (self) && (data = _mb_multicast_backlog_take (self->backlog, &length)) != NULL)
    mb_receiver_push (self->receiver, data, length);

  g_atomic_int_set (&self->has_stored, !_mb_multicast_backlog_is_empty (self->backlog));
}

static void
store (MbMulticastInlet *self,
       const guint8     *data,
       gsize             length)
{
  _mb_multicast_backlog_add (self->backlog, data, length);
  g_atomic_int_set (&self->has_stored, TRUE);
}

/* Takes a batch from the system. */
static MbInletState
receive (MbMulticastInlet *self,
         gboolean          stores)
{
  gint64 now = 0;
  int n;

  for (guint i = 0; i < self->n_used; i++)
    {
      self->messages[i].msg_hdr.msg_controllen = CONTROL_SIZE;
      self->messages[i].msg_hdr.msg_namelen = self->needs_senders ? sizeof self->senders[i] : 0;
      self->messages[i].msg_hdr.msg_flags = 0;
    }
  self->n_used = 0;

  n = recvmmsg (_mb_multicast_socket_get_fd (self->socket), self->messages, BATCH, MSG_DONTWAIT, NULL);

  if (n < 0)
    return errno == EINTR ? MB_INLET_FULL : errno == EAGAIN ? MB_INLET_DRAINED : MB_INLET_FAILED;

  self->n_used = (guint) n;
  if (self->needs_senders)
    now = g_get_monotonic_time ();

  for (int i = 0; i < n && !is_stopping (self); i++)
    {
      struct msghdr *message = &self->messages[i].msg_hdr;
      const guint8 *data = self->vectors[i].iov_base;
      gsize length = self->messages[i].msg_len;

      check_overflow (self, message);

      if (is_stopping (self) || !_mb_multicast_socket_accepts (self->socket, message, data, length, now))
        continue;

      if (stores)
        store (self, data, length);
      else
        mb_receiver_push (self->receiver, data, length);
    }

  return n == BATCH ? MB_INLET_FULL : MB_INLET_DRAINED;
}

/* Begins to receive. Returns whether it is to be, and the lock is held. */
static gboolean
begin (MbMulticastInlet *self,
       MbInletFunc       may_receive,
       gpointer          data)
{
  g_mutex_lock (&self->lock);
  if (!is_stopping (self) && may_receive (data))
    {
      g_atomic_pointer_set (&self->thread, g_thread_self ());
      return TRUE;
    }
  g_mutex_unlock (&self->lock);

  return FALSE;
}

static void
end (MbMulticastInlet *self)
{
  g_atomic_pointer_set (&self->thread, NULL);
  g_mutex_unlock (&self->lock);
}

MbInletState
_mb_multicast_inlet_receive (MbMulticastInlet *self,
                             MbInletFunc       may_receive,
                             gpointer          data)
{
  MbInletState state = MB_INLET_FULL;
  int errnum;

  if (!begin (self, may_receive, data))
    return MB_INLET_DRAINED;

  if (_mb_multicast_inlet_has_stored (self))
    push_stored (self, BATCH);
  else
    state = receive (self, FALSE);
  errnum = errno;
  end (self);

  errno = errnum;

  return state;
}

MbInletState
_mb_multicast_inlet_store (MbMulticastInlet *self,
                           MbInletFunc       may_receive,
                           gpointer          data)
{
  MbInletState state;
  int errnum;

  if (!begin (self, may_receive, data))
    return MB_INLET_DRAINED;

  if (self->backlog == NULL)
    self->backlog = _mb_multicast_backlog_new ();
  /* What has no room here becomes messages, of which there is room for many more. */
  while (self->backlog != NULL && !is_stopping (self) && !_mb_multicast_backlog_has_room (self->backlog, BATCH))
    push_stored (self, BATCH);
  state = receive (self, self->backlog != NULL);
  errnum = errno;
  end (self);

  errno = errnum;

  return state;
}

void
_mb_multicast_inlet_flush (MbMulticastInlet *self,
                           MbInletFunc       may_receive,
                           gpointer          data)
{
  if (!_mb_multicast_inlet_has_stored (self) || !begin (self, may_receive, data))
    return;

  if (_mb_multicast_inlet_has_stored (self))
    push_stored (self, G_MAXUINT);
  end (self);
}

gboolean
_mb_multicast_inlet_has_stored (MbMulticastInlet *self)
{
  return g_atomic_int_get (&self->has_stored);
}

gboolean
_mb_multicast_inlet_stop (MbMulticastInlet *self)
{
  g_atomic_int_set (&self->stopping, TRUE);

  if (g_atomic_pointer_get (&self->thread) == g_thread_self ())
    return FALSE;

  g_mutex_lock (&self->lock);
  g_mutex_unlock (&self->lock);

  return TRUE;
}

gboolean
_mb_multicast_inlet_renew (MbMulticastInlet       *self,
                           const MbNetworkChanges *changes)
{
  gboolean is_done;

  g_mutex_lock (&self->lock);
  is_done = _mb_multicast_socket_renew (self->socket, changes);
  g_mutex_unlock (&self->lock);

  return is_done;
}

void
_mb_multicast_inlet_set_topics (MbMulticastInlet   *self,
                                const char * const *wanted,
                                const char * const *unwanted)
{
  int fd = _mb_multicast_socket_get_fd (self->socket);
  g_autoptr(GArray) program = _mb_multicast_filter_build (wanted, unwanted);
  gboolean had_filter;
  MbMulticastBuffer buffer = { 0 };

  g_mutex_lock (&self->filter_lock);
  had_filter = self->has_filter;

  /* Where the system does not tell how much it has dropped, loss could not be told from filtering afterwards. */
  if (program != NULL && (had_filter || _mb_multicast_buffer_look (fd, &buffer)))
    {
      if (!self->is_unsure)
        self->unsure_from = buffer.n_drops;
      self->is_unsure = TRUE;
      self->has_filter = _mb_multicast_filter_attach (fd, program);
    }
  else if (had_filter)
    {
      _mb_multicast_filter_detach (fd);
      self->has_filter = FALSE;
    }

  if (!self->has_filter && self->is_unsure && _mb_multicast_buffer_look (fd, &buffer))
    self->unsure_until = buffer.n_drops;

  g_mutex_unlock (&self->filter_lock);
}
