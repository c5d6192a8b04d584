/* mb-schema-automaton.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A deterministic automaton over the bytes of UTF-8. Matching reads each byte once, whatever the
 * expression is. All work is done when it is made, and bounded there.
 */

#include "config.h"

#include "mb-schema-automaton-private.h"

#include <string.h>

enum
{
  MAX_STEPS = 4000,           /* of the program that it is made from */
  MAX_STATES = 2000,
  MAX_CELLS = 65536,
};

enum
{
  STATE_NO,                   /* for good */
  STATE_YES,                  /* for good */
  STATE_START,
};

struct _MbAutomaton
{
  guint8   classes[256];      /* of bytes that are treated alike */
  guint    n_classes;
  guint    n_states;
  guint16 *next;              /* state × class -> state */
  guint8  *yes_at_end;        /* by state */
};

/* The steps of a program: one alternative after the other is tried, all at the same time. */
typedef enum
{
  STEP_BYTE,
  STEP_SPLIT,
  STEP_START,
  STEP_END,
  STEP_MATCH,
} StepKind;

typedef struct
{
  StepKind kind;
  guint8   low;
  guint8   high;
  guint    next;
  guint    other;
} Step;

typedef struct
{
  GArray     *steps;          /* Step */
  gint64      work;           /* that may still be done */
  guint       start;

  /* While the states are made. */
  GArray     *next;           /* guint16 */
  GPtrArray  *sets;           /* GArray of guint: the steps of each state */
  GHashTable *index;          /* GBytes of a set -> state */
  guint8     *seen;           /* by step */
  guint8      classes[256];
  guint8      examples[256];  /* a byte of each class */
  guint       n_classes;
} Builder;

#define NO_STEP G_MAXUINT

static guint
add_step (Builder  *self,
          StepKind  kind,
          guint     next,
          guint     other)
{
  Step step = { kind, 0, 0, next, other };

  if (self->steps->len >= MAX_STEPS || next == NO_STEP)
    {
      self->work = -1;
      return NO_STEP;
    }
  g_array_append_val (self->steps, step);

  return self->steps->len - 1;
}

static guint
add_byte (Builder *self,
          guint8   low,
          guint8   high,
          guint    next)
{
  guint at = add_step (self, STEP_BYTE, next, 0);

  if (at != NO_STEP)
    {
      g_array_index (self->steps, Step, at).low = low;
      g_array_index (self->steps, Step, at).high = high;
    }

  return at;
}

/* `before` or the characters from low to high. */
static guint
add_characters (Builder  *self,
                gunichar  low,
                gunichar  high,
                guint     next,
                guint     before)
{
  static const gunichar lasts[] = { 0x7f, 0x7ff, 0xffff };
  char first_bytes[6], last_bytes[6];
  int n;
  guint at = next;

  for (guint i = 0; i < G_N_ELEMENTS (lasts); i++)
    if (low <= lasts[i] && lasts[i] < high)
      {
        before = add_characters (self, low, lasts[i], next, before);
        return add_characters (self, lasts[i] + 1, high, next, before);
      }

  /* Every byte but the first that differ must take all values. */
  for (guint i = 1; i < 4 && high > 0x7f; i++)
    {
      gunichar mask = ((gunichar) 1 << (6 * i)) - 1;

      if ((low & ~mask) == (high & ~mask))
        break;
      if ((low & mask) != 0)
        {
          before = add_characters (self, low, low | mask, next, before);
          return add_characters (self, (low | mask) + 1, high, next, before);
        }
      if ((high & mask) != mask)
        {
          before = add_characters (self, low, (high & ~mask) - 1, next, before);
          return add_characters (self, high & ~mask, high, next, before);
        }
    }

  n = g_unichar_to_utf8 (low, first_bytes);
  g_unichar_to_utf8 (high, last_bytes);
  while (n-- > 0)
    at = add_byte (self, (guint8) first_bytes[n], (guint8) last_bytes[n], at);

  return before == NO_STEP ? at : add_step (self, STEP_SPLIT, at, before);
}

static guint build (Builder    *self,
                    const MbRe *re,
                    guint       next);

static guint
build_repeat (Builder    *self,
              const MbRe *re,
              guint       next)
{
  const MbRe *part = g_ptr_array_index (re->parts, 0);
  guint at = next;

  if (re->minimum > MAX_STEPS || (re->maximum > MAX_STEPS && re->maximum != MB_REGEX_INFINITE))
    self->work = -1;

  if (re->maximum == MB_REGEX_INFINITE)
    {
      guint body;

      at = add_step (self, STEP_SPLIT, next, next);
      body = build (self, part, at);
      if (at != NO_STEP && body != NO_STEP)
        g_array_index (self->steps, Step, at).next = body;
    }
  else
    {
      for (guint i = re->minimum; i < re->maximum && self->work >= 0; i++)
        at = add_step (self, STEP_SPLIT, build (self, part, at), next);
    }

  for (guint i = 0; i < re->minimum && self->work >= 0; i++)
    at = build (self, part, at);

  return at;
}

