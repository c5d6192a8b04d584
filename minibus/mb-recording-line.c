/* mb-recording-line.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-recording-line-private.h"

#include <string.h>

#include "mb-json-private.h"
#include "mb-json-scan-private.h"

#define USEC_PER_DAY (G_GINT64_CONSTANT (86400) * G_USEC_PER_SEC)
#define MIN_TIME (G_GINT64_CONSTANT (-62135596800) * G_USEC_PER_SEC)       /* 0001-01-01 */
#define MAX_TIME (G_GINT64_CONSTANT (253402300800) * G_USEC_PER_SEC - 1)   /* the last µs of 9999 */

enum
{
  MEMBER_AT,
  MEMBER_AUTHOR,
  MEMBER_COUNT,
  MEMBER_DATA,
  MEMBER_ENCRYPTED,
  MEMBER_HEADER,
  MEMBER_ID,
  MEMBER_MARK,
  MEMBER_RECORDING,
  MEMBER_SEQUENCE,
  MEMBER_SESSION,
  MEMBER_SIGNER,
  MEMBER_TIME,
  MEMBER_TOPIC,
  N_MEMBERS
};

static const char * const member_names[N_MEMBERS] = {
  "at", "author", "count", "data", "encrypted", "header", "id", "mark", "minibus-recording", "sequence",
  "session", "signer", "time", "topic",
};

/* Time */

/* Days since 1970-01-01, in the Gregorian calendar, of a year that begins in March so that the leap day is its
 * last. */
static gint64
days_from_date (int year,
                int month,
                int day)
{
  int y = month <= 2 ? year - 1 : year;
  int in_march_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

  /* Years are from 1, so that y is never negative. */
  return (gint64) y * 365 + y / 4 - y / 100 + y / 400 + in_march_year - 719468;
}

static void
date_from_days (gint64  days,
                int    *year,
                int    *month,
                int    *day)
{
  gint64 z = days + 719468;
  gint64 era = (z >= 0 ? z : z - 146096) / 146097;
  int of_era = (int) (z - era * 146097);
  int year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  int of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int march_month = (5 * of_year + 2) / 153;

  *day = of_year - (153 * march_month + 2) / 5 + 1;
  *month = march_month < 10 ? march_month + 3 : march_month - 9;
  *year = (int) (era * 400) + year_of_era + (*month <= 2);
}

static int
days_of_month (int year,
               int month)
{
  static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
  gboolean leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

  return days[month - 1] + (month == 2 && leap);
}

/* Reads `width` digits and what stands behind them. Returns -1 if they are not there. */
static int
take_digits (const char **cursor,
             const char  *end,
             int          width,
             char         behind)
{
  int number = 0;

  if (end - *cursor < width + 1 || (*cursor)[width] != behind)
    return -1;

  for (int i = 0; i < width; i++)
    {
      if (!g_ascii_isdigit ((*cursor)[i]))
        return -1;
      number = number * 10 + ((*cursor)[i] - '0');
    }
  *cursor += width + 1;

  return number;
}

static gboolean
parse_time (const MbSpan *span,
            gint64       *time)
{
  const char *cursor = span->text;
  const char *end = span->text + span->length;
  int year = take_digits (&cursor, end, 4, '-');
  int month = year < 1 ? -1 : take_digits (&cursor, end, 2, '-');
  int day = month < 1 || month > 12 ? -1 : take_digits (&cursor, end, 2, 'T');
  int hour = day < 1 || day > days_of_month (year, month) ? -1 : take_digits (&cursor, end, 2, ':');
  int minute = hour < 0 || hour > 23 ? -1 : take_digits (&cursor, end, 2, ':');
  int second = minute < 0 || minute > 59 ? -1 : take_digits (&cursor, end, 2, '.');
  int fraction = second < 0 || second > 59 ? -1 : take_digits (&cursor, end, 6, 'Z');

  if (fraction < 0 || cursor != end)
    return FALSE;

  *time = days_from_date (year, month, day) * USEC_PER_DAY +
          ((gint64) (hour * 60 + minute) * 60 + second) * G_USEC_PER_SEC + fraction;

  return TRUE;
}

/* Reading */

static gboolean
is_string (const char *text,
           gsize       length)
{
  return length >= 2 && text[0] == '"';
}

static gboolean
take_string (MbSpan     *span,
             const char *text,
             gsize       length)
{
  if (!is_string (text, length))
    return FALSE;

  span->text = text + 1;
  span->length = length - 2;
  span->escaped = memchr (span->text, '\\', span->length) != NULL;

  return TRUE;
}

