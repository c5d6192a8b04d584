/* mb-json-reader.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-json-private.h"

#include <float.h>
#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#include "mb-error.h"
#include "mb-json-message-private.h"
#include "mb-json-scan-private.h"

/* Up to here, comparing each name with each is faster than a table. */
#define FEW_MEMBERS 8

typedef struct
{
  JsonNode   *node;     /* NULL if no tree is built */
  const char *at;       /* the content of the name in the text */
  const char *name;     /* the same without escapes: `at`, or `owned`; not ended by NUL */
  gsize       length;
  guint       hash;     /* g_str_hash() of the name, where there are many */
  char       *owned;
} Member;

typedef struct
{
  const char *text;
  const char *cursor;
  const char *end;
  gboolean    build;
  gboolean    sending;          /* what receivers would refuse is bad */
  gboolean    spaced;           /* there is white space between the tokens */
  gsize       n_nodes;
  guint       depth;
  Member     *members;          /* of all objects that are open, the innermost last */
  guint       n_members;
  guint       n_allocated;
  char       *buffer;           /* a string that a node copies */
  gsize       buffer_size;
  GError    **error;
  Member      few_members[32];
  char        small_buffer[256];
} Reader;

static gboolean read_value (Reader    *self,
                            JsonNode **out);

static inline void
skip_blank (Reader *self)
{
  const char *start = self->cursor;

  _mb_scan_blank (&self->cursor, self->end);
  self->spaced |= self->cursor != start;
}

/* Errors */

static gboolean
fail_scan (Reader *self,
           MbScan  result)
{
  return _mb_json_fail_scan (self->error, result, self->text, self->cursor, self->end);
}

/* Values */

static char *
reserve (Reader *self,
         gsize   size)
{
  if (size > self->buffer_size)
    {
      if (self->buffer != self->small_buffer)
        g_free (self->buffer);
      self->buffer = g_malloc (size);
      self->buffer_size = size;
    }

  return self->buffer;
}

static gboolean
read_string (Reader    *self,
             JsonNode **out)
{
  const char *start = self->cursor + 1;
  gboolean escaped;
  MbScan result = _mb_scan_string (&self->cursor, self->end, &escaped);
  gsize length;
  char *buffer;

  if (result != MB_SCAN_OK)
    return fail_scan (self, result);

  if (!self->build)
    return TRUE;

  length = (gsize) (self->cursor - 1 - start);
  buffer = reserve (self, length + 1);
  if (escaped)
    length = _mb_scan_decode (buffer, start, length);
  else
    memcpy (buffer, start, length);
  buffer[length] = '\0';

  *out = json_node_init_string (json_node_alloc (), buffer);

  return TRUE;
}

static double
to_double (Reader             *self,
           const MbScanNumber *number,
           const char         *start,
           gsize               length)
{
  char *buffer;

#if FLT_EVAL_METHOD == 0
  /* Both operands are doubles without any rounding, so that the one operation rounds correctly. */
  static const double powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

  if (number->exact && number->digits <= G_GUINT64_CONSTANT (1) << 53 &&
      ABS (number->exponent) <= 22)
    {
      double value = (double) number->digits;

      if (number->exponent < 0)
        value /= powers[-number->exponent];
      else
        value *= powers[number->exponent];

      return number->negative ? -value : value;
    }
#endif

  buffer = reserve (self, length + 1);
  memcpy (buffer, start, length);
  buffer[length] = '\0';

  return g_ascii_strtod (buffer, NULL);
}

/* The number before the cursor, for a message; it may be long. */
static char *
show_number (Reader     *self,
             const char *start)
{
  const gsize most = 40;
  gsize length = (gsize) (self->cursor - start);

  return g_strdup_printf ("%.*s%s", (int) MIN (length, most), start, length > most ? "…" : "");
}

