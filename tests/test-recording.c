/* test-recording.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "minibus/mb-recording-line-private.h"
#include "minibus/mb-service-names-private.h"

#include "recording-helpers.h"

typedef struct
{
  char  *folder;
  GFile *file;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->folder = mb_test_folder_new ();
  fixture->file = mb_test_file (fixture->folder, "a.jsonl");
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_clear_object (&fixture->file);
  mb_test_folder_remove (fixture->folder);
}

#define TIMES "\"at\":1.5,\"time\":\"2026-11-22T19:01:04.123456Z\""

static gboolean
parse (MbRecordingLine *line,
       const char      *text)
{
  return _mb_recording_line_parse (line, text, strlen (text));
}

static void
test_lines (void)
{
  static const struct
  {
    const char *text;
    int         kind;
  } cases[] = {
    { "{\"minibus-recording\":1}", MB_RECORDING_LINE_HEADER },
    { "{\"minibus-recording\":1,\"creator\":\"x\",\"more\":[1]}", MB_RECORDING_LINE_HEADER },
    { "{" TIMES ",\"topic\":\"/a\",\"data\":null}", MB_RECORDING_LINE_MESSAGE },
    { " { \"data\" : [1, {\"a\": 2}] , \"topic\":\"\",  " TIMES " } ", MB_RECORDING_LINE_MESSAGE },
    { "{" TIMES ",\"topic\":\"/a\",\"data\":1,\"unknown\":{\"topic\":2}}", MB_RECORDING_LINE_MESSAGE },
    { "{" TIMES ",\"mark\":\"missed\",\"count\":3,\"topic\":\"/a\"}", MB_RECORDING_LINE_MARK },
    { "{" TIMES ",\"mark\":\"never heard of\"}", MB_RECORDING_LINE_MARK },
    { "{\"at\":1e3,\"time\":\"0001-01-01T00:00:00.000000Z\",\"mark\":\"x\"}", MB_RECORDING_LINE_MARK },
    { "{\"at\":0,\"time\":\"9999-12-31T23:59:59.999999Z\",\"mark\":\"x\"}", MB_RECORDING_LINE_MARK },
    { "{\"at\":0,\"time\":\"2024-02-29T23:59:59.999999Z\",\"mark\":\"x\"}", MB_RECORDING_LINE_MARK },
    { "", -1 },
    { "{}", -1 },
    { "null", -1 },
    { "{" TIMES "}", -1 },
    { "{" TIMES ",\"topic\":\"/a\"}", -1 },
    { "{" TIMES ",\"data\":1}", -1 },
    { "{" TIMES ",\"topic\":\"/a\",\"data\":1} x", -1 },
    { "{" TIMES ",\"topic\":\"/a\",\"data\":1}{}", -1 },
    { "{" TIMES ",\"topic\":\"/a\",\"data\":1", -1 },
    { "{" TIMES ",\"topic\":\"/a\",\"data\":1,}", -1 },
    { "{" TIMES ",\"topic\":\"/a\",\"topic\":\"/b\",\"data\":1}", -1 },
    { "{" TIMES ",\"topic\":1,\"data\":1}", -1 },
    { "{" TIMES ",\"topic\":\"/\xff\",\"data\":1}", -1 },
    { "{" TIMES ",\"topic\":\"/\\u0000\",\"data\":1}", -1 },
    { "{" TIMES ",\"topic\":\"/a\",\"data\":01}", -1 },
    { "{" TIMES ",\"topic\":\"/a\",\"data\":1,\"session\":\"1\"}", -1 },
    { "{" TIMES ",\"topic\":\"/a\",\"data\":1,\"session\":\"000000000000000g\"}", -1 },
    { "{" TIMES ",\"topic\":\"/a\",\"data\":1,\"sequence\":-1}", -1 },
    { "{" TIMES ",\"topic\":\"/a\",\"data\":1,\"sequence\":1.5}", -1 },
    { "{" TIMES ",\"topic\":\"/a\",\"data\":1,\"encrypted\":1}", -1 },
    { "{" TIMES ",\"topic\":\"/a\",\"data\":1,\"header\":[]}", -1 },
    { "{\"at\":-1,\"time\":\"2026-11-22T19:01:04.123456Z\",\"mark\":\"x\"}", -1 },
    { "{\"at\":1e30,\"time\":\"2026-11-22T19:01:04.123456Z\",\"mark\":\"x\"}", -1 },
    { "{\"at\":\"1\",\"time\":\"2026-11-22T19:01:04.123456Z\",\"mark\":\"x\"}", -1 },
    { "{\"at\":1,\"time\":\"2026-11-22 19:01:04.123456Z\",\"mark\":\"x\"}", -1 },
    { "{\"at\":1,\"time\":\"2o26-11-22T19:01:04.123456Z\",\"mark\":\"x\"}", -1 },
    { "{\"at\":1,\"time\":7,\"mark\":\"x\"}", -1 },
    { "{\"at\":1,\"time\":\"2026-11-22T19:61:04.123456Z\",\"mark\":\"x\"}", -1 },
    { "{\"at\":1,\"time\":\"2026-11-22T19:01:61.123456Z\",\"mark\":\"x\"}", -1 },
    { "{\"at\":1,\"time\":\"2026-11-22T19:01:04.123456Z0\",\"mark\":\"x\"}", -1 },
    { "{\"at\":1,\"time\":\"2026-13-22T19:01:04.123456Z\",\"mark\":\"x\"}", -1 },
    { "{\"at\":1,\"time\":\"2026-02-29T19:01:04.123456Z\",\"mark\":\"x\"}", -1 },
    { "{\"at\":1,\"time\":\"0000-02-28T19:01:04.123456Z\",\"mark\":\"x\"}", -1 },
    { "{\"at\":1,\"time\":\"2026-02-28T24:01:04.123456Z\",\"mark\":\"x\"}", -1 },
    { "{\"at\":1,\"time\":\"2026-02-28T19:01:04.123456\",\"mark\":\"x\"}", -1 },
    { "{\"minibus-recording\":\"1\"}", -1 },
  };

  g_test_summary ("Lines are told apart, and what is none is refused");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      MbRecordingLine line;
      gboolean parsed = parse (&line, cases[i].text);

      g_test_message ("line %u", i);
      g_assert_cmpint (parsed, ==, cases[i].kind >= 0);
      if (parsed)
        g_assert_cmpint ((int) line.kind, ==, cases[i].kind);
    }
}

static void
test_values (void)
{
  g_autofree char *topic = NULL;
  MbRecordingLine line;

  g_test_summary ("The members of a line are read exactly");

  g_assert_true (parse (&line,
                        "{\"at\":         3.000001,\"time\":\"1970-01-02T00:00:01.000002Z\",\"topic\":\"/k\\u00e4se\","
                        "\"author\":\"ä\",\"id\":\"i\",\"session\":\"0123456789abcdef\","
                        "\"sequence\":18446744073709551615,\"encrypted\":true,\"signer\":\"AB\","
                        "\"header\":{\"x\": 1},\"data\":{\"a\": 18446744073709551616}}"));
  g_assert_cmpint (line.at, ==, 3000001);
  g_assert_cmpint (line.time, ==, 86401000002);
  topic = _mb_recording_line_dup_span (&line.topic);
  g_assert_cmpstr (topic, ==, "/käse");
  g_assert_cmphex (line.session, ==, G_GUINT64_CONSTANT (0x0123456789abcdef));
  g_assert_cmpuint (line.sequence, ==, G_MAXUINT64);
  g_assert_true (line.encrypted);
  g_assert_cmpmem (line.header, line.header_length, "{\"x\": 1}", 8);
  g_assert_cmpmem (line.data, line.data_length, "{\"a\": 18446744073709551616}", 27);

  g_assert_true (parse (&line, "{\"at\":0.1234567,\"time\":\"2026-11-22T19:01:04.123456Z\",\"mark\":\"x\"}"));
  g_assert_cmpint (line.at, ==, 123456);
}

static void
test_times (void)
{
  static const char start[] = "{\"at\":0,\"mark\":\"x\",\"time\":\"";
  const gsize before = strlen (start);
  g_autoptr(GString) text = g_string_new (NULL);

  g_test_summary ("Times of all years are written and read as the same");

  for (gint64 time = -62135596800; time < 253402300800; time += 86400 * 13 + 12345)
    {
      g_autoptr(GDateTime) expected = g_date_time_new_from_unix_utc (time);
      g_autofree char *year = g_strdup_printf ("%04d", g_date_time_get_year (expected));
      g_autofree char *rest = g_date_time_format (expected, "-%m-%dT%H:%M:%S.000007Z");
      MbRecordingLine line;

      g_string_assign (text, start);
      _mb_recording_append_time (text, time * G_USEC_PER_SEC + 7);
      g_assert_true (g_str_has_prefix (text->str + before, year));
      g_assert_cmpstr (text->str + before + 4, ==, rest);
      g_string_append (text, "\"}");
      g_assert_true (parse (&line, text->str));
      g_assert_cmpint (line.time, ==, time * G_USEC_PER_SEC + 7);
    }
}

static void
test_clock (void)
{
  MbRecordingClock clock;

  g_test_summary ("Places in a recording follow what passes, whatever is done to the system's clock");

  _mb_recording_clock_start (&clock, 1000, 50);
  /* It took 10 µs from the network to here. */
  g_assert_cmpint (_mb_recording_clock_get_at (&clock, 1100, 90000, 89990), ==, 140);
  /* The clock was set back before it was looked at. */
  g_assert_cmpint (_mb_recording_clock_get_at (&clock, 1200, 10, 89995), ==, 250);
  /* It was set forward: no message waited longer than the recording has lasted. */
  g_assert_cmpint (_mb_recording_clock_get_at (&clock, 1300, 999999999, 20), ==, 250);
  g_assert_cmpint (_mb_recording_clock_get_at (&clock, 1400, 1000000099, 1000000099), ==, 450);
  /* Never backwards. */
  g_assert_cmpint (_mb_recording_clock_get_at (&clock, 1300, 5, 5), ==, 450);
}