/* A whole number of up to 64 bits. */
static gboolean
take_number (guint64    *number,
             const char *text,
             gsize       length)
{
  MbScanNumber scanned;
  const char *cursor = text;

  if (!g_ascii_isdigit (text[0]) || _mb_scan_number (&cursor, text + length, &scanned) != MB_SCAN_OK ||
      !scanned.integer || !scanned.exact)
    return FALSE;

  *number = scanned.digits;

  return TRUE;
}

/* Seconds, to be µs; digits beyond these are cut off. */
static gboolean
take_at (gint64     *at,
         const char *text,
         gsize       length)
{
  MbScanNumber scanned;
  const char *cursor = text;
  guint64 number;
  int exponent;

  if (!g_ascii_isdigit (text[0]) || _mb_scan_number (&cursor, text + length, &scanned) != MB_SCAN_OK ||
      !scanned.exact)
    return FALSE;

  number = scanned.digits;
  for (exponent = scanned.exponent + 6; exponent > 0 && number > 0 && number <= MB_RECORDING_MAX_AT; exponent--)
    number *= 10;
  for (; exponent < 0 && number > 0; exponent++)
    number /= 10;
  if (number > MB_RECORDING_MAX_AT)
    return FALSE;

  *at = (gint64) number;

  return TRUE;
}

static gboolean
take_session (guint64    *session,
              const char *text,
              gsize       length)
{
  if (!is_string (text, length) || length != 18)
    return FALSE;

  *session = 0;
  for (guint i = 1; i <= 16; i++)
    {
      if (!g_ascii_isxdigit (text[i]))
        return FALSE;
      *session = *session << 4 | (guint64) g_ascii_xdigit_value (text[i]);
    }

  return TRUE;
}

static gboolean
take_member (MbRecordingLine *line,
             guint            member,
             const char      *text,
             gsize            length)
{
  MbSpan span;

  switch (member)
    {
    case MEMBER_AT:
      return take_at (&line->at, text, length);

    case MEMBER_AUTHOR:
      return take_string (&line->author, text, length);

    case MEMBER_COUNT:
      return take_number (&line->count, text, length);

    case MEMBER_DATA:
      line->data = text;
      line->data_length = length;
      return TRUE;

    case MEMBER_ENCRYPTED:
      line->encrypted = text[0] == 't';
      return text[0] == 't' || text[0] == 'f';

    case MEMBER_HEADER:
      line->header = text;
      line->header_length = length;
      return text[0] == '{';

    case MEMBER_ID:
      return take_string (&line->id, text, length);

    case MEMBER_MARK:
      return take_string (&line->mark, text, length);

    case MEMBER_RECORDING:
      return take_number (&line->version, text, length);

    case MEMBER_SEQUENCE:
      return take_number (&line->sequence, text, length);

    case MEMBER_SESSION:
      return take_session (&line->session, text, length);

    case MEMBER_SIGNER:
      return take_string (&line->signer, text, length);

    case MEMBER_TIME:
      return take_string (&span, text, length) && parse_time (&span, &line->time);

    case MEMBER_TOPIC:
      return take_string (&line->topic, text, length);

    default:
      return TRUE;
    }
}

static guint
find_member (const char *name,
             gsize       length)
{
  for (guint i = 0; i < N_MEMBERS; i++)
    {
      if (strlen (member_names[i]) == length && memcmp (member_names[i], name, length) == 0)
        return i;
    }

  return N_MEMBERS;
}

/* Reads all members. Returns which of the known ones there are, as bits, or 0 for something else than an
 * object of members that differ and are as they should be. */
static guint
scan_members (MbRecordingLine *line,
              const char      *cursor,
              const char      *end)
{
  guint seen = 0;

  if (!_mb_scan_char (&cursor, end, '{'))
    return 0;

  do
    {
      const char *name;
      const char *value;
      gsize name_length;
      gboolean escaped;
      guint member;

      _mb_scan_blank (&cursor, end);
      name = cursor + 1;
      if (cursor == end || *cursor != '"' || _mb_scan_string (&cursor, end, &escaped) != MB_SCAN_OK)
        return 0;
      name_length = (gsize) (cursor - 1 - name);

      if (!_mb_scan_char (&cursor, end, ':'))
        return 0;

      _mb_scan_blank (&cursor, end);
      value = cursor;
      if (_mb_scan_value (&cursor, end, MB_JSON_MAX_DEPTH) != MB_SCAN_OK)
        return 0;

      member = find_member (name, name_length);
      if (member == N_MEMBERS)
        continue;
      if ((seen & (1u << member)) != 0 || !take_member (line, member, value, (gsize) (cursor - value)))
        return 0;
      seen |= 1u << member;
    }
  while (_mb_scan_char (&cursor, end, ','));

  if (!_mb_scan_char (&cursor, end, '}'))
    return 0;
  _mb_scan_blank (&cursor, end);

  return cursor == end ? seen : 0;
}

