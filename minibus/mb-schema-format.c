/* mb-schema-format.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What `format` can ask of a string. */

#include "config.h"

#include "mb-schema-format-private.h"

#include <arpa/inet.h>
#include <string.h>

#include "mb-schema-private.h"

struct _MbFormat
{
  const char    *name;
  MbSchemaDraft  first;
  gboolean     (*check) (const char *text);
};

/* Exactly so many digits. Moves on, and returns -1 if there are fewer. */
static int
read_digits (const char **text,
             guint        n_digits)
{
  int value = 0;

  for (guint i = 0; i < n_digits; i++, (*text)++)
    {
      if (!g_ascii_isdigit (**text))
        return -1;
      value = value * 10 + (**text - '0');
    }

  return value;
}

/* Any number of digits, but one at least. */
static gboolean
skip_number (const char **text)
{
  const char *start = *text;

  while (g_ascii_isdigit (**text))
    (*text)++;

  return *text > start;
}

static gboolean
skip (const char **text,
      char         c)
{
  if (**text != c)
    return FALSE;
  (*text)++;

  return TRUE;
}

static gboolean
skip_date (const char **text)
{
  int year, month, day;

  year = read_digits (text, 4);
  if (year < 0 || !skip (text, '-'))
    return FALSE;
  month = read_digits (text, 2);
  if (month < 1 || month > 12 || !skip (text, '-'))
    return FALSE;
  day = read_digits (text, 2);

  /* GLib knows no year 0, which is a leap year as 2000 is. */
  return day >= 1 &&
         day <= g_date_get_days_in_month ((GDateMonth) month, (GDateYear) (year > 0 ? year : 2000));
}

static gboolean
skip_time (const char **text)
{
  int hour, minute, second;
  int offset = 0;

  hour = read_digits (text, 2);
  if (hour < 0 || hour > 23 || !skip (text, ':'))
    return FALSE;
  minute = read_digits (text, 2);
  if (minute < 0 || minute > 59 || !skip (text, ':'))
    return FALSE;
  second = read_digits (text, 2);
  if (second < 0 || second > 60)
    return FALSE;
  if (skip (text, '.') && !skip_number (text))
    return FALSE;

  if (**text == '+' || **text == '-')
    {
      int sign = *(*text)++ == '+' ? 1 : -1;
      int hours, minutes;

      hours = read_digits (text, 2);
      if (hours < 0 || hours > 23 || !skip (text, ':'))
        return FALSE;
      minutes = read_digits (text, 2);
      if (minutes < 0 || minutes > 59)
        return FALSE;
      offset = sign * (hours * 60 + minutes);
    }
  else if (!skip (text, 'Z') && !skip (text, 'z'))
    {
      return FALSE;
    }

  /* A leap second is the last of a day in UTC. */
  return second < 60 || (hour * 60 + minute - offset + 2880) % 1440 == 1439;
}

static gboolean
is_date (const char *text)
{
  return skip_date (&text) && *text == 0;
}

static gboolean
is_time (const char *text)
{
  return skip_time (&text) && *text == 0;
}

static gboolean
is_date_time (const char *text)
{
  return skip_date (&text) && (skip (&text, 'T') || skip (&text, 't')) && skip_time (&text) &&
    *text == 0;
}

/* One or more of the units in a row, without a gap between those that are given. */
static gboolean
skip_units (const char **text,
            const char  *units)
{
  const char *last = NULL;

  while (g_ascii_isdigit (**text))
    {
      const char *unit;

      skip_number (text);
      unit = **text != 0 ? strchr (units, **text) : NULL;
      if (unit == NULL || (last != NULL && unit != last + 1))
        return FALSE;
      last = unit;
      (*text)++;
    }

  return last != NULL;
}

static gboolean
is_duration (const char *text)
{
  const char *weeks;

  if (!skip (&text, 'P'))
    return FALSE;

  weeks = text;
  if (skip_number (&weeks) && skip (&weeks, 'W'))
    return *weeks == 0;
  if (*text != 'T' && !skip_units (&text, "YMD"))
    return FALSE;

  return *text == 0 || (skip (&text, 'T') && skip_units (&text, "HMS") && *text == 0);
}

gboolean
_mb_format_is_ipv4 (const char *text)
{
  struct in_addr address;

  return inet_pton (AF_INET, text, &address) == 1;
}

gboolean
_mb_format_is_ipv6 (const char *text)
{
  struct in6_addr address;

  return inet_pton (AF_INET6, text, &address) == 1;
}

static gboolean
is_json_pointer (const char *text)
{
  if (*text != 0 && *text != '/')
    return FALSE;
  for (; *text != 0; text++)
    if (*text == '~' && text[1] != '0' && text[1] != '1')
      return FALSE;

  return TRUE;
}

