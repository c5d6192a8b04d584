/* test-pattern.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "minibus/mb-error.h"
#include "minibus/mb-pattern-private.h"

static MbPattern *
make (const char *text)
{
  g_autoptr(GError) error = NULL;
  MbPattern *pattern = _mb_pattern_new (text, &error);

  g_assert_no_error (error);
  g_assert_nonnull (pattern);

  return pattern;
}

static MbMatch
match (const char *text,
       const char *topic)
{
  g_autoptr(MbPattern) pattern = make (text);
  /* A copy without a NUL behind it, so that the sanitizers see a read past the end. */
  g_autofree char *exact = g_memdup2 (topic, strlen (topic));

  return _mb_pattern_match (pattern, exact, strlen (topic));
}

static void
assert_match (const char *text,
              const char *topic)
{
  if (match (text, topic) != MB_MATCH_YES)
    g_error ("“%s” does not match “%s”", text, topic);
}

static void
assert_no_match (const char *text,
                 const char *topic)
{
  if (match (text, topic) != MB_MATCH_NO)
    g_error ("“%s” matches “%s”", text, topic);
}

static void
assert_refused (const char *text,
                const char *message)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (_mb_pattern_new (text, &error));
  g_assert_error (error, MB_CLIENT_ERROR, MB_CLIENT_ERROR_INVALID_PATTERN);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  if (strstr (error->message, message) == NULL)
    g_error ("“%s” does not hold “%s”", error->message, message);
  g_assert_null (_mb_pattern_new (text, NULL));
}

static void
test_whole (void)
{
  g_test_summary ("A pattern matches whole topics, not parts of them");

  assert_match ("/chatter", "/chatter");
  assert_no_match ("/chatter", "/chatter2");
  assert_no_match ("/chatter", "x/chatter");
  assert_no_match ("/chatter", "");
  assert_match ("/room[0-9]+/.*", "/room12/light");
  assert_no_match ("/room[0-9]+", "/room12/light");
  assert_no_match ("room[0-9]+", "/room12");
  assert_match ("plain", "plain");
  assert_match ("^/a.c$", "/abc");
  assert_match ("/a(b|bc)", "/abc");
  assert_match (".*", "");
  assert_match ("^$", "");
  assert_no_match ("^$", "x");
}

static void
test_branches (void)
{
  g_test_summary ("The anchors hold for each branch");

  assert_match ("/a|/b", "/a");
  assert_match ("/a|/b", "/b");
  assert_no_match ("/a|/b", "/axyz");
  assert_no_match ("/a|/b", "/xyz/b");
  assert_no_match ("^/a|/b$", "/axyz");
  assert_match ("^/a|/b$", "/b");
}

static void
test_line_feed (void)
{
  g_test_summary ("A line feed at the end of a topic belongs to it");

  assert_no_match ("/t", "/t\n");
  assert_no_match ("/[t]", "/t\n");
  assert_no_match ("/[t]$", "/t\n");
  assert_no_match ("(/[t]$)", "/t\n");
  assert_no_match ("/[t]\\Z", "/t\n");
  assert_match ("/[t]\\Z", "/t");
  assert_match ("/t\\n", "/t\n");
}

static void
test_line_ends (void)
{
  g_test_summary ("Only the line feed ends a line, as in Python");

  assert_no_match ("/a.b", "/a\nb");
  assert_match ("/a.b", "/a\rb");
  assert_match ("/a.b", "/a\302\205b");
  assert_match ("/a.b", "/a\342\200\250b");
  assert_match ("(?s)/a.b", "/a\nb");
}

static void
test_escaped_dollar (void)
{
  g_autoptr(MbPattern) dollar = make ("/a\\$");
  g_autoptr(MbPattern) backslash = make ("/a\\\\$");

  g_test_summary ("A $ that is escaped is no anchor");

  g_assert_cmpstr (_mb_pattern_get_key (dollar), ==, "^/a\\$$");
  g_assert_cmpstr (_mb_pattern_get_text (dollar), ==, "/a\\$");
  g_assert_cmpstr (_mb_pattern_get_literal (dollar), ==, "/a$");
  assert_match ("/a\\$", "/a$");
  assert_no_match ("/a\\$", "/a$b");
  assert_match ("/[a]\\$", "/a$");
  assert_no_match ("/[a]\\$", "/a$b");

  g_assert_cmpstr (_mb_pattern_get_key (backslash), ==, "^/a\\\\$");
  g_assert_cmpstr (_mb_pattern_get_text (backslash), ==, "/a\\\\");
  g_assert_cmpstr (_mb_pattern_get_literal (backslash), ==, "/a\\");
}