/* Adds the steps of an expression after which it goes on at `next`; returns the first of them. */
static guint
build (Builder    *self,
       const MbRe *re,
       guint       next)
{
  guint at = NO_STEP;

  if (--self->work < 0 || next == NO_STEP)
    return NO_STEP;

  switch (re->kind)
    {
    case MB_RE_EMPTY:
      return next;

    case MB_RE_CLASS:
      if (re->properties->len > 0)
        {
          self->work = -1;
          return NO_STEP;
        }
      for (guint i = 0; i < re->ranges->len; i++)
        {
          MbRange *range = &g_array_index (re->ranges, MbRange, i);

          at = add_characters (self, range->low, range->high, next, at);
        }
      /* No byte is between 1 and 0. */
      return re->ranges->len > 0 ? at : add_byte (self, 1, 0, next);

    case MB_RE_SEQUENCE:
      for (guint i = re->parts->len; i-- > 0; )
        next = build (self, g_ptr_array_index (re->parts, i), next);
      return next;

    case MB_RE_ALTERNATIVES:
      for (guint i = re->parts->len; i-- > 0; )
        {
          guint part = build (self, g_ptr_array_index (re->parts, i), next);

          at = at == NO_STEP ? part : add_step (self, STEP_SPLIT, part, at);
        }
      return at;

    case MB_RE_REPEAT:
      return build_repeat (self, re, next);

    case MB_RE_GROUP:
      return build (self, g_ptr_array_index (re->parts, 0), next);

    case MB_RE_START:
      return add_step (self, STEP_START, next, 0);

    case MB_RE_END:
      return add_step (self, STEP_END, next, 0);

    case MB_RE_WORD_EDGE:
    case MB_RE_NO_WORD_EDGE:
    case MB_RE_AHEAD:
    case MB_RE_NOT_AHEAD:
    case MB_RE_BEHIND:
    case MB_RE_NOT_BEHIND:
    case MB_RE_BACK_REFERENCE:
    default:
      self->work = -1;
      return NO_STEP;
    }
}

/* Adds to a set all that can be reached from a step without reading. Steps that read, or wait for
 * the end, stay in the set.
 */
static void
reach (Builder  *self,
       GArray   *set,
       guint     from,
       gboolean  at_start,
       gboolean  at_end)
{
  g_autoptr(GArray) stack = g_array_new (FALSE, FALSE, sizeof (guint));

  g_array_append_val (stack, from);
  while (stack->len > 0)
    {
      guint at = g_array_index (stack, guint, stack->len - 1);
      Step *step = &g_array_index (self->steps, Step, at);

      g_array_set_size (stack, stack->len - 1);
      if (self->seen[at])
        continue;
      self->seen[at] = TRUE;
      self->work--;

      switch (step->kind)
        {
        case STEP_SPLIT:
          g_array_append_val (stack, step->other);
          g_array_append_val (stack, step->next);
          break;
        case STEP_START:
          if (at_start)
            g_array_append_val (stack, step->next);
          break;
        case STEP_END:
          if (at_end)
            g_array_append_val (stack, step->next);
          g_array_append_val (set, at);
          break;
        case STEP_BYTE:
        case STEP_MATCH:
        default:
          g_array_append_val (set, at);
          break;
        }
    }
}

static int
compare_steps (gconstpointer a,
               gconstpointer b)
{
  guint x = *(const guint *) a, y = *(const guint *) b;

  return x < y ? -1 : x > y;
}

static gboolean
has_match (Builder *self,
           GArray  *set)
{
  for (guint i = 0; i < set->len; i++)
    if (g_array_index (self->steps, Step, g_array_index (set, guint, i)).kind == STEP_MATCH)
      return TRUE;

  return FALSE;
}

/* The number of the state of a set, which is taken over. */
static guint
get_state (Builder *self,
           GArray  *set)
{
  g_autoptr(GArray) owned = set;
  g_autoptr(GBytes) key = NULL;
  gpointer found;

  if (has_match (self, set))
    return STATE_YES;
  if (set->len == 0)
    return STATE_NO;

  g_array_sort (set, compare_steps);
  key = g_bytes_new (set->data, sizeof (guint) * set->len);
  if (g_hash_table_lookup_extended (self->index, key, NULL, &found))
    return GPOINTER_TO_UINT (found);

  if (self->sets->len >= MAX_STATES || (self->sets->len + 1) * self->n_classes > MAX_CELLS)
    {
      self->work = -1;
      return STATE_NO;
    }
  g_hash_table_insert (self->index, g_steal_pointer (&key), GUINT_TO_POINTER (self->sets->len));
  g_ptr_array_add (self->sets, g_steal_pointer (&owned));

  return self->sets->len - 1;
}

