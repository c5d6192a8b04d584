/* mbtt-drops.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Tells on standard error what a client has lost: at once, but of each kind not more than a line
 * in some seconds. */

#include "config.h"

#include "mbtt-drops.h"

#include <glib/gi18n.h>

#include "mbtt-output.h"

#define INTERVAL (5 * G_TIME_SPAN_SECOND)
#define N_REASONS (MB_DROP_REASON_NOT_SENT + 1)

typedef struct
{
  gulong   count;         /* not told of yet */
  gint64   told_at;       /* 0: never */
  char    *topic;         /* of the first that has not been told of; or NULL */
  char    *detail;
} Reason;

struct _MbttDrops
{
  MbClient *client;
  gulong    handler;
  guint     timer;
  gulong    total;
  Reason    reasons[N_REASONS];
};

static const char *
describe (MbDropReason reason)
{
  switch (reason)
    {
    case MB_DROP_REASON_OVERSIZE:
      return _("datagrams that are larger than a packet can be");

    case MB_DROP_REASON_NOT_JSON:
      return _("datagrams that are not JSON, so that some other program seems to use this address");

    case MB_DROP_REASON_TOO_DEEP:
      return _("messages whose JSON is nested too deeply");

    case MB_DROP_REASON_NOT_PACKET:
      return _("datagrams that are not packets of MiniBus 0.3");

    case MB_DROP_REASON_DATA_NOT_JSON:
      return _("messages whose data is not JSON");

    case MB_DROP_REASON_SCHEMA:
      return _("messages whose data breaks the schema");

    case MB_DROP_REASON_LIMIT:
      return _("messages whose pattern or schema takes too many steps");

    case MB_DROP_REASON_NO_KEY:
      return _("messages that are encrypted, which this program has no key for");

    case MB_DROP_REASON_NO_ID:
      return _("requests or answers without an id");

    case MB_DROP_REASON_DUPLICATE:
      return _("messages that came twice");

    case MB_DROP_REASON_LATE_REPLY:
      return _("answers that came too late");

    case MB_DROP_REASON_INBOX_FULL:
      return _("messages that came faster than they could be printed");

    case MB_DROP_REASON_MISSED:
      return _("messages that were sent and never arrived");

    case MB_DROP_REASON_KERNEL:
      return _("datagrams that the system had no room for, because this machine is too busy");

    case MB_DROP_REASON_WRONG_KEY:
      return _("messages that are encrypted with another passphrase");

    case MB_DROP_REASON_PLAINTEXT:
      return _("messages that are not encrypted, and so are not trusted by a program that has a passphrase");

    case MB_DROP_REASON_REPLAY:
      return _("encrypted messages that came again");

    case MB_DROP_REASON_FORGED:
      return _("encrypted messages that somebody has changed or moved");

    case MB_DROP_REASON_UNTRUSTED:
      return _("messages that are not signed by a trusted key");

    case MB_DROP_REASON_CIPHER_BUSY:
      return _("messages that came faster than they could be decrypted");

    case MB_DROP_REASON_CIPHER_FAILED:
      return _("messages on which GnuPG failed");

    case MB_DROP_REASON_NOT_SENT:
      return _("messages of this program that could not be encrypted or sent");

    default:
      return _("messages, for a reason that this program does not know");
    }
}

static void
tell (MbttDrops    *self,
      MbDropReason  reason)
{
  Reason *kind = &self->reasons[reason];
  g_autoptr(GString) more = g_string_new (NULL);

  if (kind->count == 0)
    return;

  if (kind->topic != NULL)
    g_string_append_printf (more, _("; first on “%s”"), kind->topic);
  if (kind->detail != NULL)
    g_string_append_printf (more, ": %s", kind->detail);

  mbtt_print_note (_("Lost (%lu): %s%s"), kind->count, describe (reason), more->str);

  kind->count = 0;
  kind->told_at = g_get_monotonic_time ();
  g_clear_pointer (&kind->topic, g_free);
  g_clear_pointer (&kind->detail, g_free);
}

static gboolean
timer_cb (gpointer user_data)
{
  MbttDrops *self = user_data;

  self->timer = 0;
  mbtt_drops_flush (self);

  return G_SOURCE_REMOVE;
}

static void
dropped_cb (MbClient     *client,
            MbDropReason  reason,
            guint         count,
            const char   *topic,
            const char   *detail,
            MbttDrops    *self)
{
  Reason *kind;

  /* Nothing is lost by these two. */
  if (reason == MB_DROP_REASON_DUPLICATE || reason == MB_DROP_REASON_LATE_REPLY ||
      reason >= N_REASONS)
    return;

  kind = &self->reasons[reason];
  if (kind->count == 0)
    {
      kind->topic = g_strdup (topic);
      kind->detail = g_strdup (detail);
    }
  kind->count += count;
  self->total += count;

  if (kind->told_at == 0 || g_get_monotonic_time () - kind->told_at >= INTERVAL)
    tell (self, reason);
  else if (self->timer == 0)
    self->timer = g_timeout_add (INTERVAL / G_TIME_SPAN_MILLISECOND, timer_cb, self);
}

/* Starts telling. */
MbttDrops *
mbtt_drops_new (MbClient *client)
{
  MbttDrops *self = g_new0 (MbttDrops, 1);

  self->client = g_object_ref (client);
  self->handler = g_signal_connect (client, "dropped", G_CALLBACK (dropped_cb), self);

  return self;
}

void
mbtt_drops_free (MbttDrops *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_signal_handler (&self->handler, self->client);
  g_clear_object (&self->client);
  for (guint i = 0; i < N_REASONS; i++)
    {
      g_free (self->reasons[i].topic);
      g_free (self->reasons[i].detail);
    }
  g_free (self);
}

/* Tells what has been held back. */
void
mbtt_drops_flush (MbttDrops *self)
{
  for (guint i = 0; i < N_REASONS; i++)
    tell (self, i);
}

/* How many messages or datagrams were lost so far. */
gulong
mbtt_drops_get_total (MbttDrops *self)
{
  return self->total;
}
