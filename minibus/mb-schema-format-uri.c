/* mb-schema-format-uri.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* URIs by RFC 3986, IRIs by RFC 3987, URI templates by RFC 6570, to the letter, which g_uri_parse()
 * is not.
 */

#include "config.h"

#include "mb-schema-format-private.h"

#include <string.h>

/* Above ASCII, what an IRI may hold. */
static gboolean
is_ucschar (gunichar c)
{
  if (c < 0xa0 || (c >= 0xd800 && c < 0xf900) || (c > 0xfdcf && c < 0xfdf0) || c > 0xefffd ||
      (c > 0xffef && c < 0x10000) || (c >= 0xe0000 && c < 0xe1000))
    return FALSE;

  return (c & 0xfffe) != 0xfffe;
}

static gboolean
is_private (gunichar c)
{
  return (c >= 0xe000 && c <= 0xf8ff) || (c >= 0xf0000 && (c & 0xfffe) != 0xfffe);
}

/* Whether all characters are unreserved, escaped, or of `extra`. */
static gboolean
check_characters (const char *text,
                  gsize       length,
                  const char *extra,
                  gboolean    iri,
                  gboolean    query)
{
  const char *end = text + length;

  while (text < end)
    {
      gunichar c = g_utf8_get_char (text);

      if (c == '%')
        {
          if (end - text < 3 || !g_ascii_isxdigit (text[1]) || !g_ascii_isxdigit (text[2]))
            return FALSE;
          text += 3;
          continue;
        }
      if (c >= 0x80 ? !(iri && (is_ucschar (c) || (query && is_private (c))))
          : !g_ascii_isalnum ((char) c) && strchr ("-._~", (int) c) == NULL &&
          strchr (extra, (int) c) == NULL)
        return FALSE;
      text = g_utf8_next_char (text);
    }

  return TRUE;
}

#define SUB_DELIMS "!$&'()*+,;="
#define PCHAR SUB_DELIMS ":@"

static gboolean
check_ip_literal (const char *text,
                  gsize       length)
{
  char address[64];
  const char *dot;

  if (length == 0 || length >= sizeof address)
    return FALSE;

  memcpy (address, text, length);
  address[length] = 0;
  if (address[0] != 'v' && address[0] != 'V')
    return _mb_format_is_ipv6 (address);

  dot = strchr (address, '.');
  if (dot == NULL || dot == address + 1 || dot[1] == 0 || strchr (address, '%') != NULL)
    return FALSE;
  for (const char *p = address + 1; p < dot; p++)
    if (!g_ascii_isxdigit (*p))
      return FALSE;

  return check_characters (dot + 1, strlen (dot + 1), SUB_DELIMS ":", FALSE, FALSE);
}

static gboolean
check_authority (const char *text,
                 gsize       length,
                 gboolean    iri)
{
  const char *end = text + length;
  const char *at = memchr (text, '@', length);
  const char *port;

  if (at != NULL)
    {
      if (!check_characters (text, (gsize) (at - text), SUB_DELIMS ":", iri, FALSE))
        return FALSE;
      text = at + 1;
    }

  if (text < end && *text == '[')
    {
      const char *close = memchr (text, ']', (gsize) (end - text));

      if (close == NULL || !check_ip_literal (text + 1, (gsize) (close - text - 1)))
        return FALSE;
      port = close + 1;
      if (port < end && *port != ':')
        return FALSE;
    }
  else
    {
      port = memchr (text, ':', (gsize) (end - text));
      if (port == NULL)
        port = end;
      if (!check_characters (text, (gsize) (port - text), SUB_DELIMS, iri, FALSE))
        return FALSE;
    }

  for (port++; port < end; port++)
    if (!g_ascii_isdigit (*port))
      return FALSE;

  return TRUE;
}

