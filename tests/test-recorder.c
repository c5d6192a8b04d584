/* test-recorder.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "minibus/mb-recorder-private.h"

#include "recording-helpers.h"

typedef struct
{
  char       *folder;
  GFile      *file;
  MbClient   *sender;
  MbClient   *client;
  MbRecorder *recorder;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->folder = mb_test_folder_new ();
  fixture->file = mb_test_file (fixture->folder, "a.jsonl");
  fixture->sender = mb_test_open ("sender", "recorder");
  fixture->client = mb_test_open ("recorder", "recorder");
  fixture->recorder = mb_recorder_new (fixture->client, fixture->file);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  mb_test_stop (fixture->recorder, &error);
  g_assert_finalize_object (g_steal_pointer (&fixture->recorder));
  mb_client_close (fixture->sender);
  mb_client_close (fixture->client);
  g_assert_finalize_object (g_steal_pointer (&fixture->sender));
  g_assert_finalize_object (g_steal_pointer (&fixture->client));
  g_clear_object (&fixture->file);
  mb_test_folder_remove (fixture->folder);
}

static void
start (Fixture *fixture)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (mb_test_record (fixture->recorder, &error));
  g_assert_no_error (error);
  g_assert_cmpint (mb_recorder_get_state (fixture->recorder), ==, MB_RECORDER_STATE_RECORDING);
}

/* Stops when all that was said has been received, which takes one more message. */
static void
stop (Fixture *fixture)
{
  g_autoptr(GError) error = NULL;

  mb_test_settle (fixture->sender, fixture->client);
  g_assert_true (mb_test_stop (fixture->recorder, &error));
  g_assert_no_error (error);
  g_assert_cmpint (mb_recorder_get_state (fixture->recorder), ==, MB_RECORDER_STATE_STOPPED);
}

static void
say (Fixture    *fixture,
     const char *topic,
     const char *text)
{
  g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->sender, topic, NULL);

  mb_test_publish (publisher, text);
}

/* What stands in the file behind the position, without it. */
static char *
get_messages (Fixture *fixture)
{
  g_autoptr(GPtrArray) messages = mb_test_read_messages (fixture->file);
  GString *all = g_string_new (NULL);

  for (guint i = 0; i < messages->len; i++)
    {
      const char *message = strchr (g_ptr_array_index (messages, i), ' ') + 1;

      if (!g_str_has_prefix (message, "/settle "))
        g_string_append_printf (all, "%s;", message);
    }

  return g_string_free (all, FALSE);
}

static void
assert_messages (Fixture    *fixture,
                 const char *expected)
{
  g_autofree char *messages = get_messages (fixture);

  g_assert_cmpstr (messages, ==, expected);
}

