/* mbtt-openpgp.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The options about OpenPGP keys. */

#include "config.h"

#include "mbtt-openpgp.h"

#include <glib/gi18n.h>
#include <string.h>

static struct
{
  char      *home;
  char      *signing_key;
  char     **recipients;
  char     **trusted_keys;
  gboolean   require_signature;
} keys;

static const GOptionEntry entries[] = {
  { "gnupg-home", 0, 0, G_OPTION_ARG_FILENAME, &keys.home,
    N_("Folder with the OpenPGP keys (default: GnuPG's own)"), N_("FOLDER") },
  { "recipient", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &keys.recipients,
    N_("Encrypt to the owner of this key; may be repeated"), N_("FINGERPRINT") },
  { "require-signature", 0, 0, G_OPTION_ARG_NONE, &keys.require_signature,
    N_("Take only what a trusted key has signed"), NULL },
  { "signing-key", 0, 0, G_OPTION_ARG_FILENAME, &keys.signing_key,
    N_("Sign with this key"), N_("FINGERPRINT") },
  { "trusted-key", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &keys.trusted_keys,
    N_("Believe the signatures of this key; may be repeated"), N_("FINGERPRINT") },
  { NULL }
};

const GOptionEntry *
mbtt_openpgp_get_entries (void)
{
  return entries;
}

GOptionGroup *
mbtt_openpgp_new_group (void)
{
  GOptionGroup *group = g_option_group_new ("openpgp", _("OpenPGP keys:"),
                                            _("Show the options about OpenPGP keys"), NULL, NULL);

  g_option_group_add_entries (group, entries);
  g_option_group_set_translation_domain (group, GETTEXT_PACKAGE);

  return group;
}

/* Takes the spaces out, with which fingerprints are printed. */
static gboolean
tidy_fingerprint (char       *text,
                  const char *option,
                  GError    **error)
{
  gsize length = 0;

  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c != ' ')
        text[length++] = *c;
    }
  text[length] = '\0';

  if ((length == 40 || length == 64) && strspn (text, "0123456789abcdefABCDEF") == length)
    return TRUE;

  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               _("“%s” is not a fingerprint for %s, which takes 40 or 64 hexadecimal digits; "
                 "“gpg --list-keys” tells them"), text, option);

  return FALSE;
}

static gboolean
tidy_fingerprints (char       **texts,
                   const char  *option,
                   GError     **error)
{
  for (guint i = 0; texts != NULL && texts[i] != NULL; i++)
    {
      if (!tidy_fingerprint (texts[i], option, error))
        return FALSE;
    }

  return TRUE;
}

/* Gives a client the keys that the options say. */
gboolean
mbtt_openpgp_give (MbClient  *client,
                   GError   **error)
{
  if ((keys.signing_key != NULL && !tidy_fingerprint (keys.signing_key, "--signing-key", error)) ||
      !tidy_fingerprints (keys.recipients, "--recipient", error) ||
      !tidy_fingerprints (keys.trusted_keys, "--trusted-key", error))
    return FALSE;

  if (keys.require_signature && keys.trusted_keys == NULL)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           _("With --require-signature and no --trusted-key, nothing would ever be taken; "
                             "add --trusted-key"));
      return FALSE;
    }

  mb_client_set_gnupg_home (client, keys.home);
  mb_client_set_signing_key (client, keys.signing_key);
  mb_client_set_recipients (client, (const char *const *) keys.recipients);
  mb_client_set_trusted_keys (client, (const char *const *) keys.trusted_keys);
  mb_client_set_require_signature (client, keys.require_signature);

  return TRUE;
}