static void
test_hidden (void)
{
  static const char * const hidden[] = { "__a__", "/__a__", "/x/__a__", "/__a__/x", "/x/__a__/y", "/add/__request__" };
  static const char * const shown[] = { "", "/", "/a", "/__a", "/a__", "/_a_", "/__a/b__", "/x__a__", "/__a__x" };

  g_test_summary ("A topic is hidden if a part of it begins and ends with two underscores");

  for (guint i = 0; i < G_N_ELEMENTS (hidden); i++)
    g_assert_true (_mb_topic_is_hidden (hidden[i], strlen (hidden[i])));
  for (guint i = 0; i < G_N_ELEMENTS (shown); i++)
    g_assert_false (_mb_topic_is_hidden (shown[i], strlen (shown[i])));
}

/* Three messages, each of another kind, and marks. */
static char *
make_sample (void)
{
  g_autofree char *first = mb_test_line (1000000, "/k\xc3\xa4se", "{\"a\":[1,\"\xf0\x9f\xa7\x80\"]}");
  g_autofree char *second = mb_test_line (2000000, "/b", "18446744073709551615");
  g_autofree char *third = mb_test_line (2500000, "/b", "null");

  return g_strconcat (MB_TEST_HEADER, first,
                      "{\"at\":1.5,\"time\":\"2026-11-22T19:01:04.000000Z\",\"mark\":\"missed\",\"count\":3}\n",
                      second, third, NULL);
}