static void
test_record (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr(MbRecording) recording = mb_recording_new (fixture->file);
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  gint64 before = g_get_real_time ();
  MbMessage *message;
  struct stat status;

  g_test_summary ("A message is in the file with all that is known of it, exactly");

  start (fixture);
  say (fixture, "/k\xc3\xa4se", " { \"a\" : [ 18446744073709551615, 1.50, \"\xf0\x9f\xa7\x80\\n\" ] } ");
  say (fixture, "/b", "-9223372036854775808");
  stop (fixture);

  assert_messages (fixture, "/k\xc3\xa4se {\"a\":[18446744073709551615,1.50,\"\xf0\x9f\xa7\x80\\n\"]};"
                   "/b -9223372036854775808;");
  g_assert_cmpuint (mb_recorder_get_n_messages (fixture->recorder), ==, 3);

  g_assert_true (mb_recording_open_sync (recording, NULL, &error));
  g_assert_true (mb_recording_next_sync (recording, NULL, &error));
  message = mb_recording_get_message (recording);
  g_assert_cmpstr (mb_message_get_author (message), ==, "sender");
  g_assert_cmpstr (mb_message_get_session (message), ==, mb_client_get_session (fixture->sender));
  g_assert_cmpuint (mb_message_get_sequence (message), ==, 1);
  g_assert_nonnull (mb_message_get_id (message));
  g_assert_false (mb_message_get_is_encrypted (message));
  g_assert_cmpint (mb_message_get_received_at (message), >=, before);
  g_assert_cmpint (mb_message_get_received_at (message), <=, g_get_real_time ());

  /* Only the owner: what was secret on the bus is not any more. */
  g_assert_cmpint (stat (g_file_peek_path (fixture->file), &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  g_assert_cmpuint (mb_recorder_get_n_bytes (fixture->recorder), ==, (guint64) status.st_size);

  text = mb_test_read (fixture->file);
  g_assert_true (g_str_has_prefix (text, "{\"minibus-recording\":1,"));
  g_assert_nonnull (strstr (text, "\n{\"at\":         0."));
}

static void
test_filters (Fixture      *fixture,
              gconstpointer data)
{
  static const char * const patterns[] = { "/a/.*", ".*/x", "^/a/.*$", "(/c)\\1", NULL };

  g_test_summary ("A message that several patterns match is recorded once");

  mb_recorder_set_patterns (fixture->recorder, patterns);
  start (fixture);
  say (fixture, "/a/x", "1");
  say (fixture, "/b/x", "2");
  say (fixture, "/a/y", "3");
  say (fixture, "/b/y", "4");
  say (fixture, "/c/c", "5");
  stop (fixture);

  assert_messages (fixture, "/a/x 1;/b/x 2;/a/y 3;/c/c 5;");
}

static void
test_hidden (Fixture      *fixture,
             gconstpointer data)
{
  static const char * const asking[] = { "/__b__", "/.*", NULL };

  g_test_summary ("Hidden topics are recorded only when they are asked for");

  start (fixture);
  say (fixture, "/a/__hidden__", "1");
  say (fixture, "/a", "2");
  stop (fixture);
  assert_messages (fixture, "/a 2;");

  mb_recorder_set_append (fixture->recorder, TRUE);
  mb_recorder_set_patterns (fixture->recorder, asking);
  start (fixture);
  say (fixture, "/__a__", "3");
  say (fixture, "/__b__", "4");
  stop (fixture);
  assert_messages (fixture, "/a 2;/__b__ 4;");

  mb_recorder_set_include_hidden (fixture->recorder, TRUE);
  start (fixture);
  say (fixture, "/__a__", "5");
  say (fixture, "/__b__", "6");
  stop (fixture);
  assert_messages (fixture, "/a 2;/__b__ 4;/__a__ 5;/__b__ 6;");
}

static void
test_exists (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;

  g_test_summary ("A file that exists is left alone, unless it is a recording that is to be appended to");

  mb_test_write (fixture->file, "My letters\n", -1);
  g_assert_false (mb_test_record (fixture->recorder, &error));
  g_assert_error (error, MB_RECORDING_ERROR, MB_RECORDING_ERROR_EXISTS);
  g_clear_error (&error);

  mb_recorder_set_append (fixture->recorder, TRUE);
  g_assert_false (mb_test_record (fixture->recorder, &error));
  g_assert_error (error, MB_RECORDING_ERROR, MB_RECORDING_ERROR_NOT_RECORDING);
  g_clear_error (&error);

  mb_test_write (fixture->file, "{\"minibus-recording\":2}\n", -1);
  g_assert_false (mb_test_record (fixture->recorder, &error));
  g_assert_error (error, MB_RECORDING_ERROR, MB_RECORDING_ERROR_VERSION);
  g_clear_error (&error);

  text = mb_test_read (fixture->file);
  g_assert_cmpstr (text, ==, "{\"minibus-recording\":2}\n");
  g_assert_cmpint (mb_recorder_get_state (fixture->recorder), ==, MB_RECORDER_STATE_STOPPED);
}

static void
test_unusable (Fixture      *fixture,
               gconstpointer data)
{
  g_autoptr(GFile) folder = g_file_new_for_path (fixture->folder);
  g_autoptr(GFile) nowhere = g_file_new_build_filename (fixture->folder, "x", "y", NULL);
  g_autoptr(GFile) remote = g_file_new_for_uri ("sftp://host/file");
  g_autoptr(GFile) pipe = mb_test_file (fixture->folder, "pipe");
  static const char * const bad[] = { "(", NULL };
  const struct
  {
    GFile  *file;
    GQuark  domain;
    int     code;
  } cases[] = {
    { folder, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY },
    { nowhere, G_IO_ERROR, G_IO_ERROR_NOT_FOUND },
    { remote, MB_RECORDING_ERROR, MB_RECORDING_ERROR_NOT_LOCAL },
    { pipe, MB_RECORDING_ERROR, MB_RECORDING_ERROR_NOT_LOCAL },
  };
  g_autoptr(GError) error = NULL;

  g_test_summary ("What cannot be recorded to, or by, is an error at the start");

  g_assert_cmpint (mkfifo (g_file_peek_path (pipe), 0600), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(MbRecorder) recorder = mb_recorder_new (fixture->client, cases[i].file);

      g_assert_false (mb_test_record (recorder, &error));
      g_assert_error (error, cases[i].domain, cases[i].code);
      g_clear_error (&error);
      g_assert_true (mb_test_stop (recorder, &error));
    }

  mb_recorder_set_patterns (fixture->recorder, bad);
  g_assert_false (mb_test_record (fixture->recorder, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_PATTERN);
  g_clear_error (&error);

  mb_recorder_set_patterns (fixture->recorder, NULL);
  start (fixture);
  g_assert_false (mb_test_record (fixture->recorder, &error));
  g_assert_error (error, MB_RECORDING_ERROR, MB_RECORDING_ERROR_STATE);
}

static void
test_two (Fixture      *fixture,
          gconstpointer data)
{
  g_autoptr(MbRecorder) other = mb_recorder_new (fixture->client, fixture->file);
  g_autoptr(GError) error = NULL;

  g_test_summary ("Two recorders cannot write one file, not even in turn without knowing");

  mb_recorder_set_append (other, TRUE);
  start (fixture);
  say (fixture, "/a", "1");
  g_assert_false (mb_test_record (other, &error));
  g_assert_error (error, MB_RECORDING_ERROR, MB_RECORDING_ERROR_LOCKED);
  g_clear_error (&error);
  stop (fixture);

  g_assert_true (mb_test_record (other, &error));
  say (fixture, "/a", "2");
  mb_test_settle (fixture->sender, fixture->client);
  g_assert_true (mb_test_stop (other, &error));
  assert_messages (fixture, "/a 1;/a 2;");
}

static void
test_append_cut (Fixture      *fixture,
                 gconstpointer data)
{
  g_autofree char *text = NULL;
  gsize length;

  g_test_summary ("Appending removes a last line that is cut off, and nothing else, wherever that is");

  start (fixture);
  say (fixture, "/a", "1");
  say (fixture, "/a", "{\"x\":2}");
  stop (fixture);
  text = mb_test_read (fixture->file);
  length = strlen (text);
  mb_recorder_set_append (fixture->recorder, TRUE);

  for (gsize cut = 0; cut <= length; cut += cut < 30 || cut > length - 130 ? 1 : 7)
    {
      g_autofree char *before = g_strndup (text, cut);
      g_autofree char *after = NULL;
      g_autofree char *messages = NULL;
      char *feed = strrchr (before, '\n');

      mb_test_write (fixture->file, text, (gssize) cut);
      start (fixture);
      say (fixture, "/z", "0");
      stop (fixture);

      after = mb_test_read (fixture->file);
      if (text[cut] != '\n' && feed != NULL)
        feed[1] = '\0';
      else if (feed == NULL && text[cut] != '\n')
        before[0] = '\0';
      g_assert_true (g_str_has_prefix (after, before));
      g_assert_true (g_str_has_prefix (after, "{\"minibus-recording\":1,"));
      messages = get_messages (fixture);
      g_assert_true (g_str_has_suffix (messages, "/z 0;"));
    }
}

static void
test_append_time (Fixture      *fixture,
                  gconstpointer data)
{
  g_autofree char *line = mb_test_line (G_GINT64_CONSTANT (5000000), "/a", "1");
  g_autofree char *text = g_strconcat (MB_TEST_HEADER, line, NULL);
  g_autoptr(MbRecording) recording = mb_recording_new (fixture->file);
  g_autoptr(GError) error = NULL;

  g_test_summary ("What is appended goes on where the recording ended, so that the pause is none in it");

  mb_test_write (fixture->file, text, -1);
  mb_recorder_set_append (fixture->recorder, TRUE);
  start (fixture);
  say (fixture, "/a", "2");
  stop (fixture);

  g_assert_true (mb_recording_open_sync (recording, NULL, &error));
  g_assert_true (mb_recording_next_sync (recording, NULL, &error));
  g_assert_true (mb_recording_next_sync (recording, NULL, &error));
  g_assert_cmpint (mb_recording_get_position (recording), >=, 5000000);
  g_assert_cmpint (mb_recording_get_position (recording), <, 5000000 + 60 * G_USEC_PER_SEC);
}

typedef struct
{
  GMutex   lock;
  GMutex   gate;       /* held: the writer waits */
  gint64   monotonic;  /* lock */
  gint64   now;        /* lock */
  int      n_waiting;  /* atomic */
} TestClock;

static void
test_clock_cb (gint64   *monotonic,
               gint64   *now,
               gpointer  data)
{
  TestClock *clock = data;

  g_atomic_int_inc (&clock->n_waiting);
  g_mutex_lock (&clock->gate);
  g_mutex_unlock (&clock->gate);

  g_mutex_lock (&clock->lock);
  *monotonic = clock->monotonic;
  *now = clock->now;
  g_mutex_unlock (&clock->lock);
}

static void
set_clock (TestClock *clock,
           gint64     monotonic,
           gint64     now)
{
  g_mutex_lock (&clock->lock);
  clock->monotonic = monotonic;
  clock->now = now;
  g_mutex_unlock (&clock->lock);
}

static void
wait_for_messages (Fixture *fixture,
                   guint    n_messages)
{
  mb_test_wait_until (mb_recorder_get_n_messages (fixture->recorder) == n_messages);
}

static void
test_clock (Fixture      *fixture,
            gconstpointer data)
{
  TestClock clock = { .n_waiting = 0 };
  g_autoptr(GPtrArray) messages = NULL;

  g_test_summary ("When the clock jumps, messages keep their order and their distance in the recording");

  set_clock (&clock, 1000, 0);
  _mb_recorder_set_clock (fixture->recorder, test_clock_cb, &clock);
  start (fixture);
  /* By this clock, every message comes from the future: it has been set back. */
  set_clock (&clock, 1000 + 2000000, 5);
  say (fixture, "/a", "1");
  wait_for_messages (fixture, 1);
  set_clock (&clock, 1000 + 3000000, 4);
  say (fixture, "/a", "2");
  wait_for_messages (fixture, 2);
  /* And by this one, from long ago. */
  set_clock (&clock, 1000 + 4000000, G_MAXINT64 / 2);
  say (fixture, "/a", "3");
  wait_for_messages (fixture, 3);
  set_clock (&clock, 1000 + 5000000, 3);
  say (fixture, "/a", "4");
  wait_for_messages (fixture, 4);
  stop (fixture);

  messages = mb_test_read_messages (fixture->file);
  g_assert_cmpstr (g_ptr_array_index (messages, 0), ==, "2000000 /a 1");
  g_assert_cmpstr (g_ptr_array_index (messages, 1), ==, "3000000 /a 2");
  g_assert_cmpstr (g_ptr_array_index (messages, 2), ==, "3000000 /a 3");
  g_assert_cmpstr (g_ptr_array_index (messages, 3), ==, "5000000 /a 4");
}

static void
test_dropped (Fixture      *fixture,
              gconstpointer data)
{
  TestClock clock = { .n_waiting = 0 };
  g_autoptr(MbRecording) recording = mb_recording_new (fixture->file);
  g_autoptr(GError) error = NULL;
  guint n_read = 0;

  g_test_summary ("What comes while the disk is too slow for too long is counted, and marked in its place");

  set_clock (&clock, 1, 1);
  _mb_recorder_set_clock (fixture->recorder, test_clock_cb, &clock);
  mb_recorder_set_queue_bytes (fixture->recorder, 20000);
  start (fixture);

  g_mutex_lock (&clock.gate);
  g_atomic_int_set (&clock.n_waiting, 0);
  say (fixture, "/a", "0");
  while (g_atomic_int_get (&clock.n_waiting) == 0)
    g_thread_yield ();
  for (guint i = 1; i <= 200; i++)
    {
      g_autofree char *number = g_strdup_printf ("%u", i);

      say (fixture, "/a", number);
    }
  /* All of them have been received when this one has. */
  mb_test_settle (fixture->sender, fixture->client);
  g_mutex_unlock (&clock.gate);
  stop (fixture);

  g_assert_cmpuint (mb_recorder_get_n_dropped (fixture->recorder), >, 100);
  /* With those of mb_test_settle(). */
  g_assert_cmpuint (mb_recorder_get_n_dropped (fixture->recorder) + mb_recorder_get_n_messages (fixture->recorder), ==,
                    203);

  g_assert_true (mb_recording_open_sync (recording, NULL, &error));
  while (mb_recording_next_sync (recording, NULL, &error))
    {
      g_assert_cmpuint (mb_recording_get_n_dropped (recording), ==,
                        n_read == 0 ? 0 : mb_recorder_get_n_dropped (fixture->recorder));
      n_read++;
    }
  g_assert_cmpuint (n_read, ==, mb_recorder_get_n_messages (fixture->recorder));
}

static void
test_missed (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr(MbMemoryBus) bus = mb_memory_bus_get ("recorder");
  static const char * const patterns[] = { "/a", "/.*", NULL };
  g_autofree char *text = NULL;

  g_test_summary ("Messages that never arrived are marked where they are missing, once");

  mb_recorder_set_patterns (fixture->recorder, patterns);
  start (fixture);
  say (fixture, "/a", "1");
  mb_memory_bus_set_loss (bus, 1);
  say (fixture, "/a", "2");
  say (fixture, "/a", "3");
  mb_memory_bus_set_loss (bus, 0);
  say (fixture, "/a", "4");
  stop (fixture);

  assert_messages (fixture, "/a 1;/a 4;");
  g_assert_cmpuint (mb_recorder_get_n_missed (fixture->recorder), ==, 2);
  text = mb_test_read (fixture->file);
  g_assert_nonnull (strstr (text, "\"mark\":\"missed\",\"count\":2,\"topic\":\"/a\",\"author\":\"sender\"}\n"));
}

static void
failed_cb (MbRecorder *recorder,
           GError     *error,
           GError    **kept)
{
  *kept = g_error_copy (error);
}

static void
test_full (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr(GError) failure = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  struct rlimit limit = { .rlim_cur = 20000, .rlim_max = RLIM_INFINITY };
  g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->sender, "/a", NULL);
  g_autoptr(GPtrArray) messages = NULL;

  g_test_summary ("A file that cannot grow any more ends the recording with an error, and what is in it is good");

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = 20000;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);

  g_signal_connect (fixture->recorder, "failed", G_CALLBACK (failed_cb), &failure);
  start (fixture);
  for (guint i = 0; i < 1000; i++)
    mb_test_publish (publisher, "\"some words\"");
  mb_test_wait_until (failure != NULL);
  limit.rlim_cur = limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);

  g_assert_cmpint (failure->domain, ==, G_IO_ERROR);
  g_assert_nonnull (strstr (failure->message, "a.jsonl"));
  g_assert_cmpint (mb_recorder_get_state (fixture->recorder), ==, MB_RECORDER_STATE_FAILED);
  g_assert_false (mb_test_stop (fixture->recorder, &error));
  g_assert_error (error, G_IO_ERROR, failure->code);
  g_clear_error (&error);
  g_assert_true (mb_test_stop (fixture->recorder, &error));

  messages = mb_test_read_messages (fixture->file);
  g_assert_cmpuint (messages->len, >, 50);
  g_assert_cmpuint (messages->len, ==, mb_recorder_get_n_messages (fixture->recorder));
  text = mb_test_read (fixture->file);
  g_assert_true (g_str_has_suffix (text, "}\n"));

  g_signal_handlers_disconnect_by_data (fixture->recorder, &failure);

  /* And when there is room again, it can go on. */
  mb_recorder_set_append (fixture->recorder, TRUE);
  start (fixture);
  stop (fixture);
}

