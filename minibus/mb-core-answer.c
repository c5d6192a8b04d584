/* mb-core-answer.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a client answers without its program: of built-in services, and where a request cannot be served. */

#include "config.h"

#include "mb-core-private.h"

#include "mb-error.h"
#include "mb-json-private.h"
#include "mb-service-names-private.h"

/* A request that nobody took out of its inbox. */
static void
refuse_request (MbCore    *core,
                MbMessage *request)
{
  static const char message[] = "The service has more requests than it can take, or has ended";
  g_autofree char *error_topic = _mb_service_topic_with (mb_message_get_topic (request), MB_SUFFIX_ERROR);
  g_autoptr(GString) data = g_string_new (NULL);

  _mb_json_append_string (data, message, strlen (message));
  _mb_core_send_uncounted (core, error_topic, mb_message_get_id (request), data->str, data->len,
                           mb_message_get_is_encrypted (request) ? MB_SECRECY_ENCRYPTED : MB_SECRECY_CLEAR,
                           NULL);
}

void
_mb_delivery_free (gpointer data)
{
  MbDelivery *delivery = data;

  if (delivery->core != NULL && delivery->message != NULL)
    refuse_request (delivery->core, delivery->message);

  g_clear_pointer (&delivery->core, _mb_core_unref);
  g_clear_pointer (&delivery->message, _mb_message_drop);
  g_free (delivery->author);
  g_free (delivery);
}

void
_mb_core_answer (MbCore     *self,
                 const char *topic,
                 const char *id,
                 GString    *data,
                 MbSecrecy   secrecy)
{
  MbAnswer *answer = g_new (MbAnswer, 1);

  answer->topic = g_strdup (topic);
  answer->id = g_strdup (id);
  answer->data = data;
  answer->secrecy = secrecy;
  g_queue_push_tail (&self->answers, answer);
}

void
_mb_core_send_answers (MbCore *self,
                       GQueue *answers)
{
  MbAnswer *answer;

  while ((answer = g_queue_pop_head (answers)) != NULL)
    {
      g_autoptr(GError) error = NULL;

      if (!_mb_core_send_uncounted (self, answer->topic, answer->id, answer->data->str, answer->data->len,
                                    answer->secrecy, &error))
        {
          g_debug ("An answer could not be sent: %s", error->message);
          if (g_error_matches (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_TOO_LARGE))
            _mb_core_send_answer_error (self, answer->topic, answer->id, error->message, answer->secrecy);
        }

      g_free (answer->topic);
      g_free (answer->id);
      g_string_free (answer->data, TRUE);
      g_free (answer);
    }
}