gboolean
_mb_recording_line_parse (MbRecordingLine *line,
                          const char      *text,
                          gsize            length)
{
  const guint times = 1u << MEMBER_AT | 1u << MEMBER_TIME;
  const guint message = times | 1u << MEMBER_TOPIC | 1u << MEMBER_DATA;
  const guint mark = times | 1u << MEMBER_MARK;
  guint seen;

  memset (line, 0, sizeof *line);

  seen = scan_members (line, text, text + length);

  if ((seen & (1u << MEMBER_RECORDING)) != 0)
    line->kind = MB_RECORDING_LINE_HEADER;
  else if ((seen & mark) == mark)
    line->kind = MB_RECORDING_LINE_MARK;
  else if ((seen & message) == message)
    line->kind = MB_RECORDING_LINE_MESSAGE;
  else
    return FALSE;

  return TRUE;
}

gboolean
_mb_recording_line_is_mark (const MbRecordingLine *line,
                            const char            *mark)
{
  return line->kind == MB_RECORDING_LINE_MARK && line->mark.length == strlen (mark) &&
         memcmp (line->mark.text, mark, line->mark.length) == 0;
}

char *
_mb_recording_line_dup_span (const MbSpan *span)
{
  char *text;

  if (span->text == NULL)
    return NULL;

  if (!span->escaped)
    return g_strndup (span->text, span->length);

  text = g_malloc (span->length + 1);
  text[_mb_scan_decode (text, span->text, span->length)] = '\0';

  return text;
}

MbMessage *
_mb_recording_line_to_message (const MbRecordingLine *line)
{
  g_autoptr(JsonNode) data = _mb_json_read (line->data, line->data_length, NULL, NULL);
  g_autoptr(JsonNode) header = NULL;
  g_autofree char *topic = NULL;
  g_autofree char *author = NULL;
  g_autofree char *id = NULL;
  g_autofree char *signer = NULL;
  MbMessageParts parts;

  if (data == NULL)
    return NULL;

  if (line->header != NULL)
    {
      header = _mb_json_read (line->header, line->header_length, NULL, NULL);
      if (header == NULL)
        return NULL;
    }

  topic = _mb_recording_line_dup_span (&line->topic);
  author = _mb_recording_line_dup_span (&line->author);
  id = _mb_recording_line_dup_span (&line->id);
  signer = _mb_recording_line_dup_span (&line->signer);
  parts = (MbMessageParts) {
    .topic = topic != NULL ? g_ref_string_new (topic) : NULL,
    .author = author,
    .id = id,
    .text = line->data,
    .text_length = line->data_length,
    .data = g_steal_pointer (&data),
    .header = g_steal_pointer (&header),
    .session = line->session,
    .sequence = line->sequence,
    .received_at = line->time,
    .encrypted = line->encrypted,
    .signer = signer,
  };

  return _mb_message_new (&parts);
}

/* Writing */

static void
append_padded (GString *out,
               gint64   number,
               int      width,
               char     pad)
{
  char digits[20];
  int n_digits = 0;

  do
    {
      digits[n_digits++] = (char) ('0' + number % 10);
      number /= 10;
    }
  while (number > 0);

  for (int i = n_digits; i < width; i++)
    g_string_append_c (out, pad);
  while (n_digits > 0)
    g_string_append_c (out, digits[--n_digits]);
}