static gboolean
is_relative_json_pointer (const char *text)
{
  const char *start = text;

  if (!skip_number (&text) || (*start == '0' && text > start + 1))
    return FALSE;

  return strcmp (text, "#") == 0 || is_json_pointer (text);
}

static gboolean
is_atom (gunichar c)
{
  return c < 0x80 && c > 0x20 && c != 0x7f && strchr ("()<>[]:;@\\,.\"", (int) c) == NULL;
}

/* Up to the @. */
static gboolean
skip_local_part (const char **text,
                 gboolean     international)
{
  const char *start = *text;
  gboolean quoted = skip (text, '"');
  gunichar before = '.';

  for (; **text != 0 && (quoted || **text != '@'); *text = g_utf8_next_char (*text))
    {
      gunichar c = g_utf8_get_char (*text);

      if (c >= 0x80)
        {
          if (!international)
            return FALSE;
        }
      else if (quoted)
        {
          if (c == '"')
            break;
          if (c == '\\')
            c = (guchar) *++*text;
          if (c < 0x20 || c >= 0x7f)
            return FALSE;
        }
      else if (c == '.' ? before == '.' : !is_atom (c))
        {
          return FALSE;
        }
      before = c;
    }

  if (quoted ? !skip (text, '"') : before == '.')
    return FALSE;

  return *text - start <= 64;
}

static gboolean
is_mail_domain (const char *text,
                gboolean    international)
{
  gsize length = strlen (text);

  if (length > 2 && text[0] == '[' && text[length - 1] == ']')
    {
      g_autofree char *literal = g_strndup (text + 1, length - 2);

      return g_ascii_strncasecmp (literal, "IPv6:", 5) == 0 ? _mb_format_is_ipv6 (literal + 5)
                                                            : _mb_format_is_ipv4 (literal);
    }

  if (international)
    {
      /* Mail programs bring names to their normal form themselves. */
      g_autofree char *normal = g_utf8_normalize (text, length, G_NORMALIZE_ALL_COMPOSE);

      return normal != NULL && _mb_format_is_idn_hostname (normal);
    }

  return _mb_format_is_hostname (text);
}

static gboolean
is_mail_address (const char *text,
                 gboolean    international)
{
  return g_utf8_validate (text, -1, NULL) && skip_local_part (&text, international) &&
    skip (&text, '@') &&
         is_mail_domain (text, international);
}

static gboolean
is_email (const char *text)
{
  return is_mail_address (text, FALSE);
}

static gboolean
is_idn_email (const char *text)
{
  return is_mail_address (text, TRUE);
}

static const MbFormat formats[] = {
  { "date", MB_SCHEMA_DRAFT_V7, is_date },
  { "date-time", MB_SCHEMA_DRAFT_V4, is_date_time },
  { "duration", MB_SCHEMA_DRAFT_V2019_09, is_duration },
  { "email", MB_SCHEMA_DRAFT_V4, is_email },
  { "hostname", MB_SCHEMA_DRAFT_V4, _mb_format_is_hostname },
  { "idn-email", MB_SCHEMA_DRAFT_V7, is_idn_email },
  { "idn-hostname", MB_SCHEMA_DRAFT_V7, _mb_format_is_idn_hostname },
  { "ipv4", MB_SCHEMA_DRAFT_V4, _mb_format_is_ipv4 },
  { "ipv6", MB_SCHEMA_DRAFT_V4, _mb_format_is_ipv6 },
  { "iri", MB_SCHEMA_DRAFT_V7, _mb_format_is_iri },
  { "iri-reference", MB_SCHEMA_DRAFT_V7, _mb_format_is_iri_reference },
  { "json-pointer", MB_SCHEMA_DRAFT_V6, is_json_pointer },
  { "regex", MB_SCHEMA_DRAFT_V7, _mb_regex_is_valid },
  { "relative-json-pointer", MB_SCHEMA_DRAFT_V7, is_relative_json_pointer },
  { "time", MB_SCHEMA_DRAFT_V7, is_time },
  { "uri", MB_SCHEMA_DRAFT_V4, _mb_format_is_uri },
  { "uri-reference", MB_SCHEMA_DRAFT_V6, _mb_format_is_uri_reference },
  { "uri-template", MB_SCHEMA_DRAFT_V6, _mb_format_is_uri_template },
  { "uuid", MB_SCHEMA_DRAFT_V2019_09, g_uuid_string_is_valid },
};

const MbFormat *
_mb_format_find (const char    *name,
                 MbSchemaDraft  draft)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (formats[i].first <= draft && strcmp (formats[i].name, name) == 0)
      return &formats[i];

  return NULL;
}

gboolean
_mb_format_check (const MbFormat *format,
                  const char     *text)
{
  return format->check (text);
}