static void
test_cut (Fixture      *fixture,
          gconstpointer data)
{
  g_autofree char *sample = make_sample ();
  gsize length = strlen (sample);

  g_test_summary ("A recording that is cut off anywhere gives all messages that are whole, and says that it is cut");

  for (gsize cut = 0; cut <= length; cut++)
    {
      g_autoptr(MbRecording) recording = mb_recording_new (fixture->file);
      g_autoptr(GError) error = NULL;
      guint n_expected = 0;
      guint n_messages = 0;
      /* A line lacks nothing when only its line feed is missing. */
      gboolean whole = cut > 0 && (sample[cut - 1] == '\n' || sample[cut] == '\n');

      for (gsize i = 0; i < cut + (sample[cut] == '\n'); i++)
        n_expected += sample[i] == '\n';
      n_expected = MIN (n_expected - MIN (n_expected, 1), 4);
      n_expected -= n_expected >= 2;

      mb_test_write (fixture->file, sample, (gssize) cut);
      g_assert_true (mb_recording_open_sync (recording, NULL, &error));
      g_assert_no_error (error);
      while (mb_recording_next_sync (recording, NULL, &error))
        n_messages++;
      g_assert_no_error (error);

      g_test_message ("%zu", cut);
      g_assert_cmpuint (n_messages, ==, n_expected);
      if (cut > strlen (MB_TEST_HEADER))
        g_assert_cmpint (mb_recording_get_is_truncated (recording), ==, !whole);
      g_assert_cmpuint (mb_recording_get_n_damaged (recording), ==, 0);
    }
}

