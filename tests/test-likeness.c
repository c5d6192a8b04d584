/* test-likeness.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "minibus/mb-json-private.h"
#include "minibus/mb-likeness-private.h"

static guint n_keys;

static gconstpointer
new_key (void)
{
  return GSIZE_TO_POINTER ((gsize) ++n_keys * 16);
}

/* The text as it stands in a packet, between its quotation marks. */
static GString *
escape (const char *text)
{
  GString *escaped = g_string_new (NULL);

  _mb_json_append_string (escaped, text, strlen (text));
  g_string_erase (escaped, 0, 1);
  g_string_truncate (escaped, escaped->len - 1);

  return escaped;
}

/* Asks in one way. What is found has to be right. Returns whether anything is. */
static gboolean
ask (gconstpointer  key,
     MbLikenessWay  way,
     const char    *text)
{
  g_autoptr(GString) escaped = escape (text);
  const char *found;
  gsize n;

  if (way == MB_LIKENESS_OUT)
    {
      found = _mb_likeness_find (key, way, text, strlen (text), &n);
      if (found != NULL)
        g_assert_cmpmem (found, n, escaped->str, escaped->len);
    }
  else
    {
      found = _mb_likeness_find (key, way, escaped->str, escaped->len, &n);
      if (found != NULL)
        g_assert_cmpmem (found, n, text, strlen (text));
    }

  return found != NULL;
}

/* Makes a text known: it takes two of the same length. */
static void
note (gconstpointer  key,
      MbLikenessWay  way,
      const char    *text)
{
  _mb_likeness_note (key, way, text, strlen (text));
  _mb_likeness_note (key, way, text, strlen (text));
}

typedef struct
{
  const char *known;
  const char *asked;
  gboolean    alike;
} Case;

static const Case cases[] = {
  { "{\"n\":1000}", "{\"n\":1000}", TRUE },
  { "{\"n\":1000}", "{\"n\":1999}", TRUE },
  { "{\"n\":1000}", "{\"n\":2000}", FALSE },     /* good, but so might 0000 be */
  { "{\"n\":1000}", "{\"n\":0000}", FALSE },
  { "{\"n\":1000}", "{\"n\":100}", FALSE },
  { "{\"n\":1000}", "{\"n\":10000}", FALSE },
  { "{\"n\":1000}", "{\"n\":100x}", FALSE },
  { "{\"n\":1000}", "{\"n\":1 00}", FALSE },
  { "{\"n\":1000}", "{\"m\":1000}", FALSE },
  { "[5]", "[0]", TRUE },
  { "[-5]", "[-7]", TRUE },
  { "[-5]", "[55]", FALSE },
  { "[55]", "[-5]", FALSE },
  { "[0.5,1.25]", "[9.0,0.99]", TRUE },
  { "[10.5]", "[00.5]", FALSE },
  { "[10.5]", "[1005]", FALSE },
  { "[1e10]", "[1e11]", FALSE },
  { "[1e10]", "[2e10]", FALSE },
  { "[1E+9]", "[1E+8]", FALSE },
  { "[1234567890123456]", "[1234567890123457]", TRUE },
  { "[12345678901234567]", "[12345678901234568]", FALSE },
  { "[\"2026-11-23\"]", "[\"1999-01-01\"]", TRUE },
  { "[\"2026-11-23\"]", "[\"2026-11-2x\"]", FALSE },
  { "[\"x1\"]", "[\"y1\"]", FALSE },
  { "{\"a1\":1,\"a2\":1}", "{\"a1\":2,\"a2\":3}", TRUE },
  { "{\"a1\":1,\"a2\":1}", "{\"a2\":1,\"a2\":1}", FALSE },
  { "{\"a1\":\"b1\"}", "{\"a1\":\"b2\"}", TRUE },
  { "{\"a1\":\"b1\"}", "{\"a2\":\"b1\"}", FALSE },
  { "\"1\"", "\"2\"", TRUE },
  { "1", "2", TRUE },
  { "true", "true", TRUE },
  { "true", "null", FALSE },
  { "{\"a\":{\"b\":[1,{\"c\":\"1\"}]}}", "{\"a\":{\"b\":[2,{\"c\":\"3\"}]}}", TRUE },
  { "[\"\\u0041\"]", "[\"\\u0042\"]", FALSE },
};

static void
test_cases (void)
{
  g_test_summary ("A text is like another if only digits of values differ that may be any");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (MbLikenessWay way = MB_LIKENESS_IN; way <= MB_LIKENESS_OUT; way++)
      {
        gconstpointer key = new_key ();

        g_assert_false (ask (key, way, cases[i].known));
        note (key, way, cases[i].known);
        g_test_message ("%s after %s", cases[i].asked, cases[i].known);
        g_assert_true (ask (key, way, cases[i].asked) == cases[i].alike);
      }
}

