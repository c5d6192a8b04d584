/* mb-core-send.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-core-private.h"

#include <glib/gi18n-lib.h>

#include "mb-builtin-private.h"
#include "mb-error.h"
#include "mb-json-private.h"
#include "mb-likeness-private.h"
#include "mb-packet-private.h"
#include "mb-service-names-private.h"

/* Topics whose numbers are remembered although nobody publishes on them just now. */
#define MAX_OUTLETS 4096

void
_mb_outlet_free (MbOutlet *outlet)
{
  if (outlet->start != NULL)
    g_string_free (outlet->start, TRUE);
  g_free (outlet->topic);
  g_free (outlet);
}

MbOutlet *
_mb_core_open_outlet (MbCore     *self,
                      const char *topic)
{
  MbOutlet *outlet;

  g_mutex_lock (&self->send_lock);

  outlet = g_hash_table_lookup (self->outlets, topic);
  if (outlet == NULL)
    {
      outlet = g_new0 (MbOutlet, 1);
      outlet->topic = g_strdup (topic);
      outlet->hash = _mb_packet_hash_topic (topic, strlen (topic));
      g_hash_table_insert (self->outlets, outlet->topic, outlet);
    }
  outlet->n_users++;

  g_mutex_unlock (&self->send_lock);

  return outlet;
}

void
_mb_core_close_outlet (MbCore   *self,
                       MbOutlet *outlet)
{
  gboolean forget;

  if (_mb_core_is_foreign (self))
    return;

  g_mutex_lock (&self->send_lock);
  /* The numbers of a topic go on when it is published on again in the same session, so they are kept,
   * but for a program that uses topics without end. */
  forget = --outlet->n_users == 0 &&
           (outlet->sequence == 0 || g_hash_table_size (self->outlets) > MAX_OUTLETS);
  if (forget)
    g_hash_table_remove (self->outlets, outlet->topic);
  g_mutex_unlock (&self->send_lock);

  if (forget)
    _mb_outlet_free (outlet);
}

void
_mb_core_set_too_large (MbCore      *self,
                        const char  *topic,
                        gsize        size,
                        GError     **error)
{
  g_set_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_TOO_LARGE,
               _("The packet for “%s” would have %zu bytes, and the limit is %u; send "
                 "less, or raise the client's max-packet-size if all who listen can take it (Python "
                 "peers take at most 1500 or 8192 bytes)"),
               topic, size, self->max_packet_size);
}

/* Sends what is in `packet`. */
static gboolean
send_bytes (MbCore      *self,
            const char  *topic,
            GError     **error)
{
  if (self->packet->len > self->max_packet_size)
    {
      _mb_core_set_too_large (self, topic, self->packet->len, error);
      return FALSE;
    }

  if (!mb_transport_send (self->transport, topic, (const guint8 *) self->packet->str, self->packet->len,
                          error))
    return FALSE;

  g_atomic_int_inc (&self->counters.n_sent);

  return TRUE;
}

gboolean
_mb_core_send_packet (MbCore      *self,
                      const char  *topic,
                      guint32      hash,
                      guint64      sequence,
                      const char  *id,
                      gboolean     encrypted,
                      const char  *data,
                      gsize        length,
                      GError     **error)
{
  g_string_truncate (self->packet, 0);
  _mb_packet_append (self->packet, hash, self->session, sequence, topic, self->name, id, encrypted,
                     data, length);

  return send_bytes (self, topic, error);
}

/* Sends one packet of a topic that is being published on, in the clear: most of it is the same each time. Without an
 * id, makes one. */
static gboolean
send_next (MbCore      *self,
           MbOutlet    *outlet,
           guint64      sequence,
           const char  *id,
           const MbBody *body,
           GError     **error)
{
  char own_id[40];
  gsize id_length;

  if (id != NULL)
    {
      id_length = strlen (id);
    }
  else
    {
      id_length = (gsize) (_mb_packet_put_id (own_id, self->session, ++self->n_ids) - own_id);
      id = own_id;
    }

  if (outlet->start == NULL)
    outlet->start = g_string_new (NULL);
  if (outlet->session != self->session)
    {
      g_string_truncate (outlet->start, 0);
      _mb_packet_append_start (outlet->start, outlet->hash, self->session, outlet->topic, self->name);
      outlet->session = self->session;
    }
  _mb_packet_set_sequence (outlet->start->str, sequence);

  g_string_truncate (self->packet, 0);
  g_string_append_len (self->packet, outlet->start->str, (gssize) outlet->start->len);
  if (body->escaped != NULL)
    _mb_packet_append_escaped (self->packet, id, id_length, body->escaped, body->escaped_length);
  else
    _mb_packet_append_rest (self->packet, id, id_length, body->text, body->length);

  return send_bytes (self, outlet->topic, error);
}

/* send_lock is held. */
static gboolean
is_to_be_encrypted (MbCore     *self,
                    const char *topic,
                    MbSecrecy   secrecy)
{
  if (secrecy != MB_SECRECY_DEFAULT)
    return secrecy == MB_SECRECY_ENCRYPTED;

  /* All clients read what goes to the built-in services, and Python peers without a key go deaf at the first
   * encrypted message they read. There is nothing secret in asking for names. */
  return self->out_queue != NULL && !_mb_builtin_has_topic (topic);
}

