/* test-schema-regex.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "minibus/mb-error.h"
#include "minibus/mb-schema-automaton-private.h"
#include "minibus/mb-schema-regex-private.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbRe, _mb_re_free)

static const struct
{
  const char *pattern;
  const char *yes[8];
  const char *no[8];
} cases[] = {
  { "", { "", "a" }, { NULL } },
  { "abc", { "abc", "xabcx" }, { "ab", "" } },
  { "^abc$", { "abc" }, { "abc\n", "xabc", "ABC" } },
  { "^$", { "" }, { "a", "\n" } },
  { "^|x", { "", "a" }, { NULL } },
  { "$^", { "" }, { "a" } },
  { "a$|^b", { "a", "xa", "bx" }, { "ax", "xb" } },
  { "^(a|b)*c{2,3}d?$", { "cc", "abccc", "ccd" }, { "c", "cccc", "abd" } },
  { "^a{3}$", { "aaa" }, { "aa", "aaaa" } },
  { "^a{2,}$", { "aa", "aaaaa" }, { "a" } },
  { "^a{0}$", { "" }, { "a" } },
  { "^(?:ab)+?$", { "ab", "abab" }, { "aba" } },
  { "^.$", { "a", "\303\251", "\360\237\220\262", "\342\200\213" },
    { "\n", "\r", "\342\200\250", "\342\200\251", "", "ab" } },
  { "^[^]$", { "\n", "a" }, { "" } },
  { "[]", { NULL }, { "", "a" } },
  { "^[^a-c\\d]$", { "d", "\303\251", "\n" }, { "a", "5" } },
  { "^[\\w-]+$", { "a-b_9" }, { "\303\251", "a b" } },
  { "^[a\\-z]$", { "-", "a" }, { "b" } },
  { "^[\\]\\[]$", { "]", "[" }, { "\\" } },
  { "^[\\b]$", { "\b" }, { "b" } },
  { "^\\d$", { "0", "9" }, { "\331\240", "a" } },
  { "^\\s$", { " ", "\302\240", "\357\273\277", "\342\200\250", "\v", "\343\200\200" },
    { "\302\205", "\342\200\213", "a" } },
  { "^\\S$", { "a", "\302\205" }, { "\302\240" } },
  { "^\\W$", { "\303\251", "-" }, { "_", "a" } },
  { "^\\x41\\u0042\\u{1F432}\\ud83d\\udc32\\cJ\\0?$", { "AB\360\237\220\262\360\237\220\262\n" },
    { "AB" } },
  { "^\\t\\n\\v\\f\\r$", { "\t\n\v\f\r" }, { "tnvfr" } },
  { "^\\/\\.\\*\\-\\_\\@$", { "/.*-_@" }, { NULL } },
  { "^\360\237\220\262+$", { "\360\237\220\262\360\237\220\262" }, { "\360\237\220\211", "" } },
  { "^[\360\237\220\240-\360\237\220\262]$", { "\360\237\220\261" },
    { "\360\237\220\263", "\360" } },
  { "^[\303\240-\343\201\202]+$", { "\303\251\316\264\343\201\201" },
    { "a", "\343\201\203", "\360\237\220\262" } },
  { "x{,3}", { "x{,3}" }, { "xxx" } },
  { "^{a}$", { "{a}" }, { "a" } },
  { "a]", { "a]" }, { "a" } },
  { "(a)(?<n>b)", { "ab" }, { "a" } },
  /* What the automaton cannot do */
  { "^(.)\\1$", { "aa" }, { "ab" } },
  { "^(?<c>.)x\\k<c>$", { "axa" }, { "axb" } },
  { "^\\1(a)$", { "a" }, { "b", "" } },
  { "^(?:(a)|b)\\1$", { "aa", "b" }, { "ab" } },
  { "^(?=.*\\d)(?!.*x)[a-z\\d]+$", { "ab1" }, { "ab", "x1" } },
  { "(?<=a)b", { "ab" }, { "b", "cb" } },
  { "(?<!a)b", { "b", "cb" }, { "ab" } },
  { "(?<=a|bc)d", { "ad", "bcd" }, { "cd" } },
  { "\\bfoo\\b", { "a foo b", "\303\251foo" }, { "foobar", "_foo" } },
  { "^\\B", { "", "-" }, { "a" } },
  { "^\\p{L}+$", { "a\303\251\316\264" }, { "1", "" } },
  { "^\\p{Letter}\\P{Lu}$", { "Aa" }, { "AA", "1a" } },
  { "^[\\p{Nd}_]+$", { "1_\331\240" }, { "a" } },
  { "^[^\\p{Nd}]$", { "a" }, { "\331\240" } },
  { "^\\p{Script=Greek}\\p{sc=Cyrl}\\p{General_Category=Decimal_Number}$", { "\316\264\320\2601" },
    { "da1" } },
  { "^\\p{ASCII}\\p{Any}\\p{Alphabetic}$", { "a-b" }, { "\303\251-b" } },
};

