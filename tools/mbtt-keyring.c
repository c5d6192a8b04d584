/* mbtt-keyring.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The passphrase of a bus in the user's keyring. */

#include "config.h"

#include "mbtt-keyring.h"

#include <glib/gi18n.h>

#ifdef HAVE_LIBSECRET

#include <libsecret/secret.h>
#include <string.h>

#include "mbtt-common.h"

/* Enough to type the password of the keyring. In seconds. */
#define MAX_TIMEOUT 30.0

/* Whoever stores passphrases uses the same names, so they are not to be changed. */
#define SCHEMA_NAME "org.libminibus.Bus"
#define ATTRIBUTE   "address"

static const SecretSchema schema = {
  SCHEMA_NAME,
  SECRET_SCHEMA_NONE,
  {
    { ATTRIBUTE, SECRET_SCHEMA_ATTRIBUTE_STRING },
    { NULL, 0 },
  },
};

/* It has an owner more while the keyring is asked: whoever waits may give up before that ends. */
typedef struct
{
  GMainLoop *loop;
  char      *secret;      /* or NULL; in memory that is not swapped */
  GError    *error;
  gboolean   ended;
} Lookup;

static void
lookup_clear (Lookup *self)
{
  g_main_loop_unref (self->loop);
  secret_password_free (self->secret);
  g_clear_error (&self->error);
}

static void
lookup_release (Lookup *self)
{
  g_rc_box_release_full (self, (GDestroyNotify) lookup_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Lookup, lookup_release)

static void
lookup_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(Lookup) self = user_data;

  self->secret = secret_password_lookup_nonpageable_finish (result, &self->error);
  self->ended = TRUE;
  g_main_loop_quit (self->loop);
}

static gboolean
timeout_cb (gpointer user_data)
{
  g_main_loop_quit (user_data);

  return G_SOURCE_CONTINUE;
}

/* Asks for a passphrase, and waits no longer than the time limit for it. */
static Lookup *
look_up (const char *address,
         guint       milliseconds)
{
  Lookup *self = g_rc_box_new0 (Lookup);
  guint timeout_id;

  self->loop = g_main_loop_new (NULL, FALSE);
  timeout_id = g_timeout_add (milliseconds, timeout_cb, self->loop);
  secret_password_lookup (&schema, NULL, lookup_cb, g_rc_box_acquire (self), ATTRIBUTE,
                          address, NULL);
  g_main_loop_run (self->loop);
  g_source_remove (timeout_id);

  return self;
}

/* Makes the passphrase that the keyring has for a bus that of the client. */
gboolean
mbtt_read_keyring (MbClient   *client,
                   MbAddress  *address,
                   double      timeout,
                   GError    **error)
{
  double seconds = timeout > 0 ? MIN (timeout, MAX_TIMEOUT) : MAX_TIMEOUT;
  g_autofree char *text = mb_address_to_text (address);
  g_autoptr(Lookup) lookup = look_up (text, mbtt_to_milliseconds (seconds));
  g_autoptr(GInputStream) stream = NULL;
  g_autoptr(GError) cause = NULL;

  if (!lookup->ended)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                   _("The keyring has not answered within %g s; is it locked?"), seconds);
      return FALSE;
    }

  if (lookup->error != NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                   _("The keyring cannot be asked for the passphrase: %s"), lookup->error->message);
      return FALSE;
    }

  if (lookup->secret == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   _("The keyring has no passphrase for the bus %s; to put one there: secret-tool store "
                     "--label='libminibus bus' xdg:schema %s %s '%s'"),
                   text, SCHEMA_NAME, ATTRIBUTE, text);
      return FALSE;
    }

  stream = g_memory_input_stream_new_from_data (lookup->secret,
                                                (gssize) strlen (lookup->secret), NULL);
  if (mb_client_read_passphrase_sync (client, stream, NULL, &cause))
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
               _("What the keyring has for the bus %s cannot be used: %s"), text, cause->message);

  return FALSE;
}

#else

gboolean
mbtt_read_keyring (MbClient   *client,
                   MbAddress  *address,
                   double      timeout,
                   GError    **error)
{
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                       _("This mbtt was built without libsecret, and so cannot ask a keyring; use "
                         "--passphrase-file"));

  return FALSE;
}

#endif