static void
test_garbage (Fixture      *fixture,
              gconstpointer data)
{
  g_autofree char *first = mb_test_line (1, "/a", "1");
  g_autofree char *duplicate = mb_test_line (2, "/a", "{\"a\":1,\"a\":2}");
  g_autofree char *last = mb_test_line (3, "/a", "2");
  g_autoptr(GString) text = g_string_new (MB_TEST_HEADER "\n\n");
  g_autoptr(MbRecording) recording = mb_recording_new (fixture->file);
  g_autoptr(GError) error = NULL;

  g_test_summary ("What is no line is skipped and counted, be it long, or binary");

  g_string_append (text, first);
  g_string_append_len (text, "\0\0\0\n", 4);
  g_string_append (text, "nonsense\n\xff\xfe\n");
  g_string_append (text, duplicate);
  for (guint i = 0; i < 17 * 1024; i++)
    g_string_append_printf (text, "%01024d", 0);
  g_string_append (text, "\n" MB_TEST_HEADER);
  g_string_append (text, last);
  mb_test_write (fixture->file, text->str, (gssize) text->len);

  g_assert_true (mb_recording_open_sync (recording, NULL, &error));
  g_assert_cmpint (mb_recording_get_duration (recording), ==, 3);
  g_assert_true (mb_recording_next_sync (recording, NULL, &error));
  g_assert_cmpint (mb_recording_get_position (recording), ==, 1);
  g_assert_true (mb_recording_next_sync (recording, NULL, &error));
  g_assert_cmpint (mb_recording_get_position (recording), ==, 3);
  g_assert_cmpuint (mb_recording_get_n_damaged (recording), ==, 7);
  g_assert_false (mb_recording_next_sync (recording, NULL, &error));
  g_assert_no_error (error);
  g_assert_null (mb_recording_get_message (recording));
  g_assert_false (mb_recording_get_is_truncated (recording));
}