static void
test_cases (void)
{
  g_test_summary ("Expressions match as ECMA-262 says");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      gint64 work = 1000000;
      MbRegex *regex = _mb_regex_new (cases[i].pattern, &work, &error);

      g_assert_no_error (error);
      for (guint expected = 0; expected < 2; expected++)
        {
          const char *const *texts = expected ? cases[i].yes : cases[i].no;

          for (; *texts != NULL; texts++)
            {
              MbBudget budget = { 1000000, 0 };

              if (_mb_regex_match (regex, *texts, strlen (*texts), &budget) != (gboolean) expected)
                {
                  g_test_message ("/%s/ on “%s” is not %u", cases[i].pattern, *texts, expected);
                  g_test_fail ();
                }
              g_assert_cmpint (budget.left, >=, 0);
            }
        }
      _mb_regex_free (regex);
    }
}

static void
test_refused (void)
{
  static const char *const patterns[] = {
    "(", ")", "[", "a**", "*", "+a", "?", "{2}", "a{2,1}", "[b-a]", "\\", "\\a", "\\A", "\\Z",
    "\\z", "\\K",
    "\\Q", "\\e", "\\h", "\\R", "\\X", "\\G", "\\1", "(a)\\2", "\\k<n>", "\\k", "(?<n>a)\\k<m>",
    "\\x4", "\\u12",
    "\\u{110000}", "\\u{}", "\\c1", "\\01", "\\p", "\\p{}", "\\p{Nonsense}", "\\p{letter}", "\\pL",
    "(?i)a",
    "(?i:a)", "(?#x)", "(?P<n>a)", "(?P=n)", "(?>a)", "(?|a)", "(?R)", "(*ACCEPT)", "a++", "a*+",
    "(?<1>a)",
    "(?<n>a)(?<n>b)", "^*", "$+", "\\b?", "(?<=a)*", "(?'n'a)", "(?", "(?<",
  };

  g_test_summary ("What other dialects know, and what is wrong in all, is an error that says where");

  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++)
    {
      g_autoptr(GError) error = NULL;
      gint64 work = 1000000;
      MbRegex *regex = _mb_regex_new (patterns[i], &work, &error);

      if (regex != NULL)
        {
          g_test_message ("/%s/ is accepted", patterns[i]);
          g_test_fail ();
          _mb_regex_free (regex);
          continue;
        }
      g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_INVALID);
      g_assert_false (_mb_regex_is_valid (patterns[i]));
    }
}

static void
test_unsupported (void)
{
  gint64 work = 1000000;
  g_autoptr(GError) error = NULL;

  g_test_summary ("What is right but beyond the matcher is told apart from what is wrong");

  g_assert_null (_mb_regex_new ("(?<=a+)b", &work, &error));
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_UNSUPPORTED);
  g_assert_true (_mb_regex_is_valid ("(?<=a+)b"));
}

static void
test_too_long (void)
{
  g_autofree char *pattern = g_strnfill (20000, 'a');
  g_autofree char *groups = g_strnfill (5000, '(');
  g_autoptr(GError) error = NULL;
  gint64 work = 1000000;

  g_test_summary ("Expressions that are too long, or nested too deep, are refused");

  g_assert_null (_mb_regex_new (pattern, &work, &error));
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_LIMIT);
  g_clear_error (&error);
  g_assert_null (_mb_regex_new (groups, &work, &error));
  g_assert_error (error, MB_SCHEMA_ERROR, MB_SCHEMA_ERROR_INVALID);
}

static void
test_automaton_is_used (void)
{
  static const char *const regular[] =
    { "^[a-zA-Z/%]+$", "^(a+)+$", "^[^/]{1,64}$", "^\\S+@\\S+$", "\303\251|[\316\261-\317\211]" };

  g_test_summary ("Everyday expressions become automata");

  for (guint i = 0; i < G_N_ELEMENTS (regular); i++)
    {
      gint64 work = 1000000;
      g_autoptr(MbRe) re = _mb_re_parse (regular[i], NULL);
      MbAutomaton *automaton = _mb_automaton_new (re, &work);

      g_assert_nonnull (automaton);
      _mb_automaton_free (automaton);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/schema-regex/cases", test_cases);
  g_test_add_func ("/schema-regex/refused", test_refused);
  g_test_add_func ("/schema-regex/unsupported", test_unsupported);
  g_test_add_func ("/schema-regex/too-long", test_too_long);
  g_test_add_func ("/schema-regex/automaton-is-used", test_automaton_is_used);

  return g_test_run ();
}