static void
test_follows (void)
{
  gconstpointer key = new_key ();

  g_test_summary ("One after the other is compared with the one before, also after one that was different");

  note (key, MB_LIKENESS_IN, "{\"n\":1000,\"t\":\"00:00\"}");
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"n\":1%03u,\"t\":\"%02u:%02u\"}", i, i / 60, i % 60);
      g_autofree char *broken = g_strdup_printf ("{\"n\":1%03u,\"t\":\"%02u:%02u\"]", (i + 7) % 1000, i / 60, i % 60);

      g_assert_true (ask (key, MB_LIKENESS_IN, text));
      g_assert_false (ask (key, MB_LIKENESS_IN, broken));
    }
}

static void
test_random (void)
{
  static const char alphabet[] = "0123456789{}[]:,\"-+.eEtrufalsn \\x";

  g_test_summary ("Whatever is changed, what is found is good JSON, and right");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (MbLikenessWay way = MB_LIKENESS_IN; way <= MB_LIKENESS_OUT; way++)
      {
        gconstpointer key = new_key ();

        note (key, way, cases[i].known);
        for (guint j = 0; j < 2000; j++)
          {
            g_autofree char *text = g_strdup (cases[i].known);
            int n = g_test_rand_int_range (1, 4);

            while (n-- > 0)
              text[g_test_rand_int_range (0, (int) strlen (text))] =
                alphabet[g_test_rand_int_range (0, (int) sizeof alphabet - 1)];
            if (ask (key, way, text))
              g_assert_true (_mb_json_check (text, strlen (text), NULL));
          }
      }
}

static void
test_apart (void)
{
  gconstpointer one = new_key ();
  gconstpointer other = new_key ();

  g_test_summary ("Each topic has its own, and so has each way");

  note (one, MB_LIKENESS_IN, "[1]");
  g_assert_false (ask (other, MB_LIKENESS_IN, "[1]"));
  g_assert_false (ask (one, MB_LIKENESS_OUT, "[1]"));
  note (one, MB_LIKENESS_OUT, "[\"2\"]");
  g_assert_true (ask (one, MB_LIKENESS_OUT, "[\"3\"]"));
  g_assert_true (ask (one, MB_LIKENESS_IN, "[3]"));
}

static void
test_several (void)
{
  gconstpointer keys[4];
  guint n_found = 0;

  g_test_summary ("Several topics can be in use at once, wherever they are, and more than can be remembered");

  /* These all have the same first place. */
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    keys[i] = GSIZE_TO_POINTER ((gsize) 16 << 32 | (gsize) i << 36);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    note (keys[i], MB_LIKENESS_IN, "[1]");
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    g_assert_true (ask (keys[i], MB_LIKENESS_IN, "[2]"));

  for (guint i = 0; i < 100; i++)
    note (GSIZE_TO_POINTER ((gsize) (1000 + i) * 16), MB_LIKENESS_IN, "[1]");
  for (guint i = 0; i < 100; i++)
    n_found += ask (GSIZE_TO_POINTER ((gsize) (1000 + i) * 16), MB_LIKENESS_IN, "[2]");
  g_assert_cmpuint (n_found, >, 8);
  g_assert_cmpuint (n_found, <=, 32);
}

static void
test_sizes (void)
{
  g_test_summary ("Texts of all lengths are compared to their ends, and long ones not at all");

  for (guint length = 1; length < 1100; length++)
    {
      gconstpointer key = new_key ();
      g_autofree char *text = g_strnfill (length + 2, 'x');

      text[0] = text[length + 1] = '"';
      text[length] = '1';
      note (key, MB_LIKENESS_OUT, text);
      g_assert_true (ask (key, MB_LIKENESS_OUT, text) == (length + 2 <= 1024));
      text[length] = '2';
      g_assert_true (ask (key, MB_LIKENESS_OUT, text) == (length + 2 <= 1024));
      text[length + 1] = '1';
      g_assert_false (ask (key, MB_LIKENESS_OUT, text));
    }
}

static void
test_rest (void)
{
  gconstpointer key = new_key ();

  g_test_summary ("Where nothing is ever alike, nothing is learnt for a while");

  for (guint i = 0; i < 17; i++)
    {
      g_autofree char *text = g_strdup_printf ("\"%c\"", 'a' + i);

      g_assert_false (ask (key, MB_LIKENESS_OUT, text));
      _mb_likeness_note (key, MB_LIKENESS_OUT, text, strlen (text));
    }
  for (guint i = 0; i < 1024; i++)
    {
      g_assert_false (ask (key, MB_LIKENESS_OUT, "\"z\""));
      _mb_likeness_note (key, MB_LIKENESS_OUT, "\"z\"", 3);
    }
  _mb_likeness_note (key, MB_LIKENESS_OUT, "\"z\"", 3);
  g_assert_true (ask (key, MB_LIKENESS_OUT, "\"z\""));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/likeness/cases", test_cases);
  g_test_add_func ("/likeness/follows", test_follows);
  g_test_add_func ("/likeness/random", test_random);
  g_test_add_func ("/likeness/apart", test_apart);
  g_test_add_func ("/likeness/several", test_several);
  g_test_add_func ("/likeness/sizes", test_sizes);
  g_test_add_func ("/likeness/rest", test_rest);

  return g_test_run ();
}