static gboolean
read_number (Reader    *self,
             JsonNode **out)
{
  const char *start = self->cursor;
  MbScanNumber number;
  MbScan result = _mb_scan_number (&self->cursor, self->end, &number);
  double value;

  if (result != MB_SCAN_OK)
    return fail_scan (self, result);

  if (number.integer && number.exact &&
      number.digits <= (guint64) G_MAXINT64 + (number.negative ? 1 : 0))
    {
      /* Negated as unsigned, so that -2^63 has no overflow. */
      if (self->build)
        *out = json_node_init_int (json_node_alloc (),
                                   (gint64) (number.negative ? -number.digits : number.digits));
      return TRUE;
    }

  if (self->sending && number.integer && (!number.exact || number.negative))
    {
      g_autofree char *shown = show_number (self, start);

      return _mb_json_fail (self->error, MB_JSON_ERROR_NUMBER, self->text, start,
                            _("the integer %s is outside of -2^63 to 2^64-1, and MiniBus programs "
                              "refuse a packet that holds one; write it with an exponent, as 1e20, "
                              "if a floating-point number is meant"), shown);
    }

  value = to_double (self, &number, start, (gsize) (self->cursor - start));
  if (!isfinite (value))
    {
      g_autofree char *shown = show_number (self, start);

      return _mb_json_fail (self->error, MB_JSON_ERROR_NUMBER, self->text, start,
                            _("the number %s is beyond the range of floating-point numbers, which "
                              "ends at about 1.8e308"), shown);
    }

  if (self->build)
    *out = json_node_init_double (json_node_alloc (), value);

  return TRUE;
}

static gboolean
read_word (Reader     *self,
           const char *word)
{
  MbScan result = _mb_scan_word (&self->cursor, self->end, word);

  return result == MB_SCAN_OK || fail_scan (self, result);
}

static gboolean
enter (Reader *self)
{
  if (self->depth == MB_JSON_MAX_DEPTH)
    return fail_scan (self, MB_SCAN_TOO_DEEP);

  self->depth++;
  self->cursor++;
  skip_blank (self);

  return TRUE;
}

static gboolean
read_array (Reader    *self,
            JsonNode **out)
{
  g_autoptr(JsonArray) array = NULL;

  if (!enter (self))
    return FALSE;

  if (self->build)
    array = json_array_new ();

  if (self->cursor == self->end || *self->cursor != ']')
    {
      while (TRUE)
        {
          JsonNode *element = NULL;

          if (!read_value (self, &element))
            return FALSE;
          if (self->build)
            json_array_add_element (array, element);

          skip_blank (self);
          if (self->cursor == self->end || *self->cursor != ',')
            break;
          self->cursor++;
        }
    }

  if (self->cursor == self->end || *self->cursor != ']')
    return fail_scan (self, MB_SCAN_COMMA_ARRAY);

  self->cursor++;
  self->depth--;

  if (self->build)
    {
      *out = json_node_init (json_node_alloc (), JSON_NODE_ARRAY);
      json_node_take_array (*out, g_steal_pointer (&array));
    }

  return TRUE;
}

/* Objects */

static void
drop_members (Reader *self,
              guint   first)
{
  while (self->n_members > first)
    {
      Member *member = &self->members[--self->n_members];

      g_clear_pointer (&member->node, json_node_unref);
      g_free (member->owned);
    }
}

static Member *
push_member (Reader *self)
{
  if (self->n_members == self->n_allocated)
    {
      self->n_allocated *= 2;
      if (self->members == self->few_members)
        {
          self->members = g_new (Member, self->n_allocated);
          memcpy (self->members, self->few_members, sizeof self->few_members);
        }
      else
        {
          self->members = g_renew (Member, self->members, self->n_allocated);
        }
    }

  return memset (&self->members[self->n_members++], 0, sizeof (Member));
}

/* Reads a name and its colon. */
static gboolean
read_name (Reader *self)
{
  const char *start;
  gboolean escaped;
  MbScan result;
  Member *member;

  skip_blank (self);
  if (self->cursor == self->end || *self->cursor != '"')
    return fail_scan (self, MB_SCAN_NAME);

  start = self->cursor + 1;
  result = _mb_scan_string (&self->cursor, self->end, &escaped);
  if (result != MB_SCAN_OK)
    return fail_scan (self, result);

  member = push_member (self);
  member->at = member->name = start;
  member->length = (gsize) (self->cursor - 1 - start);
  if (escaped)
    {
      member->owned = g_malloc (member->length);
      member->length = _mb_scan_decode (member->owned, start, member->length);
      member->name = member->owned;
    }

  skip_blank (self);
  if (self->cursor == self->end || *self->cursor != ':')
    return fail_scan (self, MB_SCAN_COLON);
  self->cursor++;

  return TRUE;
}

static gboolean
same_name (const Member *a,
           const Member *b)
{
  return a->length == b->length && memcmp (a->name, b->name, a->length) == 0;
}

