/* mbtt-call.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mbtt-commands.h"

#include <glib/gi18n.h>

#include "mbtt-common.h"
#include "mbtt-loop.h"
#include "mbtt-output.h"
#include "mbtt-values.h"

#define DEFAULT_TIMEOUT 5.0

static gboolean
print_object (const char *member,
              const char *json,
              int        *status)
{
  g_autoptr(GString) object = g_string_new ("{");

  mbtt_append_member (object, member, json);
  g_string_append_c (object, '}');

  return mbtt_print_line (object->str, status);
}

static int
print_result (const char *result)
{
  g_autofree char *json = mbtt_tidy_json (result);
  int status = MBTT_EXIT_DONE;

  if (mbtt_get_options ()->json)
    print_object ("result", json, &status);
  else
    mbtt_print_line (json, &status);

  return status;
}

static int
print_error (const char   *name,
             const GError *error)
{
  int status;

  if (mbtt_get_options ()->json)
    {
      g_autofree char *json = mbtt_quote (error->message);

      print_object ("error", json, &status);
    }

  if (!g_error_matches (error, MB_SERVICE_ERROR, MB_SERVICE_ERROR_REMOTE))
    return mbtt_fail (error);

  mbtt_print_note (_("The service “%s” answered with an error: %s"), name, error->message);

  return MBTT_EXIT_FAILED;
}

/* If the answer did come, but could not be taken, says why. */
static void
print_losses (MbClient *client)
{
  static const struct
  {
    MbDropReason  reason;
    const char   *text;
  } losses[] = {
    { MB_DROP_REASON_NO_KEY,
      N_("Something came that is encrypted, which this program has no key for") },
    { MB_DROP_REASON_WRONG_KEY,
      N_("Something came that is encrypted with another passphrase") },
    { MB_DROP_REASON_PLAINTEXT,
      N_("Something came that is not encrypted, and so is not trusted by a program that has a passphrase") },
    { MB_DROP_REASON_NO_ID,
      N_("An answer came that has no id, so that it cannot be told whose it is") },
    { MB_DROP_REASON_OVERSIZE,
      N_("Something came that is larger than a packet can be") },
  };

  for (guint i = 0; i < G_N_ELEMENTS (losses); i++)
    {
      if (mb_client_get_dropped (client, losses[i].reason) > 0)
        mbtt_print_note ("%s", _(losses[i].text));
    }
}

typedef struct
{
  char   *result;
  GError *error;
} Call;

static void
called_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  Call *call = user_data;

  call->result = mb_client_call_text_finish (MB_CLIENT (object), result, &call->error);
  mbtt_loop_quit ();
}

static int
run (MbClient   *client,
     const char *name,
     const char *params,
     guint       milliseconds)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  Call call = { NULL };
  int status;

  mbtt_loop_init ();
  if (!mbtt_client_open (client, &error))
    return mbtt_fail (error);

  if (mbtt_get_options ()->verbose)
    mbtt_print_note (_("Calling “%s”"), name);
  else
    mbtt_show_progress (_("Calling “%s”"), name);

  mb_client_call_text_async (client, name, params, milliseconds, cancellable, called_cb, &call);
  if (mbtt_loop_run (-1) == MBTT_END_STOPPED)
    {
      g_cancellable_cancel (cancellable);
      while (call.error == NULL && call.result == NULL)
        g_main_context_iteration (NULL, TRUE);
    }
  mbtt_show_progress ("%s", "");

  if (call.result != NULL)
    {
      status = print_result (call.result);
      g_free (call.result);
      return status;
    }

  if (g_error_matches (call.error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_clear_error (&call.error);
      g_set_error_literal (&call.error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
                           _("Stopped before the answer came"));
    }

  status = print_error (name, call.error);
  if (status == MBTT_EXIT_TIMED_OUT)
    print_losses (client);
  g_error_free (call.error);

  return status;
}

int
mbtt_call (int    argc,
           char **argv)
{
  gboolean is_string = FALSE;
  const GOptionEntry entries[] = {
    { "string", 0, 0, G_OPTION_ARG_NONE, &is_string,
      N_("Take the parameters as a string, even if they are JSON"), NULL },
    { NULL }
  };
  const MbttUsage usage = {
    .parameters = { "NAME", "PARAMS" },
    .words = { MBTT_WORD_SERVICE, MBTT_WORD_ANY },
    .n_required = 1,
    .summary = N_("Calls a service, waits for the answer and prints the result as JSON."),
    .description =
      N_("PARAMS is JSON, null if it is missing. What is not JSON and does not begin with {, [ or\n"
         "\" is taken as a string. The answer is waited for 5 seconds unless --timeout says\n"
         "otherwise."),
    .entries = entries,
  };
  double timeout;
  g_autoptr(GError) error = NULL;
  g_autoptr(MbClient) client = NULL;
  g_autofree char *params = NULL;
  g_auto(GStrv) args = NULL;
  int status;

  args = mbtt_parse (&usage, argc, argv, &status);
  if (args == NULL)
    return status;

  timeout = mbtt_get_options ()->timeout >= 0 ? mbtt_get_options ()->timeout : DEFAULT_TIMEOUT;
  if (mbtt_to_milliseconds (timeout) == 0)
    {
      mbtt_print_note (_("A call cannot be answered in no time; give --timeout more than 0"));
      return MBTT_EXIT_USAGE;
    }

  if (args[1] != NULL)
    params = mbtt_read_value ("PARAMS", args[1], is_string, &error);
  else
    params = g_strdup ("null");
  if (params == NULL)
    return mbtt_fail (error);

  client = mbtt_client_new (FALSE, &status);
  if (client == NULL)
    return status;

  status = run (client, args[0], params, mbtt_to_milliseconds (timeout));
  mb_client_close (client);

  return status;
}