static gboolean
check_uri (const char *text,
           gboolean    iri,
           gboolean    reference)
{
  gsize n = strcspn (text, ":/?#");
  gboolean has_scheme = text[n] == ':';

  if (!g_utf8_validate (text, -1, NULL))
    return FALSE;

  if (has_scheme)
    {
      if (n == 0 || !g_ascii_isalpha (*text))
        return FALSE;
      for (gsize i = 1; i < n; i++)
        if (!g_ascii_isalnum (text[i]) && strchr ("+-.", text[i]) == NULL)
          return FALSE;
      text += n + 1;
    }
  else if (!reference)
    {
      return FALSE;
    }

  if (text[0] == '/' && text[1] == '/')
    {
      text += 2;
      n = strcspn (text, "/?#");
      if (!check_authority (text, n, iri))
        return FALSE;
      text += n;
    }

  n = strcspn (text, "?#");
  if (!check_characters (text, n, PCHAR "/", iri, FALSE))
    return FALSE;
  text += n;

  if (*text == '?')
    {
      text++;
      n = strcspn (text, "#");
      if (!check_characters (text, n, PCHAR "/?", iri, TRUE))
        return FALSE;
      text += n;
    }

  return *text == 0 || check_characters (text + 1, strlen (text + 1), PCHAR "/?", iri, FALSE);
}

gboolean
_mb_format_is_uri (const char *text)
{
  return check_uri (text, FALSE, FALSE);
}

gboolean
_mb_format_is_uri_reference (const char *text)
{
  return check_uri (text, FALSE, TRUE);
}

gboolean
_mb_format_is_iri (const char *text)
{
  return check_uri (text, TRUE, FALSE);
}

gboolean
_mb_format_is_iri_reference (const char *text)
{
  return check_uri (text, TRUE, TRUE);
}

static gboolean
skip_escape (const char **text)
{
  if ((*text)[0] != '%' || !g_ascii_isxdigit ((*text)[1]) || !g_ascii_isxdigit ((*text)[2]))
    return FALSE;
  *text += 3;

  return TRUE;
}

static gboolean
skip_variable (const char **text)
{
  gboolean dot = TRUE;

  for (;;)
    {
      if (g_ascii_isalnum (**text) || **text == '_')
        {
          (*text)++;
          dot = FALSE;
        }
      else if (skip_escape (text))
        {
          dot = FALSE;
        }
      else if (**text == '.' && !dot)
        {
          (*text)++;
          dot = TRUE;
        }
      else
        {
          break;
        }
    }
  if (dot)
    return FALSE;

  if (**text == '*')
    {
      (*text)++;
    }
  else if (**text == ':')
    {
      const char *digits = ++*text;

      while (g_ascii_isdigit (**text))
        (*text)++;
      return *digits != '0' && *text > digits && *text - digits <= 4;
    }

  return TRUE;
}

/* After the opening brace. */
static gboolean
skip_expression (const char **text)
{
  if (**text != 0 && strchr ("+#./;?&=,!@|", **text) != NULL)
    (*text)++;

  while (skip_variable (text))
    {
      if (**text == '}')
        {
          (*text)++;
          return TRUE;
        }
      if (**text != ',')
        return FALSE;
      (*text)++;
    }

  return FALSE;
}

gboolean
_mb_format_is_uri_template (const char *text)
{
  if (!g_utf8_validate (text, -1, NULL))
    return FALSE;

  while (*text != 0)
    {
      gunichar c = g_utf8_get_char (text);

      if (c == '{')
        {
          text++;
          if (!skip_expression (&text))
            return FALSE;
        }
      else if (c == '%')
        {
          if (!skip_escape (&text))
            return FALSE;
        }
      else
        {
          if (c >= 0x80 ? !is_ucschar (c) && !is_private (c)
              : c <= 0x20 || c == 0x7f || strchr ("\"<>\\^`|}", (int) c) != NULL)
            return FALSE;
          text = g_utf8_next_char (text);
        }
    }

  return TRUE;
}