static void
notify_cb (MbRecorder *recorder,
           GParamSpec *pspec,
           guint      *n_notified)
{
  (*n_notified)++;
}

static void
test_notify (Fixture      *fixture,
             gconstpointer data)
{
  guint n_notified = 0;

  g_test_summary ("The program is told of new counts, but not with every message");

  g_signal_connect (fixture->recorder, "notify::n-messages", G_CALLBACK (notify_cb), &n_notified);
  start (fixture);
  for (guint i = 0; i < 500; i++)
    say (fixture, "/a", "1");
  mb_test_wait_until (n_notified > 0 && mb_recorder_get_n_messages (fixture->recorder) == 500);
  g_assert_cmpuint (n_notified, <, 250);
  g_signal_handlers_disconnect_by_data (fixture->recorder, &n_notified);
}

static void
test_unreferenced (Fixture      *fixture,
                   gconstpointer data)
{
  g_autoptr(GFile) file = mb_test_file (fixture->folder, "b.jsonl");
  MbRecorder *recorder = mb_recorder_new (fixture->client, file);
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;

  g_test_summary ("The last reference on a recorder ends the recording, as it should be ended");

  g_assert_true (mb_test_record (recorder, &error));
  say (fixture, "/a", "1");
  mb_test_settle (fixture->sender, fixture->client);
  g_assert_finalize_object (recorder);

  while (text == NULL || strstr (text, "\"mark\":\"stopped\"") == NULL)
    {
      g_free (text);
      text = mb_test_read (file);
      g_thread_yield ();
    }
  g_assert_nonnull (strstr (text, "\"/a\""));
}