static gboolean
fail_duplicate (Reader       *self,
                const Member *member)
{
  const char *end = member->at;
  gboolean escaped;

  /* The name as it is written: that has no control characters. */
  _mb_scan_content (&end, self->end, &escaped);
  if (end - member->at > 100)
    {
      end = member->at + 100;
      while (((guint8) *end & 0xc0) == 0x80)
        end--;
    }

  return _mb_json_fail (self->error, MB_JSON_ERROR_DUPLICATE, self->text, member->at - 1,
                        _("the object has a member “%.*s” already; names must differ"),
                        (int) (end - member->at), member->at);
}

/* The n last members are those of one object: their names must differ, and must not all have one
 * hash. This comes before they get into a hash table that cannot defend itself.
 */
static gboolean
check_names (Reader *self,
             guint   n)
{
  Member *members = &self->members[self->n_members - n];
  g_autofree guint16 *table = NULL;
  static gint seed;
  guint mask;

  if (n <= FEW_MEMBERS)
    {
      for (guint i = 1; i < n; i++)
        for (guint j = 0; j < i; j++)
          if (same_name (&members[i], &members[j]))
            return fail_duplicate (self, &members[i]);

      return TRUE;
    }

  if (g_atomic_int_get (&seed) == 0)
    g_atomic_int_set (&seed, (gint) (g_random_int () | 1));

  /* Indexes plus one, with open addressing, at most half full. */
  for (guint i = 0; i < n; i++)
    {
      members[i].hash = 5381;
      for (gsize j = 0; j < members[i].length; j++)
        members[i].hash = members[i].hash * 33 + (guint) (signed char) members[i].name[j];
    }

  mask = (2u << g_bit_storage (n)) - 1;
  table = g_new0 (guint16, mask + 1);

  for (guint i = 0; i < n; i++)
    {
      guint32 mixed = members[i].hash ^ (guint32) g_atomic_int_get (&seed);
      guint slot;
      guint n_same = 0;

      mixed = (mixed ^ mixed >> 16) * 0x85ebca6b;
      mixed = (mixed ^ mixed >> 13) * 0xc2b2ae35;
      slot = (mixed ^ mixed >> 16) & mask;

      for (; table[slot] != 0; slot = (slot + 1) & mask)
        {
          const Member *other = &members[table[slot] - 1];

          if (other->hash != members[i].hash)
            continue;
          if (same_name (other, &members[i]))
            return fail_duplicate (self, &members[i]);
          if (++n_same == MB_JSON_MAX_SAME_HASH)
            return _mb_json_fail (self->error, MB_JSON_ERROR_TOO_LARGE,
                                  self->text, members[i].at - 1,
                                  _("more than %d names of the object have one hash, which only "
                                    "happens on purpose"), MB_JSON_MAX_SAME_HASH);
        }

      table[slot] = (guint16) (i + 1);
    }

  return TRUE;
}

static JsonNode *
make_object (Reader *self,
             guint   first)
{
  JsonObject *object = json_object_new ();
  JsonNode *node = json_node_init (json_node_alloc (), JSON_NODE_OBJECT);

  for (guint i = first; i < self->n_members; i++)
    {
      Member *member = &self->members[i];
      char *name = reserve (self, member->length + 1);

      memcpy (name, member->name, member->length);
      name[member->length] = '\0';
      json_object_set_member (object, name, g_steal_pointer (&member->node));
    }

  json_node_take_object (node, object);

  return node;
}

static gboolean
read_object (Reader    *self,
             JsonNode **out)
{
  guint first = self->n_members;

  if (!enter (self))
    return FALSE;

  if (self->cursor == self->end || *self->cursor != '}')
    {
      while (TRUE)
        {
          JsonNode *node = NULL;
          guint n = self->n_members - first;

          if (n == MB_JSON_MAX_MEMBERS)
            return _mb_json_fail (self->error, MB_JSON_ERROR_TOO_LARGE, self->text, self->cursor,
                                  _("an object must not have more than %d members"),
                                  MB_JSON_MAX_MEMBERS);

          if (!read_name (self) || !read_value (self, &node))
            return FALSE;
          self->members[first + n].node = node;

          skip_blank (self);
          if (self->cursor == self->end || *self->cursor != ',')
            break;
          self->cursor++;
        }
    }

  if (self->cursor == self->end || *self->cursor != '}')
    return fail_scan (self, MB_SCAN_COMMA_OBJECT);

  if (!check_names (self, self->n_members - first))
    return FALSE;

  self->cursor++;
  self->depth--;

  if (self->build)
    *out = make_object (self, first);
  drop_members (self, first);

  return TRUE;
}