/* send_lock is held. */
static gboolean
send_locked (MbCore      *self,
             MbOutlet    *outlet,
             const char  *id,
             const MbBody *body,
             MbSecrecy    secrecy,
             GError     **error)
{
  guint64 sequence = outlet->n_users > 0 ? outlet->sequence + 1 : 0;
  gboolean encrypted;
  char own_id[40];

  if (self->transport == NULL)
    {
      g_set_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_CLOSED,
                   _("“%s” cannot be sent: the client is not open; open it first"), outlet->topic);
      return FALSE;
    }

  encrypted = is_to_be_encrypted (self, outlet->topic, secrecy);
  if (!encrypted && outlet->n_users > 0)
    {
      if (!send_next (self, outlet, sequence, id, body, error))
        return FALSE;

      outlet->sequence = sequence;
      return TRUE;
    }

  if (id == NULL)
    {
      _mb_packet_put_id (own_id, self->session, ++self->n_ids);
      id = own_id;
    }

  if (encrypted
      ? !_mb_core_seal (self, outlet, id, sequence, body->text, body->length, error)
      : !_mb_core_send_packet (self, outlet->topic, outlet->hash, sequence, id, FALSE, body->text, body->length,
                               error))
    return FALSE;

  outlet->sequence = sequence;

  return TRUE;
}

gboolean
_mb_core_send (MbCore      *self,
               MbOutlet    *outlet,
               const char  *id,
               const MbBody *body,
               MbSecrecy    secrecy,
               GError     **error)
{
  gboolean sent;

  if (_mb_core_refuse_foreign (self, error) ||
      !_mb_builtin_check (outlet->topic, body->text, body->length, error))
    return FALSE;

  g_mutex_lock (&self->send_lock);
  sent = send_locked (self, outlet, id, body, secrecy, error);
  g_mutex_unlock (&self->send_lock);

  return sent;
}

gboolean
_mb_core_send_on (MbCore      *self,
                  const char  *topic,
                  const char  *id,
                  const MbBody *body,
                  MbSecrecy    secrecy,
                  GError     **error)
{
  MbOutlet *outlet;
  gboolean sent;

  if (_mb_core_refuse_foreign (self, error) || !_mb_builtin_check (topic, body->text, body->length, error))
    return FALSE;

  g_mutex_lock (&self->send_lock);
  outlet = g_hash_table_lookup (self->outlets, topic);
  if (outlet != NULL)
    {
      /* Who answers after the service has been closed uses the outlet, too. */
      outlet->n_users++;
      sent = send_locked (self, outlet, id, body, secrecy, error);
      outlet->n_users--;
    }
  g_mutex_unlock (&self->send_lock);

  return outlet != NULL ? sent : _mb_core_send_uncounted (self, topic, id, body->text, body->length, secrecy, error);
}

gboolean
_mb_core_send_uncounted (MbCore      *self,
                         const char  *topic,
                         const char  *id,
                         const char  *data,
                         gsize        length,
                         MbSecrecy    secrecy,
                         GError     **error)
{
  MbOutlet outlet = {
    .topic = (char *) topic,
    .hash = _mb_packet_hash_topic (topic, strlen (topic)),
  };
  const MbBody body = { .text = data, .length = length };

  return _mb_core_send (self, &outlet, id, &body, secrecy, error);
}

void
_mb_core_send_answer_error (MbCore     *self,
                            const char *reply_topic,
                            const char *id,
                            const char *message,
                            MbSecrecy   secrecy)
{
  g_autofree char *topic = NULL;
  g_autoptr(GString) data = NULL;

  if (!g_str_has_suffix (reply_topic, MB_SUFFIX_REPLY))
    return;

  topic = _mb_service_topic_with (reply_topic, MB_SUFFIX_ERROR);
  data = g_string_new (NULL);
  _mb_json_append_string (data, message, strlen (message));
  _mb_core_send_uncounted (self, topic, id, data->str, data->len, secrecy, NULL);
}

void
_mb_body_clear (MbBody *body)
{
  if (body->own != NULL)
    g_string_free (g_steal_pointer (&body->own), TRUE);
}

static gboolean
write_value (GString     *out,
             JsonNode    *node,
             const char  *text,
             gsize        length,
             GPtrArray   *schemas,
             GError     **error)
{
  g_autoptr(JsonNode) read = NULL;

  if (text != NULL)
    {
      if (!_mb_json_append_text (out, text, length, error))
        return FALSE;

      if (schemas != NULL && schemas->len > 0)
        {
          read = _mb_json_read (text, length, NULL, error);
          if (read == NULL)
            return FALSE;
          node = read;
        }
    }
  else if (!_mb_json_append_node (out, node, error))
    {
      return FALSE;
    }

  if (schemas == NULL || schemas->len == 0)
    return TRUE;

  if (node == NULL)
    node = read = json_node_new (JSON_NODE_NULL);

  for (guint i = 0; i < schemas->len; i++)
    {
      if (!mb_schema_validate (g_ptr_array_index (schemas, i), node, error))
        return FALSE;
    }

  return TRUE;
}

gboolean
_mb_core_write_body (MbBody         *body,
                     gconstpointer   key,
                     JsonNode       *node,
                     const char     *text,
                     GPtrArray      *schemas,
                     GError        **error)
{
  gsize length = text != NULL ? strlen (text) : 0;

  if (text != NULL && (schemas == NULL || schemas->len == 0))
    {
      body->text = text;
      body->length = length;
      body->escaped = _mb_likeness_find (key, MB_LIKENESS_OUT, text, length, &body->escaped_length);
      if (body->escaped != NULL)
        return TRUE;

      /* Most text goes out as it is. */
      if (_mb_json_is_plain (text, length))
        {
          _mb_likeness_note (key, MB_LIKENESS_OUT, text, length);
          return TRUE;
        }
    }

  body->own = g_string_sized_new (256);
  if (!write_value (body->own, node, text, length, schemas, error))
    return FALSE;

  body->text = body->own->str;
  body->length = body->own->len;

  return TRUE;
}