static void
result_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
test_hurry (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr(GAsyncResult) started = NULL;
  g_autoptr(GAsyncResult) stopped = NULL;
  g_autoptr(GAsyncResult) again = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Stopping while it starts, and twice, ends well for all who wait");

  mb_recorder_start_async (fixture->recorder, NULL, result_cb, &started);
  mb_recorder_stop_async (fixture->recorder, NULL, result_cb, &stopped);
  mb_recorder_stop_async (fixture->recorder, NULL, result_cb, &again);
  mb_test_wait_until (started != NULL && stopped != NULL && again != NULL);
  g_assert_true (mb_recorder_start_finish (fixture->recorder, started, &error));
  g_assert_true (mb_recorder_stop_finish (fixture->recorder, stopped, &error));
  g_assert_true (mb_recorder_stop_finish (fixture->recorder, again, &error));
  g_assert_no_error (error);
  assert_messages (fixture, "");
}

static glong
get_peak (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);

  return usage.ru_maxrss;
}

/* How much more memory a test may take, in KiB. */
static glong
get_most (void)
{
#ifdef __SANITIZE_ADDRESS__   /* which keeps what was freed */
  return G_MAXLONG;
#else
  /* Most of memcheck's is its own. */
  return g_getenv ("MB_MEMCHECK") != NULL ? 128 * 1024 : 32 * 1024;
#endif
}

