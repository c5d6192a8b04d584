/* mb-address-parser.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-address-private.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "mb-error.h"

#define MAX_LENGTH 2048
/* So that an address can always be written within its limit, with each byte as three. */
#define MAX_NAME 255
/* One socket may join 20 groups unless the administrator allows more. */
#define MAX_INTERFACES 16

static const char * const schemes[] = { "multicast", "memory", NULL };
static const char * const options[] = { "interface", "ttl", "receive-buffer", NULL };

/* The number of letters to change, insert or leave out to make `a` of `b`; both are short. */
static guint
edit_distance (const char *a,
               const char *b)
{
  guint row[32];
  gsize length_a = strlen (a);
  gsize length_b = strlen (b);

  if (length_a >= G_N_ELEMENTS (row) || length_b >= G_N_ELEMENTS (row))
    return G_MAXUINT;

  for (guint j = 0; j <= length_b; j++)
    row[j] = j;

  for (guint i = 1; i <= length_a; i++)
    {
      guint diagonal = row[0];

      row[0] = i;
      for (guint j = 1; j <= length_b; j++)
        {
          guint change = diagonal + (g_ascii_tolower (a[i - 1]) != b[j - 1]);

          diagonal = row[j];
          row[j] = MIN (change, MIN (row[j], row[j - 1]) + 1);
        }
    }

  return row[length_b];
}

/* A sentence that names the known word that was probably meant, or "". */
static char *
make_hint (const char         *word,
           const char * const *known)
{
  const char *best = NULL;
  guint best_distance = G_MAXUINT;

  for (guint i = 0; known[i] != NULL; i++)
    {
      guint distance = edit_distance (word, known[i]);

      /* Up to a third of the letters may be wrong, and a word cut short still counts. */
      if (distance > strlen (known[i]) / 3 &&
          !(strlen (word) >= 3 && g_str_has_prefix (known[i], word)))
        continue;

      if (distance < best_distance)
        {
          best = known[i];
          best_distance = distance;
        }
    }

  if (best == NULL)
    return g_strdup ("");

  /* Translators: follows a whole sentence; keep the blank in front. */
  return g_strdup_printf (_(" Did you mean “%s”?"), best);
}

static gboolean
has_control_character (const char *text)
{
  for (const char *c = text; *c != '\0'; c = g_utf8_next_char (c))
    {
      if (g_unichar_iscntrl (g_utf8_get_char (c)))
        return TRUE;
    }

  return FALSE;
}

/* Undoes %XX. `context` is what errors quote. */
static char *
decode (const char  *context,
        const char  *begin,
        const char  *end,
        GError     **error)
{
  g_autoptr(GString) out = g_string_sized_new (end - begin);

  for (const char *c = begin; c < end; c++)
    {
      int high, low;

      if (*c != '%')
        {
          g_string_append_c (out, *c);
          continue;
        }

      high = end - c > 2 ? g_ascii_xdigit_value (c[1]) : -1;
      low = end - c > 2 ? g_ascii_xdigit_value (c[2]) : -1;
      if (high < 0 || low < 0)
        {
          g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_SYNTAX,
                       _("In “%s” a percent sign is not followed by two hexadecimal digits; "
                         "the sign itself is written “%%25”"),
                       context);
          return NULL;
        }

      g_string_append_c (out, (char) (high << 4 | low));
      c += 2;
    }

  if (!g_utf8_validate_len (out->str, out->len, NULL) || has_control_character (out->str))
    {
      g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_SYNTAX,
                   _("In “%s” percent codes stand for control characters, or for bytes that "
                     "are not UTF-8; an address contains neither"),
                   context);
      return NULL;
    }

  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* Digits only: no sign, no blank, no other base. */
static gboolean
parse_number (const char *text,
              guint       min,
              guint       max,
              guint      *out)
{
  guint64 value = 0;

  if (*text == '\0')
    return FALSE;

  for (const char *c = text; *c != '\0'; c++)
    {
      if (!g_ascii_isdigit (*c))
        return FALSE;

      value = value * 10 + g_ascii_digit_value (*c);
      if (value > max)
        return FALSE;
    }

  *out = (guint) value;

  return value >= min;
}

/* The scope of an IPv6 group: 1 is the interface, 2 the link, more is beyond. */
static guint
get_scope (const struct in6_addr *group)
{
  return group->s6_addr[1] & 0xf;
}