static void
test_key (void)
{
  static const struct { const char *text, *key, *inner; } cases[] = {
    { "/s1", "^/s1$", "/s1" },
    { "^/s1$", "^/s1$", "/s1" },
    { "^/s1", "^/s1$", "/s1" },
    { "/s1$", "^/s1$", "/s1" },
    { "/s.*", "^/s.*$", "/s.*" },
    { "/a|/b", "^/a|/b$", "/a|/b" },
    { "^", "^$", "" },
    { "$", "^$", "" },
    { "\303\251", "^\303\251$", "\303\251" },
  };

  g_test_summary ("Patterns that differ in their outer anchors only are one");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(MbPattern) pattern = make (cases[i].text);

      g_assert_cmpstr (_mb_pattern_get_key (pattern), ==, cases[i].key);
      g_assert_cmpstr (_mb_pattern_get_text (pattern), ==, cases[i].inner);
    }
}

static void
test_literal (void)
{
  static const struct { const char *text, *literal; } cases[] = {
    { "/chatter", "/chatter" },
    { "\\/a\\-b\\.c", "/a-b.c" },
    { "/caf\303\251", "/caf\303\251" },
    { "/caf\\\303\251\\_\\ ", "/caf\303\251_ " },
    { "/a\\\\b\\[\\]\\{\\}\\(\\)\\*\\+\\?\\|\\^\\$", "/a\\b[]{}()*+?|^$" },
    { "^$", "" },
    { "/__minibus__/x/__pid__/__request__", "/__minibus__/x/__pid__/__request__" },
    { "/a.b", NULL },
    { "/a*", NULL },
    { "/a\\d", NULL },
    { "/a\\n", NULL },
    { "[a]", NULL },
    { "(a)", NULL },
    { "a|b", NULL },
    { "a$b", NULL },
    { "^^a", NULL },
    { "a{2}", NULL },
  };

  g_test_summary ("A pattern without operators tells the one topic that it matches");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(MbPattern) pattern = make (cases[i].text);

      g_assert_cmpstr (_mb_pattern_get_literal (pattern), ==, cases[i].literal);
      if (cases[i].literal != NULL)
        assert_match (cases[i].text, cases[i].literal);
    }
}

static void
test_new_literal (void)
{
  static const char *const topics[] = {
    "/a.b", "^x$", "", "$", "\\", "a|b", "(", "/caf\303\251\n", "{,3}", "#"
  };

  g_test_summary ("Any topic can be made a pattern of its own");

  for (guint i = 0; i < G_N_ELEMENTS (topics); i++)
    {
      g_autoptr(MbPattern) literal = _mb_pattern_new_literal (topics[i]);
      g_autoptr(MbPattern) again = make (_mb_pattern_get_key (literal));
      g_autofree char *grouped = g_strdup_printf ("(?:%s)", _mb_pattern_get_text (literal));
      g_autofree char *longer = g_strconcat (topics[i], "x", NULL);
      gsize length = strlen (topics[i]);

      g_assert_cmpstr (_mb_pattern_get_literal (literal), ==, topics[i]);
      g_assert_cmpint (_mb_pattern_match (literal, topics[i], length), ==, MB_MATCH_YES);
      g_assert_cmpint (_mb_pattern_match (literal, longer, length + 1), ==, MB_MATCH_NO);
      g_assert_cmpstr (_mb_pattern_get_key (again), ==, _mb_pattern_get_key (literal));
      g_assert_cmpstr (_mb_pattern_get_literal (again), ==, topics[i]);

      /* PCRE2 reads the escapes as we do. */
      assert_match (grouped, topics[i]);
      assert_no_match (grouped, longer);
    }
}

static void
test_escape (void)
{
  g_autofree char *escaped = _mb_pattern_escape ("/a.b-c_d \303\251\\");

  g_test_summary ("Escaping touches operators only, so that names stay readable and keys stay one");

  g_assert_cmpstr (escaped, ==, "/a\\.b-c_d \303\251\\\\");

  for (int c = 1; c < 128; c++)
    {
      const char topic[] = { (char) c, '\0' };
      g_autofree char *text = _mb_pattern_escape (topic);
      g_autofree char *grouped = g_strdup_printf ("(?:%s)", text);

      assert_match (grouped, topic);
    }
}