static gboolean
read_value (Reader    *self,
            JsonNode **out)
{
  skip_blank (self);
  if (self->cursor == self->end)
    return fail_scan (self, MB_SCAN_VALUE);

  self->n_nodes++;

  switch (*self->cursor)
    {
    case '{':
      return read_object (self, out);
    case '[':
      return read_array (self, out);
    case '"':
      return read_string (self, out);
    case 't':
      if (!read_word (self, "true"))
        return FALSE;
      if (self->build)
        *out = json_node_init_boolean (json_node_alloc (), TRUE);
      return TRUE;
    case 'f':
      if (!read_word (self, "false"))
        return FALSE;
      if (self->build)
        *out = json_node_init_boolean (json_node_alloc (), FALSE);
      return TRUE;
    case 'n':
      if (!read_word (self, "null"))
        return FALSE;
      if (self->build)
        *out = json_node_init_null (json_node_alloc ());
      return TRUE;
    case '-':
    case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':
      return read_number (self, out);
    default:
      return fail_scan (self, MB_SCAN_VALUE);
    }
}

/* Builds a tree where there is `out`. `spaced`, if not NULL, is set to whether there is white space between
 * tokens, and makes this the check of a sender. */
static gboolean
read_text (const char  *text,
           gsize        length,
           JsonNode   **out,
           gsize       *n_nodes,
           gboolean    *spaced,
           GError     **error)
{
  Reader self;
  JsonNode *root = NULL;
  gboolean success;

  self.text = self.cursor = text;
  self.end = text + length;
  self.build = out != NULL;
  self.sending = spaced != NULL;
  self.spaced = FALSE;
  self.n_nodes = 0;
  self.depth = 0;
  self.members = self.few_members;
  self.n_members = 0;
  self.n_allocated = G_N_ELEMENTS (self.few_members);
  self.buffer = self.small_buffer;
  self.buffer_size = sizeof self.small_buffer;
  self.error = error;

  success = read_value (&self, &root);
  if (success)
    {
      skip_blank (&self);
      if (self.cursor != self.end)
        {
          success = fail_scan (&self, MB_SCAN_TRAILING);
          g_clear_pointer (&root, json_node_unref);
        }
    }

  drop_members (&self, 0);
  if (self.members != self.few_members)
    g_free (self.members);
  if (self.buffer != self.small_buffer)
    g_free (self.buffer);

  if (out != NULL)
    *out = root;
  if (n_nodes != NULL)
    *n_nodes = self.n_nodes;
  if (spaced != NULL)
    *spaced = self.spaced;

  return success;
}

JsonNode *
_mb_json_read (const char  *text,
               gsize        length,
               gsize       *n_nodes,
               GError     **error)
{
  JsonNode *root = NULL;

  if (!read_text (text, length, &root, n_nodes, NULL, error))
    return NULL;

  json_node_seal (root);

  return root;
}

gboolean
_mb_json_check (const char  *text,
                gsize        length,
                GError     **error)
{
  return _mb_json_is_plain (text, length) || read_text (text, length, NULL, NULL, NULL, error);
}

gboolean
_mb_json_append_text (GString     *out,
                      const char  *text,
                      gsize        length,
                      GError     **error)
{
  const char *end = text + length;
  gboolean spaced = FALSE;

  if (!_mb_json_is_plain (text, length) && !read_text (text, length, NULL, NULL, &spaced, error))
    return FALSE;

  if (!spaced)
    {
      g_string_append_len (out, text, (gssize) length);
      return TRUE;
    }

  while (text < end)
    {
      const char *start = text;
      gboolean escaped;

      if (*text == '"')
        _mb_scan_string (&text, end, &escaped);
      else
        while (text < end && *text != '"' && !g_ascii_isspace (*text))
          text++;

      g_string_append_len (out, start, text - start);
      _mb_scan_blank (&text, end);
    }

  return TRUE;
}

gboolean
_mb_json_unescape (GString    *out,
                   const char *raw,
                   gsize       length)
{
  const char *cursor = raw;
  gboolean escaped;

  g_string_truncate (out, 0);

  if (_mb_scan_content (&cursor, raw + length, &escaped) != MB_SCAN_OK || cursor != raw + length)
    return FALSE;

  g_string_set_size (out, length);
  g_string_truncate (out, _mb_scan_decode (out->str, raw, length));

  return TRUE;
}
