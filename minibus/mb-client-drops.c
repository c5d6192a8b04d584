/* mb-client-drops.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How a client tells what it dropped: a property for each reason, and a signal. */

#include "config.h"

#include "mb-client-private.h"

static guint dropped_signal;

void
_mb_client_report_drops (gpointer owner,
                         gpointer item)
{
  MbClient *self = owner;
  MbDropReason reason = GPOINTER_TO_UINT (item) - 1;
  g_autoptr(GEnumClass) klass = g_type_class_ref (MB_TYPE_DROP_REASON);
  const char *nick = g_enum_get_value (klass, reason)->value_nick;
  g_autofree char *topic = NULL;
  g_autofree char *detail = NULL;
  guint count;

  count = _mb_counters_take (&self->core->counters, reason, &topic, &detail);
  if (count == 0)
    return;

  g_debug ("%s: %u dropped (%s), first on “%s”: %s",
           self->name, count, nick, topic != NULL ? topic : "?", detail != NULL ? detail : "-");
  g_signal_emit (self, dropped_signal, g_quark_try_string (nick), reason, count, topic, detail);
}

static GParamSpec *
drop_property (const char *name)
{
  return g_param_spec_uint (name, NULL, NULL,
                            0, G_MAXUINT, 0,
                            G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

void
_mb_client_add_drop_properties (GParamSpec **properties)
{
  /**
   * MbClient:dropped-oversize:
   *
   * How many messages were dropped because the datagram was too large. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_OVERSIZE] = drop_property ("dropped-oversize");

  /**
   * MbClient:dropped-not-json:
   *
   * How many messages were dropped because it was not JSON. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_NOT_JSON] = drop_property ("dropped-not-json");

  /**
   * MbClient:dropped-too-deep:
   *
   * How many messages were dropped because the JSON was nested too deeply. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_TOO_DEEP] = drop_property ("dropped-too-deep");

  /**
   * MbClient:dropped-not-packet:
   *
   * How many messages were dropped because the JSON was no packet. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_NOT_PACKET] = drop_property ("dropped-not-packet");

  /**
   * MbClient:dropped-data-not-json:
   *
   * How many messages were dropped because the data was not JSON. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_DATA_NOT_JSON] = drop_property ("dropped-data-not-json");

  /**
   * MbClient:dropped-schema:
   *
   * How many messages were dropped because the data broke a schema. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_SCHEMA] = drop_property ("dropped-schema");

  /**
   * MbClient:dropped-limit:
   *
   * How many messages were dropped because a pattern or schema took too many steps. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_LIMIT] = drop_property ("dropped-limit");

  /**
   * MbClient:dropped-no-key:
   *
   * How many messages were dropped because it was encrypted and there is no passphrase. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_NO_KEY] = drop_property ("dropped-no-key");

  /**
   * MbClient:dropped-no-id:
   *
   * How many messages were dropped because a request or answer had no id. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_NO_ID] = drop_property ("dropped-no-id");

  /**
   * MbClient:dropped-duplicate:
   *
   * How many messages were dropped because the network delivered it again. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_DUPLICATE] = drop_property ("dropped-duplicate");

  /**
   * MbClient:dropped-late-reply:
   *
   * How many messages were dropped because the call had ended. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_LATE_REPLY] = drop_property ("dropped-late-reply");

  /**
   * MbClient:dropped-inbox-full:
   *
   * How many messages were dropped because an inbox was full. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_INBOX_FULL] = drop_property ("dropped-inbox-full");

  /**
   * MbClient:dropped-missed:
   *
   * How many messages were dropped because it never arrived. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_MISSED] = drop_property ("dropped-missed");

  /**
   * MbClient:dropped-kernel:
   *
   * How many messages were dropped because the system's receive buffer was full. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_KERNEL] = drop_property ("dropped-kernel");

  /**
   * MbClient:dropped-wrong-key:
   *
   * How many messages were dropped because none of the keys opened them. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_WRONG_KEY] = drop_property ("dropped-wrong-key");

  /**
   * MbClient:dropped-plaintext:
   *
   * How many messages were dropped because they were not encrypted. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_PLAINTEXT] = drop_property ("dropped-plaintext");

  /**
   * MbClient:dropped-replay:
   *
   * How many messages were dropped because they had been taken before. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_REPLAY] = drop_property ("dropped-replay");

  /**
   * MbClient:dropped-forged:
   *
   * How many messages were dropped because they were changed, or belonged to another topic, author
   * or id. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_FORGED] = drop_property ("dropped-forged");

  /**
   * MbClient:dropped-untrusted:
   *
   * How many messages were dropped because no trusted key had signed them. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_UNTRUSTED] = drop_property ("dropped-untrusted");

  /**
   * MbClient:dropped-cipher-busy:
   *
   * How many messages were dropped because too many were waiting to be decrypted. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_CIPHER_BUSY] = drop_property ("dropped-cipher-busy");

  /**
   * MbClient:dropped-cipher-failed:
   *
   * How many messages were dropped because GnuPG failed or took too long. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_CIPHER_FAILED] = drop_property ("dropped-cipher-failed");

  /**
   * MbClient:dropped-not-sent:
   *
   * How many messages of this client were dropped because they could not be encrypted or sent. Not
   * notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_NOT_SENT] = drop_property ("dropped-not-sent");

  /**
   * MbClient:dropped-presence:
   *
   * How many packets in which peers tell of themselves were dropped because they were malformed, contradicted what
   * the same peer had proven, or were more than is kept. Not notified.
   *
   * Since: 0.1
   */
  properties[MB_DROP_REASON_PRESENCE] = drop_property ("dropped-presence");
}

void
_mb_client_add_drop_signal (void)
{
  /**
   * MbClient::dropped:
   * @self: the client
   * @reason: why
   * @count: how many since the last emission for this reason
   * @topic: (nullable): the topic of the first of them, if it is known
   * @detail: (nullable): more about the first of them, for people
   *
   * Emitted when messages were dropped on the way in, and, as `not-sent`, when messages that waited to be
   * encrypted could not be sent. The detail is the nick of the reason: connect to
   * `dropped::schema` to hear of that reason only.
   *
   * Drops are collected until the main loop has time, so that a flood of them makes few emissions.
   *
   * Since: 0.1
   */
  dropped_signal =
    g_signal_new ("dropped",
                  MB_TYPE_CLIENT,
                  G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED,
                  0,
                  NULL, NULL,
                  NULL,
                  G_TYPE_NONE,
                  4,
                  MB_TYPE_DROP_REASON,
                  G_TYPE_UINT,
                  G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE,
                  G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE);
}

/**
 * mb_client_get_dropped:
 * @self: a client
 * @reason: a reason
 *
 * Gets how many messages were dropped for a reason since the client was made. Each reason is a property too,
 * such as [property@Client:dropped-schema].
 *
 * Returns: a number of messages
 *
 * Since: 0.1
 */
guint
mb_client_get_dropped (MbClient     *self,
                       MbDropReason  reason)
{
  g_return_val_if_fail (MB_IS_CLIENT (self), 0);
  g_return_val_if_fail ((guint) reason < MB_N_DROP_REASONS, 0);

  return (guint) g_atomic_int_get (&self->core->counters.n_dropped[reason]);
}