/* Takes "228.0.0.5" or "[ff15::8005]". */
static gboolean
set_group (MbAddressParts  *self,
           const char      *group,
           GError         **error)
{
  gsize length = strlen (group);
  g_autofree char *inner = NULL;
  struct in_addr address4;
  struct in6_addr address6;
  char text[INET6_ADDRSTRLEN];

  if (inet_pton (AF_INET, group, &address4) == 1)
    {
      if (!IN_MULTICAST (ntohl (address4.s_addr)))
        {
          g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_INVALID_HOST,
                       _("“%s” is not a multicast group; IPv4 groups go from 224.0.0.0 to "
                         "239.255.255.255, and the usual one is %s"),
                       group, MB_ADDRESS_DEFAULT_GROUP);
          return FALSE;
        }

      g_free (self->host);
      self->host = g_strdup (group);
      return TRUE;
    }

  if (group[0] != '[' || group[length - 1] != ']')
    {
      if (inet_pton (AF_INET6, group, &address6) == 1)
        g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_INVALID_HOST,
                     _("An IPv6 group stands in brackets: “[%s]”"), group);
      else
        g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_INVALID_HOST,
                     _("“%s” is not the address of a multicast group; names of hosts cannot be "
                       "used, only addresses such as %s or [ff15::8005]"),
                     group, MB_ADDRESS_DEFAULT_GROUP);
      return FALSE;
    }

  inner = g_strndup (group + 1, length - 2);

  if (strchr (inner, '%') != NULL)
    {
      g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_INVALID_HOST,
                   _("“%s” names an interface behind a percent sign; name it with an option "
                     "instead, as in “?interface=eth0”"),
                   group);
      return FALSE;
    }

  if (inet_pton (AF_INET6, inner, &address6) != 1 || !IN6_IS_ADDR_MULTICAST (&address6))
    {
      g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_INVALID_HOST,
                   _("“%s” is not a multicast group; IPv6 groups begin with “ff”, as in "
                     "“[ff15::8005]”"),
                   group);
      return FALSE;
    }

  if (get_scope (&address6) == 0)
    {
      g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_INVALID_HOST,
                   _("The IPv6 group “%s” has the reserved scope 0; the fourth digit is the "
                     "scope, for example 5 (site) in “[ff15::8005]”"),
                   group);
      return FALSE;
    }

  g_free (self->host);
  self->host = g_strdup (inet_ntop (AF_INET6, &address6, text, sizeof text));

  return TRUE;
}

static gboolean
set_port (MbAddressParts  *self,
          const char      *port,
          GError         **error)
{
  if (parse_number (port, 1, 65535, &self->port))
    return TRUE;

  g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_INVALID_PORT,
               _("“%s” is not a port; a port is a number from 1 to 65535, and the usual one is "
                 "%u"),
               port, MB_ADDRESS_DEFAULT_PORT);

  return FALSE;
}

/* Takes what stands between "//" and "?". */
static gboolean
set_authority (MbAddressParts  *self,
               const char      *begin,
               const char      *end,
               GError         **error)
{
  g_autofree char *part = g_strndup (begin, end - begin);
  g_autofree char *text = decode (part, begin, end, error);
  const char *bracket;
  char *colon;

  if (text == NULL)
    return FALSE;

  if (g_str_has_suffix (text, "/"))
    text[strlen (text) - 1] = '\0';

  if (strpbrk (text, "/@") != NULL)
    {
      g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_SYNTAX,
                   _("“%s” is more than a group and a port; neither a path nor a user belongs "
                     "in the address of a bus"),
                   text);
      return FALSE;
    }

  /* Colons within brackets, and in an IPv6 address that lacks them, belong to the address. */
  bracket = strrchr (text, ']');
  colon = strrchr (text, ':');

  if (colon != NULL && (bracket != NULL ? colon > bracket : strchr (text, ':') == colon))
    {
      *colon = '\0';
      if (!set_port (self, colon + 1, error))
        return FALSE;
    }

  return *text == '\0' || set_group (self, text, error);
}

