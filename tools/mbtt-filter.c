/* mbtt-filter.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What --filter says: a comparison of what a JSON Pointer leads to, or a JSON Schema. */

#include "config.h"

#include "mbtt-filter.h"

#include <glib/gi18n.h>
#include <string.h>

#include "mbtt-pointer.h"
#include "mbtt-values.h"

typedef enum
{
  EXISTS,
  MISSING,
  EQUAL,
  UNEQUAL,
  LESS,
  LESS_OR_EQUAL,
  GREATER,
  GREATER_OR_EQUAL,
  MATCHES,
} Operator;

struct _MbttFilter
{
  MbSchema    *schema;      /* or NULL, and then the rest */
  MbttPointer *pointer;
  Operator     operator;
  char        *operand;     /* JSON text, or NULL */
  GRegex      *regex;       /* or NULL */
};

/* The longer ones first. */
static const struct
{
  const char *text;
  Operator    operator;
} operators[] = {
  { "=~", MATCHES },
  { "==", EQUAL },
  { "!=", UNEQUAL },
  { "<=", LESS_OR_EQUAL },
  { ">=", GREATER_OR_EQUAL },
  { "=", EQUAL },
  { "<", LESS },
  { ">", GREATER },
};

static gboolean
set_operand (MbttFilter  *self,
             const char  *text,
             GError     **error)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));

  if (*stripped == '\0')
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           _("The filter compares with nothing; what to compare with belongs behind the "
                             "operator, such as “/x>5” or “/name=\"\"”"));
      return FALSE;
    }

  if (self->operator != MATCHES)
    {
      self->operand = mbtt_read_value (_("What the filter compares with"), stripped, FALSE, error);
      return self->operand != NULL;
    }

  self->regex = g_regex_new (stripped, 0, 0, error);
  if (self->regex == NULL)
    g_prefix_error (error, _("The filter is not usable: "));

  return self->regex != NULL;
}

static gboolean
parse (MbttFilter  *self,
       const char  *text,
       GError     **error)
{
  const char *at;
  g_autofree char *pointer = NULL;
  gsize length = strcspn (text, "=!<>");

  self->operator = EXISTS;
  if (text[0] == '!' && text[1] != '=')
    {
      self->operator = MISSING;
      text++;
      length = strcspn (text, "=!<>");
    }

  at = text + length;
  for (guint i = 0; *at != '\0' && self->operator == EXISTS && i < G_N_ELEMENTS (operators); i++)
    {
      if (!g_str_has_prefix (at, operators[i].text))
        continue;

      self->operator = operators[i].operator;
      at += strlen (operators[i].text);
      if (!set_operand (self, at, error))
        return FALSE;
      at = "";
    }

  if (*at != '\0')
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _("“%s” is not a filter; that is a JSON Pointer with =, !=, <, <=, >, >= or =~ and a value "
                     "behind it, such as “/x>5”, or a JSON Schema"), text);
      return FALSE;
    }

  pointer = g_strstrip (g_strndup (text, length));
  self->pointer = mbtt_pointer_new (pointer, error);

  return self->pointer != NULL;
}

MbttFilter *
mbtt_filter_new (const char  *text,
                 GError     **error)
{
  g_autoptr(MbttFilter) self = g_new0 (MbttFilter, 1);

  if (text[strspn (text, " \t\r\n")] == '{')
    {
      self->schema = mbtt_read_schema (text, error);
      return self->schema != NULL ? g_steal_pointer (&self) : NULL;
    }

  return parse (self, text, error) ? g_steal_pointer (&self) : NULL;
}

void
mbtt_filter_free (MbttFilter *self)
{
  g_clear_object (&self->schema);
  g_clear_pointer (&self->pointer, mbtt_pointer_free);
  g_clear_pointer (&self->regex, g_regex_unref);
  g_free (self->operand);
  g_free (self);
}

static int
sign (gboolean less,
      gboolean greater)
{
  return greater - less;
}

static int
compare_numbers (const char *a,
                 const char *b)
{
  gint64 small[2];
  guint64 large[2];
  double number[2] = { g_ascii_strtod (a, NULL), g_ascii_strtod (b, NULL) };

  /* Whole numbers of 64 bits have more digits than a double. */
  if (g_ascii_string_to_signed (a, 10, G_MININT64, G_MAXINT64, &small[0], NULL) &&
      g_ascii_string_to_signed (b, 10, G_MININT64, G_MAXINT64, &small[1], NULL))
    return sign (small[0] < small[1], small[0] > small[1]);

  if (g_ascii_string_to_unsigned (a, 10, 0, G_MAXUINT64, &large[0], NULL) &&
      g_ascii_string_to_unsigned (b, 10, 0, G_MAXUINT64, &large[1], NULL))
    return sign (large[0] < large[1], large[0] > large[1]);

  return sign (number[0] < number[1], number[0] > number[1]);
}

static gboolean
is_number (const char *json)
{
  return *json == '-' || g_ascii_isdigit (*json);
}

/* Puts two values in order. Returns FALSE when they have none; then `order` tells whether they are equal
 * by being 0. */
static gboolean
compare (const char *a,
         const char *b,
         int        *order)
{
  g_autoptr(JsonNode) first = NULL;
  g_autoptr(JsonNode) second = NULL;

  if (is_number (a) && is_number (b))
    {
      *order = compare_numbers (a, b);
      return TRUE;
    }

  first = mb_json_from_text (a, NULL);
  second = mb_json_from_text (b, NULL);
  *order = 1;
  if (first == NULL || second == NULL)
    return FALSE;

  if (*a == '"' && *b == '"')
    {
      *order = strcmp (json_node_get_string (first), json_node_get_string (second));
      return TRUE;
    }

  *order = json_node_equal (first, second) ? 0 : 1;

  return FALSE;
}

static gboolean
matches_regex (const MbttFilter *self,
               const char       *json)
{
  g_autoptr(JsonNode) node = *json == '"' ? mb_json_from_text (json, NULL) : NULL;
  const char *text = node != NULL ? json_node_get_string (node) : json;

  return g_regex_match (self->regex, text, 0, NULL);
}

gboolean
mbtt_filter_matches (const MbttFilter *self,
                     MbMessage        *message)
{
  g_autofree char *value = NULL;
  gboolean ordered;
  int order;

  if (self->schema != NULL)
    return mb_schema_validate (self->schema, mb_message_get_data (message), NULL);

  value = mbtt_pointer_look_up (self->pointer, mb_message_get_text (message));
  if (self->operator == EXISTS || self->operator == MISSING)
    return (value != NULL) == (self->operator == EXISTS);
  if (value == NULL)
    return FALSE;
  if (self->operator == MATCHES)
    return matches_regex (self, value);

  ordered = compare (value, self->operand, &order);

  switch (self->operator)
    {
    case EQUAL:
      return order == 0;

    case UNEQUAL:
      return order != 0;

    case LESS:
      return ordered && order < 0;

    case LESS_OR_EQUAL:
      return ordered && order <= 0;

    case GREATER:
      return ordered && order > 0;

    case GREATER_OR_EQUAL:
      return ordered && order >= 0;

    default:
      g_assert_not_reached ();
    }
}