static void
test_python (void)
{
  g_test_summary ("What Python's expressions mean, they mean here");

  assert_match ("a{,3}b", "b");
  assert_match ("a{,3}b", "aaab");
  assert_no_match ("a{,3}b", "aaaab");
  assert_match ("a{,}b", "aaaab");
  assert_match ("a{2}b", "aab");
  assert_match ("a{2,}b", "aaab");
  assert_match ("a[{,3}]", "a{");
  assert_no_match ("a[{,3}]", "a0");
  assert_match ("a\\{,3}", "a{,3}");
  assert_match ("a{,x}.*", "a{,x}");

  assert_match ("caf\\u00e9.*", "caf\303\251");
  assert_match ("[\\u00e8-\\u00ea]", "\303\251");
  assert_match ("\\U0001F600.?", "\360\237\230\200");

  assert_match ("(?P<name>ab)(?P=name)", "abab");
  assert_match ("(?i)/ABC", "/abc");
  assert_match ("(?x) / a # a comment", "/a");
  assert_match ("a(?#(*)b", "ab");
  assert_match ("a[]]b", "a]b");
  assert_match ("a[^]]b", "axb");
  assert_match ("a[(*]b.?", "a*b");
  assert_match ("a\\(*b", "a((b");
  assert_match ("(?=/a).*", "/abc");
  assert_match (".*(?<!x)", "ab");
  assert_match ("\\A/a\\b/.*", "/a/");
  assert_match ("[[:alpha:](*]+", "a*(");
}

static void
test_ascii_classes (void)
{
  g_test_summary ("\\d, \\w and \\s are ASCII, as in Python 2.7; characters are not bytes");

  assert_match ("\\d+", "09");
  assert_no_match ("\\d+", "\331\240");
  assert_no_match ("\\w+", "\303\251");
  assert_no_match ("\\s+", "\302\240");
  assert_match ("\\W", "\303\251");
  assert_match (".", "\303\251");
  assert_match ("[\303\251-\303\253]", "\303\252");
}

static void
test_refused (void)
{
  g_test_summary ("What cannot be a pattern is refused, and the message says where and why");

  assert_refused ("", "use “.*” for all topics");
  assert_refused ("/a(b",
                  "“/a(b” is not a usable regular expression, at byte 4: missing closing");
  assert_refused ("^/a(b$", "“^/a(b$” is not a usable regular expression, at byte 5: missing");
  assert_refused ("/a)(b", "at byte 2: unmatched closing parenthesis");
  assert_refused ("[a", "missing terminating ]");
  assert_refused ("*a", "at byte 0");
  assert_refused ("{,3}", "at byte ");
  assert_refused ("a{,3}(", "at byte 6");
  assert_refused ("\\u00e9(", "at byte 7");
  assert_refused ("a\\", "at byte 1: nothing follows the backslash");
  assert_refused ("a\\$\\", "at byte 3");
  assert_refused ("(*ACCEPT)", "at byte 0: nothing stands before the asterisk");
  assert_refused ("a(*LIMIT_MATCH=1)b", "at byte 1");
  assert_refused ("(?x) #\n (*FAIL)", "at byte 8");
  assert_refused ("\\Qa\\E", "\\Q is not supported");
  assert_refused ("\\u12", "\\u must be followed by 4 hexadecimal digits");
  assert_refused ("\\U0001F60", "\\U must be followed by 8");
  assert_refused ("\\ud800", "at byte ");
  assert_refused ("\\C", "\\C is disabled");
  assert_refused ("(a)\\2", "non-existent");
  assert_refused ("/a\377b", "at byte 2: the byte 0xFF is not UTF-8");
  assert_refused ("(?<=a+)b", "lookbehind");
}

static void
test_length (void)
{
  g_autofree char *most = g_strnfill (MB_PATTERN_MAX_LENGTH, 'a');
  g_autofree char *more = g_strnfill (MB_PATTERN_MAX_LENGTH + 1, 'a');
  g_autoptr(GString) wide = g_string_new (NULL);

  g_test_summary ("A pattern has 4096 bytes at most");

  assert_match (most, most);
  assert_refused (more, "4097 bytes; it must not have more than 4096");

  while (wide->len <= MB_PATTERN_MAX_LENGTH)
    g_string_append (wide, wide->len == 0 ? "a" : "\342\202\254");
  assert_refused (wide->str, "“a\342\202\254");
}