static gboolean
add_interface (MbAddressParts  *self,
               GPtrArray       *interfaces,
               const char      *name,
               GError         **error)
{
  struct in6_addr address;

  if (inet_pton (AF_INET, name, &address) == 1 || inet_pton (AF_INET6, name, &address) == 1)
    {
      g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_INVALID_OPTION,
                   _("“interface=%s” gives an address; an interface is given by its name, such "
                     "as “eth0” (“ip address” shows which one has the address)"),
                   name);
      return FALSE;
    }

  /* What the kernel allows as a name. */
  if (*name == '\0' || strlen (name) >= IF_NAMESIZE || strpbrk (name, "/: ") != NULL ||
      g_str_equal (name, ".") || g_str_equal (name, ".."))
    {
      g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_INVALID_OPTION,
                   _("“interface=%s” does not name a network interface; a name has 1 to %u "
                     "bytes, without blanks, colons and slashes, such as “eth0”"),
                   name, IF_NAMESIZE - 1);
      return FALSE;
    }

  if (g_ptr_array_find_with_equal_func (interfaces, name, g_str_equal, NULL))
    {
      g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_INVALID_OPTION,
                   _("The interface “%s” is named twice; name each once"), name);
      return FALSE;
    }

  if (interfaces->len == MAX_INTERFACES)
    {
      g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_INVALID_OPTION,
                   _("The address names more than %u interfaces; name fewer"), MAX_INTERFACES);
      return FALSE;
    }

  g_ptr_array_add (interfaces, g_strdup (name));

  return TRUE;
}

/* Sets an option of one number. `seen` tells of the options that stood before, by bits. */
static gboolean
set_number (const char  *name,
            const char  *value,
            guint        min,
            guint        max,
            guint       *out,
            guint       *seen,
            guint        bit,
            GError     **error)
{
  if ((*seen & bit) != 0)
    {
      g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_INVALID_OPTION,
                   _("The option “%s” is there twice; only “interface” may be repeated"), name);
      return FALSE;
    }

  *seen |= bit;

  if (parse_number (value, min, max, out))
    return TRUE;

  g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_INVALID_OPTION,
               _("“%s=%s” cannot be used; the value is a number from %u to %u"),
               name, value, min, max);

  return FALSE;
}

/* Takes what stands behind "?". */
static gboolean
set_options (MbAddressParts  *self,
             const char      *text,
             GError         **error)
{
  g_autoptr(GPtrArray) interfaces = g_ptr_array_new_with_free_func (g_free);
  g_auto(GStrv) parts = g_strsplit (text, "&", -1);
  guint seen = 0;

  for (guint i = 0; parts[i] != NULL; i++)
    {
      const char *equals = strchr (parts[i], '=');
      g_autofree char *name = NULL;
      g_autofree char *value = NULL;
      gboolean ok;

      if (equals == NULL)
        {
          g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_SYNTAX,
                       _("The option “%s” has no value; options are written as “name=value”, "
                         "with “&” between them"),
                       parts[i]);
          return FALSE;
        }

      name = decode (parts[i], parts[i], equals, error);
      if (name != NULL)
        value = decode (parts[i], equals + 1, equals + strlen (equals), error);
      if (value == NULL)
        return FALSE;

      if (g_str_equal (name, "interface"))
        ok = add_interface (self, interfaces, value, error);
      else if (g_str_equal (name, "ttl"))
        ok = set_number (name, value, 0, 255, &self->ttl, &seen, 1, error);
      else if (g_str_equal (name, "receive-buffer"))
        ok = set_number (name, value, MB_ADDRESS_MIN_RECEIVE_BUFFER, MB_ADDRESS_MAX_RECEIVE_BUFFER,
                         &self->receive_buffer, &seen, 2, error);
      else
        {
          g_autofree char *hint = make_hint (name, options);

          g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_UNKNOWN_OPTION,
                       _("A multicast address has no option “%s”; its options are "
                         "“interface”, “ttl” and “receive-buffer”.%s"),
                       name, hint);
          ok = FALSE;
        }

      if (!ok)
        return FALSE;
    }

  if (interfaces->len > 0)
    {
      g_strfreev (self->interfaces);
      g_ptr_array_add (interfaces, NULL);
      self->interfaces = (GStrv) g_ptr_array_free (g_steal_pointer (&interfaces), FALSE);
    }

  return TRUE;
}

static gboolean
parse_multicast (MbAddressParts  *self,
                 const char      *rest,
                 GError         **error)
{
  const char *query = strchrnul (rest, '?');
  struct in6_addr address;

  if (g_str_has_prefix (rest, "//"))
    {
      if (!set_authority (self, rest + 2, query, error))
        return FALSE;
    }
  else if (query != rest)
    {
      g_autofree char *part = g_strndup (rest, query - rest);

      g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_SYNTAX,
                   _("Two slashes stand before the group: “multicast://%s”"),
                   part + strspn (part, "/"));
      return FALSE;
    }

  if (query[0] != '\0' && query[1] != '\0' && !set_options (self, query + 1, error))
    return FALSE;

  if (inet_pton (AF_INET6, self->host, &address) == 1 && get_scope (&address) <= 2 &&
      self->interfaces[0] == NULL)
    {
      g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_INVALID_HOST,
                   _("The group “%s” exists on each network link anew, so the address has to "
                     "say which one, as in “multicast://[%s]:%u?interface=eth0”"),
                   self->host, self->host, self->port);
      return FALSE;
    }

  return TRUE;
}