static void
test_million (Fixture      *fixture,
              gconstpointer data)
{
  guint n_messages = g_test_slow () ? 1000000 : 50000;
  g_autoptr(MbPublisher) publisher = mb_test_publisher (fixture->sender, "/a", NULL);
  glong before = get_peak ();

  g_test_summary ("However many messages are recorded, it takes little memory, and none is lost");

  start (fixture);
  for (guint i = 0; i < n_messages; i++)
    {
      mb_test_publish (publisher, "{\"number\":1,\"text\":\"What a message has to say, more or less, at some length\"}");
      if (i % 1000 == 999)
        wait_for_messages (fixture, i + 1);
    }
  stop (fixture);

  g_assert_cmpuint (mb_recorder_get_n_messages (fixture->recorder), ==, n_messages + 1);
  g_assert_cmpuint (mb_recorder_get_n_dropped (fixture->recorder), ==, 0);
  g_assert_cmpint (get_peak () - before, <, get_most ());
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add ("/recorder/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("record", test_record);
  ADD ("filters", test_filters);
  ADD ("hidden", test_hidden);
  ADD ("exists", test_exists);
  ADD ("unusable", test_unusable);
  ADD ("two", test_two);
  ADD ("append/cut", test_append_cut);
  ADD ("append/time", test_append_time);
  ADD ("clock", test_clock);
  ADD ("dropped", test_dropped);
  ADD ("missed", test_missed);
  ADD ("full", test_full);
  ADD ("notify", test_notify);
  ADD ("unreferenced", test_unreferenced);
  ADD ("hurry", test_hurry);
  ADD ("million", test_million);

  return g_test_run ();
}