void
_mb_recording_append_time (GString *out,
                           gint64   time)
{
  gint64 clamped = CLAMP (time, MIN_TIME, MAX_TIME);
  gint64 of_day = clamped % USEC_PER_DAY;
  gint64 days = clamped / USEC_PER_DAY;
  gint64 seconds;
  int year;
  int month;
  int day;

  if (of_day < 0)
    {
      of_day += USEC_PER_DAY;
      days--;
    }
  date_from_days (days, &year, &month, &day);
  seconds = of_day / G_USEC_PER_SEC;

  append_padded (out, year, 4, '0');
  g_string_append_c (out, '-');
  append_padded (out, month, 2, '0');
  g_string_append_c (out, '-');
  append_padded (out, day, 2, '0');
  g_string_append_c (out, 'T');
  append_padded (out, seconds / 3600, 2, '0');
  g_string_append_c (out, ':');
  append_padded (out, seconds / 60 % 60, 2, '0');
  g_string_append_c (out, ':');
  append_padded (out, seconds % 60, 2, '0');
  g_string_append_c (out, '.');
  append_padded (out, of_day % G_USEC_PER_SEC, 6, '0');
  g_string_append_c (out, 'Z');
}

/* What each line begins with, all of the same width. */
static void
append_times (GString *out,
              gint64   at,
              gint64   time)
{
  g_string_append (out, "{\"at\":");
  append_padded (out, at / G_USEC_PER_SEC, 10, ' ');
  g_string_append_c (out, '.');
  append_padded (out, at % G_USEC_PER_SEC, 6, '0');
  g_string_append (out, ",\"time\":\"");
  _mb_recording_append_time (out, time);
  g_string_append_c (out, '"');
}

static void
append_string (GString    *out,
               const char *name,
               const char *text)
{
  if (text == NULL)
    return;

  g_string_append (out, ",\"");
  g_string_append (out, name);
  g_string_append (out, "\":");
  _mb_json_append_string (out, text, strlen (text));
}

static void
append_number (GString    *out,
               const char *name,
               guint64     number)
{
  if (number == 0)
    return;

  g_string_append (out, ",\"");
  g_string_append (out, name);
  g_string_append (out, "\":");
  g_string_append_printf (out, "%" G_GUINT64_FORMAT, number);
}

void
_mb_recording_append_header (GString *out)
{
  g_string_append_printf (out, MB_RECORDING_MAGIC "%d,\"creator\":\"libminibus " PACKAGE_VERSION "\"}\n",
                          MB_RECORDING_VERSION);
}

void
_mb_recording_append_message (GString   *out,
                              gint64     at,
                              MbMessage *message)
{
  JsonNode *header = mb_message_get_header (message);
  gsize start;

  append_times (out, at, mb_message_get_received_at (message));
  append_string (out, "topic", mb_message_get_topic (message));
  append_string (out, "author", mb_message_get_author (message));
  append_string (out, "id", mb_message_get_id (message));
  append_string (out, "session", mb_message_get_session (message));
  append_number (out, "sequence", mb_message_get_sequence (message));
  if (mb_message_get_is_encrypted (message))
    g_string_append (out, ",\"encrypted\":true");
  append_string (out, "signer", mb_message_get_signer (message));
  if (header != NULL)
    {
      start = out->len;
      g_string_append (out, ",\"header\":");
      if (!_mb_json_append_node (out, header, NULL))
        g_string_truncate (out, start);
    }

  g_string_append (out, ",\"data\":");
  start = out->len;
  g_string_append (out, mb_message_get_text (message));
  /* In valid JSON these stand only between tokens. */
  for (char *c = out->str + start; *c != '\0'; c++)
    {
      if (*c == '\n' || *c == '\r' || *c == '\t')
        *c = ' ';
    }
  g_string_append (out, "}\n");
}

void
_mb_recording_append_mark (GString    *out,
                           gint64      at,
                           gint64      time,
                           const char *mark,
                           guint       count,
                           const char *topic,
                           const char *author)
{
  append_times (out, at, time);
  append_string (out, "mark", mark);
  append_number (out, "count", count);
  append_string (out, "topic", topic);
  append_string (out, "author", author);
  g_string_append (out, "}\n");
}

/* The clock */

void
_mb_recording_clock_start (MbRecordingClock *self,
                           gint64            monotonic,
                           gint64            base)
{
  self->start = monotonic;
  self->base = base;
  self->last = base;
}

gint64
_mb_recording_clock_get_at (MbRecordingClock *self,
                            gint64            monotonic,
                            gint64            now,
                            gint64            time)
{
  gint64 elapsed = MAX (0, monotonic - self->start);
  /* When the system's clock was set between the two moments, this is nonsense, but never beyond what it can be. */
  gint64 delay = CLAMP (now - time, 0, elapsed);

  self->last = CLAMP (self->base + elapsed - delay, self->last, MB_RECORDING_MAX_AT);

  return self->last;
}
