/* mb-json-message.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-json-message-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "mb-json-private.h"

static void
append_place (GString    *out,
              const char *text,
              const char *at)
{
  const char *line = text;
  gsize n_lines = 1;
  gsize column = 1;

  for (const char *p = text; p < at; p++)
    {
      if (*p == '\n')
        {
          n_lines++;
          line = p + 1;
        }
    }

  /* Columns count characters: all bytes but those that go on with one. */
  for (const char *p = line; p < at; p++)
    if (((guint8) *p & 0xc0) != 0x80)
      column++;

  g_string_append_printf (out, _("Line %zu, column %zu (byte %zu): "),
                          n_lines, column, (gsize) (at - text));
}

gboolean
_mb_json_fail (GError      **error,
               MbJsonError   code,
               const char   *text,
               const char   *at,
               const char   *format,
               ...)
{
  g_autoptr(GString) message = NULL;
  va_list args;

  if (error == NULL)
    return FALSE;

  message = g_string_new (NULL);
  append_place (message, text, at);
  va_start (args, format);
  g_string_append_vprintf (message, format, args);
  va_end (args);

  g_set_error_literal (error, MB_JSON_ERROR, (int) code, message->str);

  return FALSE;
}

/* What stands at `at` is not what must stand there. */
static gboolean
fail_expected (GError     **error,
               const char  *text,
               const char  *at,
               const char  *end,
               const char  *expected)
{
  guint n = _mb_scan_utf8 (at, end);
  gunichar c;

  if (at == end)
    return _mb_json_fail (error, MB_JSON_ERROR_SYNTAX, text, at,
                          _("the text ends here; %s"), expected);
  if (n == 0)
    return _mb_json_fail (error, MB_JSON_ERROR_ENCODING, text, at,
                          _("found the byte 0x%02X, which is not UTF-8; %s"),
                          (guint8) *at, expected);

  c = g_utf8_get_char (at);
  if (c == 0xfeff)
    return _mb_json_fail (error, MB_JSON_ERROR_ENCODING, text, at,
                          _("found a byte order mark, which JSON must not have; %s"), expected);
  if (!g_unichar_isgraph (c))
    return _mb_json_fail (error, MB_JSON_ERROR_SYNTAX, text, at,
                          _("found the character U+%04X; %s"), c, expected);

  return _mb_json_fail (error, MB_JSON_ERROR_SYNTAX, text, at,
                        _("found “%.*s”; %s"), (int) n, at, expected);
}

gboolean
_mb_json_fail_scan (GError     **error,
                    MbScan       result,
                    const char  *text,
                    const char  *at,
                    const char  *end)
{
  if (error == NULL)
    return FALSE;

  switch (result)
    {
    case MB_SCAN_END:
      return fail_expected (error, text, at, end,
                            _("a string, number or word must be complete"));
    case MB_SCAN_VALUE:
      return fail_expected (error, text, at, end,
                            _("a value must stand here: an object, array, string, number, true, "
                              "false or null"));
    case MB_SCAN_WORD:
      return _mb_json_fail (error, MB_JSON_ERROR_SYNTAX, text, at,
                            _("the only words of JSON are true, false and null, in small letters"));
    case MB_SCAN_DIGIT:
      return fail_expected (error, text, at, end, _("a number must go on with a digit here"));
    case MB_SCAN_LEADING_ZERO:
      return _mb_json_fail (error, MB_JSON_ERROR_SYNTAX, text, at,
                            _("a number must not begin with 0 and another digit"));
    case MB_SCAN_CONTROL:
      return _mb_json_fail (error, MB_JSON_ERROR_SYNTAX, text, at,
                            _("the control character U+%04X must be escaped in a string, "
                              "as \\u%04x"),
                            (guint8) *at, (guint8) *at);
    case MB_SCAN_ESCAPE:
      return _mb_json_fail (error, MB_JSON_ERROR_SYNTAX, text, at,
                            _("a backslash must be followed by one of \" \\ / b f n r t u"));
    case MB_SCAN_HEX:
      return _mb_json_fail (error, MB_JSON_ERROR_SYNTAX, text, at,
                            _("\\u must be followed by four hexadecimal digits"));
    case MB_SCAN_SURROGATE:
      return _mb_json_fail (error, MB_JSON_ERROR_ENCODING, text, at,
                            _("\\u%.4s is half of a surrogate pair; a high half (d800 to dbff) "
                              "must be followed by a low one (dc00 to dfff)"), at + 2);
    case MB_SCAN_NUL:
      return _mb_json_fail (error, MB_JSON_ERROR_ENCODING, text, at,
                            _("a string must not hold U+0000"));
    case MB_SCAN_UTF8:
      return _mb_json_fail (error, MB_JSON_ERROR_ENCODING, text, at,
                            _("the byte 0x%02X is not UTF-8 here; JSON must be UTF-8 throughout"),
                            (guint8) *at);
    case MB_SCAN_TOO_DEEP:
      return _mb_json_fail (error, MB_JSON_ERROR_TOO_DEEP, text, at,
                            _("arrays and objects must not be nested deeper than %d levels"),
                            MB_JSON_MAX_DEPTH);
    case MB_SCAN_NAME:
      return fail_expected (error, text, at, end,
                            _("an object must go on with the name of a member, in quotation "
                              "marks"));
    case MB_SCAN_COLON:
      return fail_expected (error, text, at, end,
                            _("a colon must stand between the name and the value of a member"));
    case MB_SCAN_COMMA_OBJECT:
      return fail_expected (error, text, at, end,
                            _("an object must go on with a comma or end with “}”"));
    case MB_SCAN_COMMA_ARRAY:
      return fail_expected (error, text, at, end,
                            _("an array must go on with a comma or end with “]”"));
    case MB_SCAN_TRAILING:
      return fail_expected (error, text, at, end,
                            _("nothing but white space may follow the value"));
    case MB_SCAN_OK:
    default:
      g_assert_not_reached ();
    }
}