static gboolean
parse_memory (MbAddressParts  *self,
              const char      *rest,
              GError         **error)
{
  const char *query = strchrnul (rest, '?');

  if (g_str_has_prefix (rest, "//"))
    {
      g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_SYNTAX,
                   _("The name of a memory bus follows without slashes: “memory:%s”"), rest + 2);
      return FALSE;
    }

  if (query[0] != '\0' && query[1] != '\0')
    {
      g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_UNKNOWN_OPTION,
                   _("A memory address has no options, but this one has “%s”; a question mark "
                     "in the name is written “%%3F”"),
                   query + 1);
      return FALSE;
    }

  self->port = 0;
  self->ttl = 0;
  self->receive_buffer = 0;
  g_free (self->host);
  self->host = decode (rest, rest, query, error);
  if (self->host == NULL)
    return FALSE;

  if (*self->host == '\0')
    {
      g_set_error_literal (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_INVALID_HOST,
                           _("A memory address needs a name, as in “memory:test”"));
      return FALSE;
    }

  if (strlen (self->host) > MAX_NAME)
    {
      g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_INVALID_HOST,
                   _("The name of a memory bus has at most %u bytes"), MAX_NAME);
      return FALSE;
    }

  return TRUE;
}

static gboolean
check_text (const char  *text,
            GError     **error)
{
  const char *bad;

  if (*text == '\0')
    {
      g_set_error_literal (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_SYNTAX,
                           _("The address of the bus is empty; “multicast:” is the usual one"));
      return FALSE;
    }

  if (strnlen (text, MAX_LENGTH + 1) > MAX_LENGTH)
    {
      g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_SYNTAX,
                   _("The address of the bus is longer than %u bytes"), MAX_LENGTH);
      return FALSE;
    }

  if (!g_utf8_validate (text, -1, &bad) || has_control_character (text))
    {
      g_set_error_literal (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_SYNTAX,
                           _("The address of the bus contains a control character, such as the "
                             "end of a line, or bytes that are not UTF-8"));
      return FALSE;
    }

  if (strchr (text, '#') != NULL)
    {
      g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_SYNTAX,
                   _("The address “%s” contains a “#”, which has no meaning here; in a name "
                     "or a value it is written “%%23”"),
                   text);
      return FALSE;
    }

  return TRUE;
}

/*< private >
 * _mb_address_parts_parse:
 * @self: the parts of the usual address; those that @text names are replaced
 * @text: an address
 * @error: return location for an error
 *
 * Reads an address.
 *
 * Returns: false if the text is not an address
 */
gboolean
_mb_address_parts_parse (MbAddressParts  *self,
                         const char      *text,
                         GError         **error)
{
  const char *colon;
  g_autofree char *scheme = NULL;
  g_autofree char *hint = NULL;

  if (!check_text (text, error))
    return FALSE;

  colon = strchr (text, ':');

  /* A group, with or without a port, is the likeliest thing that lacks a scheme. */
  if (colon == NULL || g_ascii_isdigit (*text) || *text == '[' || *text == ':')
    {
      if (g_ascii_isdigit (*text) || *text == '[')
        g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_SYNTAX,
                     _("The address “%s” does not say how packets travel; "
                       "for multicast write “multicast://%s”"),
                     text, text);
      else
        g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_SYNTAX,
                     _("The address “%s” does not begin with a scheme and a colon, as in "
                       "“multicast:” or “memory:test”"),
                     text);
      return FALSE;
    }

  scheme = g_ascii_strdown (text, colon - text);

  if (g_str_equal (scheme, "multicast"))
    {
      self->scheme = "multicast";
      return parse_multicast (self, colon + 1, error);
    }

  if (g_str_equal (scheme, "memory"))
    {
      self->scheme = "memory";
      return parse_memory (self, colon + 1, error);
    }

  hint = make_hint (scheme, schemes);
  g_set_error (error, MB_ADDRESS_ERROR, MB_ADDRESS_ERROR_UNKNOWN_SCHEME,
               _("There is no transport “%s”; an address begins with “multicast:” or "
                 "“memory:”.%s"),
               scheme, hint);

  return FALSE;
}