static void
find_classes (Builder *self)
{
  gboolean begins[257] = { FALSE };

  for (guint i = 0; i < self->steps->len; i++)
    {
      Step *step = &g_array_index (self->steps, Step, i);

      if (step->kind == STEP_BYTE && step->low <= step->high)
        begins[step->low] = begins[step->high + 1] = TRUE;
    }
  for (guint i = 0; i < 256; i++)
    {
      if (begins[i] && i > 0)
        self->n_classes++;
      self->classes[i] = (guint8) self->n_classes;
      self->examples[self->n_classes] = (guint8) i;
    }
  self->n_classes++;
}

static GArray *
new_set (void)
{
  return g_array_new (FALSE, FALSE, sizeof (guint));
}

static void
clear_seen (Builder *self)
{
  memset (self->seen, 0, self->steps->len);
}

static gboolean
ends_well (Builder  *self,
           GArray   *set,
           gboolean  at_start)
{
  g_autoptr(GArray) reached = new_set ();

  clear_seen (self);
  for (guint i = 0; i < set->len; i++)
    {
      guint at = g_array_index (set, guint, i);

      if (g_array_index (self->steps, Step, at).kind == STEP_END)
        reach (self, reached, at, at_start, TRUE);
    }

  return has_match (self, reached);
}

static MbAutomaton *
make_states (Builder *self)
{
  g_autoptr(GByteArray) ends = g_byte_array_new ();
  static const guint8 no = FALSE, yes = TRUE;
  GArray *first = new_set ();
  MbAutomaton *automaton;

  /* The three that have numbers of their own. */
  g_ptr_array_add (self->sets, new_set ());
  g_ptr_array_add (self->sets, new_set ());
  g_ptr_array_add (self->sets, first);
  reach (self, first, self->start, TRUE, FALSE);
  g_byte_array_append (ends, &no, 1);
  g_byte_array_append (ends, &yes, 1);
  for (guint i = 0; i < 2 * self->n_classes; i++)
    {
      guint16 state = i < self->n_classes ? STATE_NO : STATE_YES;

      g_array_append_val (self->next, state);
    }

  for (guint i = STATE_START; i < self->sets->len && self->work >= 0; i++)
    {
      GArray *set = g_ptr_array_index (self->sets, i);
      gboolean good = has_match (self, set) || ends_well (self, set, i == STATE_START);

      g_byte_array_append (ends, good ? &yes : &no, 1);
      for (guint c = 0; c < self->n_classes && self->work >= 0; c++)
        {
          GArray *after = new_set ();
          guint16 state;

          clear_seen (self);
          self->work -= set->len + self->steps->len / 64;
          for (guint j = 0; j < set->len; j++)
            {
              Step *step = &g_array_index (self->steps, Step, g_array_index (set, guint, j));

              if (step->kind == STEP_BYTE && step->low <= self->examples[c] &&
                  self->examples[c] <= step->high)
                reach (self, after, step->next, FALSE, FALSE);
            }
          /* A match may begin anywhere. */
          reach (self, after, self->start, FALSE, FALSE);
          state = (guint16) (has_match (self, set) ? STATE_YES
                             : get_state (self, g_array_ref (after)));
          g_array_unref (after);
          g_array_append_val (self->next, state);
        }
    }

  if (self->work < 0)
    return NULL;

  automaton = g_new0 (MbAutomaton, 1);
  memcpy (automaton->classes, self->classes, sizeof automaton->classes);
  automaton->n_classes = self->n_classes;
  automaton->n_states = self->sets->len;
  automaton->next = g_memdup2 (self->next->data, sizeof (guint16) * self->next->len);
  automaton->yes_at_end = g_memdup2 (ends->data, ends->len);

  return automaton;
}

MbAutomaton *
_mb_automaton_new (const MbRe *re,
                   gint64     *work)
{
  enum { MOST_WORK = 1000000 };

  Builder self = { .work = MIN (*work, MOST_WORK) };
  gint64 before = self.work;
  MbAutomaton *automaton = NULL;

  self.steps = g_array_new (FALSE, FALSE, sizeof (Step));
  self.start = build (&self, re, add_step (&self, STEP_MATCH, 0, 0));

  if (self.work >= 0)
    {
      self.next = g_array_new (FALSE, FALSE, sizeof (guint16));
      self.sets = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
      self.index =
        g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);
      self.seen = g_malloc0 (self.steps->len);
      find_classes (&self);
      automaton = make_states (&self);
      g_array_unref (self.next);
      g_ptr_array_unref (self.sets);
      g_hash_table_unref (self.index);
      g_free (self.seen);
    }
  g_array_unref (self.steps);
  *work -= self.work < 0 ? before : before - self.work;

  return automaton;
}

void
_mb_automaton_free (MbAutomaton *self)
{
  g_free (self->next);
  g_free (self->yes_at_end);
  g_free (self);
}

gboolean
_mb_automaton_match (const MbAutomaton *self,
                     const char        *text,
                     gsize              length)
{
  guint state = STATE_START;

  for (gsize i = 0; i < length; i++)
    {
      state = self->next[state * self->n_classes + self->classes[(guint8) text[i]]];
      if (state < STATE_START)
        return state == STATE_YES;
    }

  return self->yes_at_end[state];
}