static void
test_not_utf8 (void)
{
  g_test_summary ("A topic that is not UTF-8 matches no expression");

  assert_no_match (".*", "a\377");
  assert_no_match (".*", "\355\240\200");
  assert_no_match ("/a.*", "/a\303");
}

static void
test_hostile (void)
{
  static const char *const patterns[] = {
    "(a+)+$[bd]", "(a|a)*[bd]", "a*a*a*[bd]", "(a*)*[bd]", "((a+)*)+[bd]", "(.*)(.*)(.*)(.*)[bd]",
    "(?:a?){50}a{50}[bd]", ".*\\w+/x", "a*?a*?[bd]", "[^b]*[^b]*[bd]", "(a*)\\1[bd]",
    "(?:(?R)|a)*[bd]",
  };
  g_autofree char *topic = g_strnfill (60000, 'a');

  g_test_summary ("A topic cannot keep an expression busy: it is given up after so many steps");

  /* So that nothing is found out by looking for a character that must be there. */
  topic[58000] = '/';
  topic[58001] = 'x';

  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++)
    if (match (patterns[i], topic) != MB_MATCH_LIMIT)
      g_error ("%s", patterns[i]);
}

static void
test_long_topics (void)
{
  g_autofree char *usual = g_strnfill (1400, 'a');
  g_autofree char *largest = g_strnfill (65000, 'a');

  g_test_summary ("Usual topics are matched by any honest pattern, long ones where that is easy");

  assert_match (".*", largest);
  assert_match ("/?[a-z]+", largest);
  assert_no_match ("/b.*", largest);
  assert_match ("(?:[a-z]|[0-9])+", usual);
  assert_match ("(?:[a-z]+/?)*", usual);
  assert_no_match (".*/b", usual);
  assert_match (".*a.*a.*a", usual);
}

#define N_THREADS 4
#define N_MATCHES 2000

static gpointer
match_much (gpointer data)
{
  MbPattern **patterns = data;
  g_autofree char *large = g_strnfill (3000, 'a');

  for (guint i = 0; i < N_MATCHES; i++)
    {
      g_autoptr(MbPattern) pattern = _mb_pattern_ref (patterns[0]);

      g_assert_cmpint (_mb_pattern_match (pattern, "/room7/light", 12), ==, MB_MATCH_YES);
      g_assert_cmpint (_mb_pattern_match (patterns[1], "/room7/light", 12), ==, MB_MATCH_NO);
      g_assert_cmpint (_mb_pattern_match (patterns[2], "/room7/light", 12), ==, MB_MATCH_YES);
      if (i % 100 == 0)
        g_assert_cmpint (_mb_pattern_match (patterns[1], large, 3000), ==, MB_MATCH_YES);
    }

  return NULL;
}

static void
test_threads (void)
{
  MbPattern *patterns[] = {
    make ("/room[0-9]+/(light|door)"), make ("(a+|b)*"), make ("/room7/light")
  };
  GThread *threads[N_THREADS];

  g_test_summary ("A pattern can be used by several threads at once");

  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("match", match_much, patterns);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++)
    _mb_pattern_unref (patterns[i]);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pattern/whole", test_whole);
  g_test_add_func ("/pattern/branches", test_branches);
  g_test_add_func ("/pattern/line-feed", test_line_feed);
  g_test_add_func ("/pattern/line-ends", test_line_ends);
  g_test_add_func ("/pattern/escaped-dollar", test_escaped_dollar);
  g_test_add_func ("/pattern/key", test_key);
  g_test_add_func ("/pattern/literal", test_literal);
  g_test_add_func ("/pattern/new-literal", test_new_literal);
  g_test_add_func ("/pattern/escape", test_escape);
  g_test_add_func ("/pattern/python", test_python);
  g_test_add_func ("/pattern/ascii-classes", test_ascii_classes);
  g_test_add_func ("/pattern/refused", test_refused);
  g_test_add_func ("/pattern/length", test_length);
  g_test_add_func ("/pattern/not-utf8", test_not_utf8);
  g_test_add_func ("/pattern/limits/hostile", test_hostile);
  g_test_add_func ("/pattern/limits/long-topics", test_long_topics);
  g_test_add_func ("/pattern/threads", test_threads);

  return g_test_run ();
}