static void
test_not_recording (Fixture      *fixture,
                    gconstpointer data)
{
  static const struct
  {
    const char *text;
    int         code;
  } cases[] = {
    { "Hello\n", MB_RECORDING_ERROR_NOT_RECORDING },
    { "H", MB_RECORDING_ERROR_NOT_RECORDING },
    { "{\"header\":{}}\n", MB_RECORDING_ERROR_NOT_RECORDING },
    { "{\"minibus-recording\":x}\n", MB_RECORDING_ERROR_NOT_RECORDING },
    { "{\"minibus-recording\":2}\n", MB_RECORDING_ERROR_VERSION },
  };
  g_autoptr(MbRecording) missing = NULL;
  g_autoptr(GFile) nowhere = mb_test_file (fixture->folder, "b");
  g_autoptr(GError) error = NULL;

  g_test_summary ("What is no recording is told of, with what it is and what would be one");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(MbRecording) recording = mb_recording_new (fixture->file);

      mb_test_write (fixture->file, cases[i].text, -1);
      g_assert_false (mb_recording_open_sync (recording, NULL, &error));
      g_assert_error (error, MB_RECORDING_ERROR, cases[i].code);
      g_assert_nonnull (strstr (error->message, "a.jsonl"));
      g_clear_error (&error);
      g_assert_false (mb_recording_next_sync (recording, NULL, &error));
      g_assert_error (error, MB_RECORDING_ERROR, MB_RECORDING_ERROR_STATE);
      g_clear_error (&error);
    }

  missing = mb_recording_new (nowhere);
  g_assert_false (mb_recording_open_sync (missing, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

#define N_SEEK 20000

static void
write_long (GFile *file)
{
  g_autoptr(GString) text = g_string_new (MB_TEST_HEADER);

  for (guint i = 0; i < N_SEEK; i++)
    {
      g_autofree char *number = g_strdup_printf ("%u", i);
      /* Two of each time. */
      g_autofree char *line = mb_test_line ((i / 2) * 1000, "/a", number);

      g_string_append (text, line);
      if (i % 777 == 0)
        g_string_append (text, "damage\n");
    }
  mb_test_write (file, text->str, (gssize) text->len);
}

static void
test_seek (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr(MbRecording) recording = mb_recording_new (fixture->file);
  g_autoptr(GError) error = NULL;
  gint64 last = (N_SEEK / 2 - 1) * 1000;

  g_test_summary ("Seeking goes to the first message that is not before a place, wherever that is");

  write_long (fixture->file);
  g_assert_true (mb_recording_open_sync (recording, NULL, &error));
  g_assert_cmpint (mb_recording_get_duration (recording), ==, last);

  for (gint64 at = last; at >= 0; at = at > 500 ? at - 33500 : at - 1)
    {
      gint64 expected = (at + 999) / 1000 * 1000;
      g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, expected / 1000 * 2);

      if (at < 0)
        break;
      g_assert_true (mb_recording_seek_sync (recording, at, NULL, &error));
      g_assert_true (mb_recording_next_sync (recording, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpint (mb_recording_get_position (recording), ==, expected);
      g_assert_cmpstr (mb_message_get_text (mb_recording_get_message (recording)), ==, text);
    }

  g_assert_true (mb_recording_seek_sync (recording, last + 1, NULL, &error));
  g_assert_false (mb_recording_next_sync (recording, NULL, &error));
  g_assert_no_error (error);
}

static void
test_follow (Fixture      *fixture,
             gconstpointer data)
{
  g_autofree char *first = mb_test_line (1, "/a", "1");
  g_autofree char *second = mb_test_line (2, "/a", "2");
  g_autoptr(MbRecording) recording = mb_recording_new (fixture->file);
  g_autoptr(GError) error = NULL;
  int fd;

  g_test_summary ("At the end of a recording that is being written, what comes later can be read later");

  mb_test_write (fixture->file, MB_TEST_HEADER, -1);
  fd = open (g_file_peek_path (fixture->file), O_WRONLY | O_APPEND);
  g_assert_true (mb_recording_open_sync (recording, NULL, &error));
  g_assert_false (mb_recording_next_sync (recording, NULL, &error));

  g_assert_cmpint (write (fd, first, strlen (first) - 5), ==, (int) strlen (first) - 5);
  g_assert_false (mb_recording_next_sync (recording, NULL, &error));
  g_assert_true (mb_recording_get_is_truncated (recording));
  g_assert_cmpint (write (fd, first + strlen (first) - 5, 4), ==, 4);
  g_assert_true (mb_recording_next_sync (recording, NULL, &error));
  g_assert_false (mb_recording_next_sync (recording, NULL, &error));
  g_assert_cmpint (write (fd, "\n", 1), ==, 1);
  g_assert_false (mb_recording_next_sync (recording, NULL, &error));
  g_assert_cmpint (write (fd, second, strlen (second)), ==, (int) strlen (second));
  g_assert_true (mb_recording_next_sync (recording, NULL, &error));
  g_assert_cmpstr (mb_message_get_text (mb_recording_get_message (recording)), ==, "2");
  g_assert_false (mb_recording_get_is_truncated (recording));
  g_assert_no_error (error);
  close (fd);
}

static void
result_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
test_async (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr(MbRecording) recording = mb_recording_new (fixture->file);
  g_autoptr(GCancellable) cancelled = g_cancellable_new ();
  g_autoptr(GAsyncResult) opened = NULL;
  g_autoptr(GAsyncResult) sought = NULL;
  g_autoptr(GAsyncResult) summarized = NULL;
  g_autoptr(GAsyncResult) busy = NULL;
  g_autoptr(MbRecordingSummary) summary = NULL;
  g_autoptr(GError) error = NULL;
  guint n_messages = 0;

  g_test_summary ("Everything is done in other threads, one at a time");

  write_long (fixture->file);
  mb_recording_open_async (recording, NULL, result_cb, &opened);
  mb_recording_open_async (recording, NULL, result_cb, &busy);
  mb_test_wait_until (opened != NULL && busy != NULL);
  g_assert_true (mb_recording_open_finish (recording, opened, &error));
  g_assert_no_error (error);
  g_assert_false (mb_recording_open_finish (recording, busy, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);

  mb_recording_seek_async (recording, 5000 * 1000, NULL, result_cb, &sought);
  mb_test_wait_until (sought != NULL);
  g_assert_true (mb_recording_seek_finish (recording, sought, &error));

  for (gboolean more = TRUE; more; n_messages += more)
    {
      g_autoptr(GAsyncResult) read = NULL;

      mb_recording_next_async (recording, NULL, result_cb, &read);
      mb_test_wait_until (read != NULL);
      more = mb_recording_next_finish (recording, read, &error);
      g_assert_no_error (error);
    }
  g_assert_cmpuint (n_messages, ==, N_SEEK - 10000);

  mb_recording_summarize_async (recording, NULL, result_cb, &summarized);
  mb_test_wait_until (summarized != NULL);
  summary = mb_recording_summarize_finish (recording, summarized, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (mb_recording_summary_get_n_messages (summary), ==, N_SEEK);
  g_assert_cmpuint (mb_recording_summary_get_n_damaged (summary), ==, (N_SEEK + 776) / 777);

  g_clear_object (&summarized);
  g_clear_object (&summary);
  g_cancellable_cancel (cancelled);
  mb_recording_summarize_async (recording, cancelled, result_cb, &summarized);
  mb_test_wait_until (summarized != NULL);
  g_assert_null (mb_recording_summarize_finish (recording, summarized, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_summary (Fixture      *fixture,
              gconstpointer data)
{
  g_autofree char *sample = make_sample ();
  g_autofree char *text = g_strconcat (sample, "{\"at\":9,\"time\":\"2026-11-22T19:01:05.000000Z\",\"mark\":\"dropped\","
                                       "\"count\":7}\n{\"at\":", NULL);
  g_autoptr(MbRecording) recording = mb_recording_new (fixture->file);
  g_autoptr(MbRecordingSummary) summary = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) topics = NULL;
  g_auto(GStrv) authors = NULL;

  g_test_summary ("A summary counts messages by topic and author, and what is missing");

  mb_test_write (fixture->file, text, -1);
  summary = mb_recording_summarize_sync (recording, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (mb_recording_summary_get_n_messages (summary), ==, 3);
  g_assert_cmpuint (mb_recording_summary_get_n_missed (summary), ==, 3);
  g_assert_cmpuint (mb_recording_summary_get_n_dropped (summary), ==, 7);
  g_assert_cmpuint (mb_recording_summary_get_n_damaged (summary), ==, 0);
  g_assert_true (mb_recording_summary_get_is_truncated (summary));
  g_assert_cmpint (mb_recording_summary_get_duration (summary), ==, 9 * G_USEC_PER_SEC);
  g_assert_cmpint (mb_recording_summary_get_ended_at (summary) - mb_recording_summary_get_started_at (summary), ==,
                   G_USEC_PER_SEC);

  topics = mb_recording_summary_get_topics (summary);
  g_assert_cmpuint (g_strv_length (topics), ==, 2);
  g_assert_cmpstr (topics[0], ==, "/b");
  g_assert_cmpstr (topics[1], ==, "/käse");
  g_assert_cmpuint (mb_recording_summary_get_topic_count (summary, "/b"), ==, 2);
  g_assert_cmpuint (mb_recording_summary_get_topic_bytes (summary, "/b"), ==, 24);
  g_assert_cmpuint (mb_recording_summary_get_topic_count (summary, "/x"), ==, 0);
  authors = mb_recording_summary_get_authors (summary);
  g_assert_cmpuint (g_strv_length (authors), ==, 1);
  g_assert_cmpuint (mb_recording_summary_get_author_count (summary, "a"), ==, 3);
}

static glong
get_peak (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);

  return usage.ru_maxrss;
}

static void
refused_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  gboolean *done = user_data;
  g_autoptr(GError) error = NULL;

  if (MB_IS_RECORDING (object))
    g_assert_false (mb_recording_open_finish (MB_RECORDING (object), result, &error));
  else if (MB_IS_RECORDER (object))
    g_assert_false (mb_recorder_start_finish (MB_RECORDER (object), result, &error));
  else
    g_assert_false (mb_player_play_finish (MB_PLAYER (object), result, &error));

  g_assert_error (error, MB_RECORDING_ERROR, MB_RECORDING_ERROR_STATE);
  g_assert_nonnull (strstr (error->message, "There is no file"));
  *done = TRUE;
}

/* Bindings can leave properties out. */
static void
test_no_file (void)
{
  g_autoptr(MbRecording) recording = g_object_new (MB_TYPE_RECORDING, NULL);
  g_autoptr(MbRecorder) recorder = g_object_new (MB_TYPE_RECORDER, NULL);
  g_autoptr(MbPlayer) player = g_object_new (MB_TYPE_PLAYER, NULL);
  g_autoptr(MbRecordingSummary) summary = NULL;
  g_autoptr(GError) error = NULL;
  gboolean done[3] = { FALSE, FALSE, FALSE };

  g_test_summary ("Without a file, recordings, recorders and players fail and say so");

  summary = mb_recording_summarize_sync (recording, NULL, &error);
  g_assert_null (summary);
  g_assert_error (error, MB_RECORDING_ERROR, MB_RECORDING_ERROR_STATE);

  mb_recording_open_async (recording, NULL, refused_cb, &done[0]);
  mb_recorder_start_async (recorder, NULL, refused_cb, &done[1]);
  mb_player_play_async (player, NULL, refused_cb, &done[2]);
  while (!done[0] || !done[1] || !done[2])
    g_main_context_iteration (NULL, TRUE);
}

static void
test_million (Fixture      *fixture,
              gconstpointer data)
{
  /* A tenth of it unless it is the time for long tests. */
  guint n_messages = g_test_slow () ? 1000000 : 100000;
  g_autoptr(MbRecording) recording = mb_recording_new (fixture->file);
  g_autoptr(MbRecordingSummary) summary = NULL;
  g_autoptr(GError) error = NULL;
  FILE *stream = fopen (g_file_peek_path (fixture->file), "w");
  guint n_read = 0;
  glong before;

  g_test_summary ("A recording of any length is read and summarized in little memory");

  fputs (MB_TEST_HEADER, stream);
  for (guint i = 0; i < n_messages; i++)
    fprintf (stream, "{\"at\":%u.000001,\"time\":\"2026-11-22T19:01:04.000000Z\",\"topic\":\"/sensor/%u\","
             "\"author\":\"thermometer\",\"data\":{\"number\":%u,\"text\":\"What a message has to say, more or less, at "
             "some length\"}}\n", i / 1000, i % 50, i);
  g_assert_cmpint (fclose (stream), ==, 0);

  before = get_peak ();
  g_assert_true (mb_recording_open_sync (recording, NULL, &error));
  while (mb_recording_next_sync (recording, NULL, &error))
    n_read++;
  summary = mb_recording_summarize_sync (recording, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_read, ==, n_messages);
  g_assert_cmpuint (mb_recording_summary_get_n_messages (summary), ==, n_messages);
#ifndef __SANITIZE_ADDRESS__   /* which keeps what was freed */
  g_assert_cmpint (get_peak () - before, <, 16 * 1024);
#else
  g_assert_cmpint (get_peak (), >=, before);
#endif
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/recording/lines", test_lines);
  g_test_add_func ("/recording/no-file", test_no_file);
  g_test_add_func ("/recording/values", test_values);
  g_test_add_func ("/recording/times", test_times);
  g_test_add_func ("/recording/clock", test_clock);
  g_test_add_func ("/recording/hidden", test_hidden);
  g_test_add ("/recording/cut", Fixture, NULL, set_up, test_cut, tear_down);
  g_test_add ("/recording/garbage", Fixture, NULL, set_up, test_garbage, tear_down);
  g_test_add ("/recording/not-recording", Fixture, NULL, set_up, test_not_recording, tear_down);
  g_test_add ("/recording/seek", Fixture, NULL, set_up, test_seek, tear_down);
  g_test_add ("/recording/follow", Fixture, NULL, set_up, test_follow, tear_down);
  g_test_add ("/recording/async", Fixture, NULL, set_up, test_async, tear_down);
  g_test_add ("/recording/summary", Fixture, NULL, set_up, test_summary, tear_down);
  g_test_add ("/recording/million", Fixture, NULL, set_up, test_million, tear_down);

  return g_test_run ();
}
