/* mbtt-complete.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What shells ask when somebody presses the tabulator key:
 *
 *     mbtt complete -- WORD…
 *
 * The words are those behind “mbtt”, up to the one that is being typed, which is the last and may be empty.
 * Prints what this word may become, each on a line with a tab and a description; a line that is only a tab and
 * “files” or “folders” asks the shell for these. Nothing is an error. */

#include "config.h"

#include "mbtt-commands.h"

#include <glib/gi18n.h>
#include <string.h>

#include "mbtt-bus.h"
#include "mbtt-common.h"
#include "mbtt-hidden.h"
#include "mbtt-openpgp.h"
#include "mbtt-output.h"
#include "mbtt-terminal.h"

/* Nobody waits longer for a list, in milliseconds. */
#define TIMEOUT 400

typedef struct
{
  char     *name;         /* with the hyphens */
  char     *letter;       /* likewise, or NULL */
  char     *value;        /* what it takes, or NULL */
  char     *description;  /* or NULL */
} Option;

typedef struct
{
  const char  *current;   /* what has been typed of the word */
  const char  *prefix;    /* of the word, such as --color= */
  char        *before;    /* the argument before, or NULL */
  gboolean     found;     /* the usage below is filled in */
  MbttWord     words[3];
  guint        n_words;
  gboolean     takes_more;
  char       **choices;   /* or NULL */
  GPtrArray   *options;   /* of Option */
  GHashTable  *printed;
  int          status;
} Complete;

static void
option_free (Option *option)
{
  g_free (option->name);
  g_free (option->letter);
  g_free (option->value);
  g_free (option->description);
  g_free (option);
}

static void
add_options (Complete           *self,
             const GOptionEntry *entries)
{
  for (guint i = 0; entries != NULL && entries[i].long_name != NULL; i++)
    {
      Option *option;

      if ((entries[i].flags & G_OPTION_FLAG_HIDDEN) != 0 || *entries[i].long_name == '\0')
        continue;

      option = g_new0 (Option, 1);
      option->name = g_strconcat ("--", entries[i].long_name, NULL);
      if (entries[i].short_name != 0)
        option->letter = g_strdup_printf ("-%c", entries[i].short_name);
      option->value = g_strdup (entries[i].arg_description);
      if (entries[i].description != NULL)
        option->description = g_strdup (_(entries[i].description));
      g_ptr_array_add (self->options, option);
    }
}

static void
inspect_cb (const MbttUsage    *usage,
            const GOptionEntry *common_entries,
            gpointer            data)
{
  Complete *self = data;

  self->found = TRUE;
  self->n_words = g_strv_length ((char **) usage->parameters);
  memcpy (self->words, usage->words, sizeof self->words);
  self->takes_more = usage->takes_more;
  self->choices = g_strdupv ((char **) usage->choices);
  add_options (self, usage->entries);
  add_options (self, usage->more_entries);
  add_options (self, common_entries);
  add_options (self, mbtt_openpgp_get_entries ());
}

static void
offer (Complete   *self,
       const char *word,
       const char *description)
{
  g_autofree char *whole = g_strconcat (self->prefix, word, NULL);
  g_autofree char *line = NULL;

  if (!g_str_has_prefix (word, self->current) || *word == '\0' ||
      !g_hash_table_add (self->printed, g_strdup (word)))
    return;

  /* A line of a shell cannot hold it. */
  for (const char *c = word; *c != '\0'; c = g_utf8_next_char (c))
    {
      if (mbtt_is_unsafe (g_utf8_get_char (c)))
        return;
    }

  line = g_strdup_printf ("%s\t%s", whole, description != NULL ? description : "");
  mbtt_print_line (line, &self->status);
}

static void
ask_for (Complete   *self,
         const char *what)
{
  g_autofree char *line = g_strconcat ("\t", what, NULL);

  mbtt_print_line (line, &self->status);
}

/* Offers each of a text of words with spaces between them. */
static void
offer_words (Complete   *self,
             const char *text)
{
  g_auto(GStrv) words = g_strsplit (text, " ", -1);

  for (guint i = 0; words[i] != NULL; i++)
    offer (self, words[i], NULL);
}

static void
offer_list (Complete      *self,
            GListModel    *model,
            const char    *what,
            gboolean       is_pattern,
            const char  *(*get_name) (gpointer item))
{
  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr(GObject) item = g_list_model_get_item (model, i);
      const char *name = get_name (item);
      g_autofree char *escaped = is_pattern ? g_regex_escape_string (name, -1) : NULL;

      /* This program itself is no help. */
      if (!MB_IS_PEER (item) || !mb_peer_get_is_own (MB_PEER (item)))
        offer (self, escaped != NULL ? escaped : name, what);
    }
}

static const char *
get_topic_name (gpointer item)
{
  return mb_topic_info_get_name (item);
}

static const char *
get_service_name (gpointer item)
{
  return mb_service_info_get_name (item);
}

static const char *
get_peer_name (gpointer item)
{
  return mb_peer_get_name (item);
}

/* Offers what is on the bus. */
static void
offer_names (Complete *self,
             MbttWord  word)
{
  g_auto(MbttBus) bus = { NULL };
  gboolean everything = word == MBTT_WORD_THING;

  if (!mbtt_bus_open (&bus, mbtt_names_hidden (self->current), &self->status))
    return;
  mb_directory_collect_sync (bus.directory, TIMEOUT, NULL, NULL);

  if (word == MBTT_WORD_TOPIC || word == MBTT_WORD_PATTERN || everything)
    offer_list (self, mb_directory_get_topics (bus.directory), _("topic"), word == MBTT_WORD_PATTERN,
                get_topic_name);
  if (word == MBTT_WORD_SERVICE || everything)
    offer_list (self, mb_directory_get_services (bus.directory), _("service"), FALSE, get_service_name);
  if (word == MBTT_WORD_PEER || everything)
    offer_list (self, G_LIST_MODEL (bus.directory), _("peer"), FALSE, get_peer_name);
}

/* The kind of name that an argument such as “services” asks for. */
static MbttWord
get_kind (const char *before)
{
  if (before == NULL)
    return MBTT_WORD_ANY;
  if (g_str_has_prefix (before, "service"))
    return MBTT_WORD_SERVICE;
  if (g_str_has_prefix (before, "peer"))
    return MBTT_WORD_PEER;

  return strcmp (before, "subscriber") == 0 ? MBTT_WORD_TOPIC : MBTT_WORD_PATTERN;
}

static void
offer_commands (Complete *self)
{
  const MbttCommand *commands = mbtt_get_commands ();

  for (guint i = 0; commands[i].name != NULL; i++)
    {
      if (commands[i].summary != NULL)
        offer (self, commands[i].name, _(commands[i].summary));
    }
}

static void
offer_word (Complete *self,
            MbttWord  word)
{
  switch (word)
    {
    case MBTT_WORD_CHOICE:
      for (guint i = 0; self->choices != NULL && self->choices[i] != NULL; i++)
        offer (self, self->choices[i], NULL);
      break;

    case MBTT_WORD_FILE:
      ask_for (self, "files");
      break;

    case MBTT_WORD_KIND:
      offer_names (self, get_kind (self->before));
      break;

    case MBTT_WORD_THING_OR_FILE:
      offer_names (self, MBTT_WORD_THING);
      ask_for (self, "files");
      break;

    case MBTT_WORD_SUBCOMMAND:
      offer_commands (self);
      break;

    case MBTT_WORD_ANY:
      break;

    default:
      offer_names (self, word);
      break;
    }
}

static void
offer_options (Complete *self)
{
  for (guint i = 0; i < self->options->len; i++)
    {
      const Option *option = g_ptr_array_index (self->options, i);

      offer (self, option->name, option->description);
    }
  offer (self, "--help", _("Show help options"));
}

static const Option *
find_option (Complete   *self,
             const char *word,
             gsize       length)
{
  for (guint i = 0; i < self->options->len; i++)
    {
      const Option *option = g_ptr_array_index (self->options, i);

      if ((strlen (option->name) == length && strncmp (option->name, word, length) == 0) ||
          (option->letter != NULL && strlen (option->letter) == length &&
           strncmp (option->letter, word, length) == 0))
        return option;
    }

  return NULL;
}

static void
offer_value (Complete     *self,
             const Option *option)
{
  static const struct
  {
    const char *value;
    const char *words;
  } values[] = {
    { "WHEN", "auto always never" },
    { "UNIT", "s ms us ns" },
    { "DRAFT", "4 6 7 2019-09 2020-12" },
    { "ADDRESS", "multicast: multicast:?interface=lo" },
  };

  if (strcmp (option->value, "FILE") == 0 || strcmp (option->value, "SCHEMA") == 0)
    ask_for (self, "files");
  else if (strcmp (option->value, "FOLDER") == 0)
    ask_for (self, "folders");
  else if (strcmp (option->value, "PEER") == 0)
    offer_names (self, MBTT_WORD_PEER);

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      if (strcmp (option->value, values[i].value) == 0)
        offer_words (self, values[i].words);
    }
}

/* The options that say which bus it is, for mbtt_client_new(). */
static void
take_option (GPtrArray  *taken,
             const char *name,
             const char *value)
{
  static const char *const names[] = { "--address", "--cryptokey", "--passphrase-file" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (strcmp (name, names[i]) == 0 && strcmp (value, "-") != 0)
        g_ptr_array_add (taken, g_strconcat (name, "=", value, NULL));
    }
}

static void
use_options (GPtrArray *taken)
{
  g_autoptr(GOptionContext) context = mbtt_context_new (NULL, NULL, NULL);
  g_auto(GStrv) args = NULL;

  g_ptr_array_insert (taken, 0, g_strdup ("mbtt"));
  g_ptr_array_add (taken, NULL);
  args = g_strdupv ((char **) taken->pdata);
  g_option_context_parse_strv (context, &args, NULL);
}

static const MbttCommand *
find_command (const char *name)
{
  const MbttCommand *commands = mbtt_get_commands ();

  for (guint i = 0; commands[i].name != NULL; i++)
    {
      if (strcmp (commands[i].name, name) == 0 && commands[i].summary != NULL)
        return &commands[i];
    }

  return NULL;
}

static void
inspect (const MbttCommand *command)
{
  char *words[] = { (char *) command->name, NULL };

  command->run (1, words);
}

/* Goes through the words before the one that is typed. Returns the option whose value is typed, or NULL. */
static const Option *
read_words (Complete           *self,
            char              **words,
            guint               n_words,
            const MbttCommand **command,
            guint              *n_arguments,
            gboolean           *options_ended)
{
  g_autoptr(GPtrArray) taken = g_ptr_array_new_with_free_func (g_free);
  const Option *pending = NULL;

  for (guint i = 0; i < n_words; i++)
    {
      const char *word = words[i];
      const char *equals = strchr (word, '=');

      if (pending != NULL)
        {
          take_option (taken, pending->name, word);
          pending = NULL;
        }
      else if (!*options_ended && strcmp (word, "--") == 0)
        {
          *options_ended = TRUE;
        }
      else if (!*options_ended && word[0] == '-' && word[1] != '\0')
        {
          gsize length = equals != NULL ? (gsize) (equals - word) : strlen (word);
          const Option *option = find_option (self, word, length);

          if (option != NULL && option->value != NULL && equals != NULL)
            take_option (taken, option->name, equals + 1);
          else if (option != NULL && option->value != NULL)
            pending = option;
        }
      else if (*command == NULL)
        {
          *command = find_command (word);
          if (*command == NULL)
            break;
          g_ptr_array_set_size (self->options, 0);
          inspect (*command);
        }
      else
        {
          (*n_arguments)++;
          g_free (self->before);
          self->before = g_strdup (word);
        }
    }

  if (pending != NULL)
    {
      /* The options may have been read anew. */
      pending = find_option (self, pending->name, strlen (pending->name));
    }
  use_options (taken);

  return pending;
}

static void
complete (Complete  *self,
          char     **words,
          guint      n_words)
{
  const char *current = words[n_words - 1];
  const char *equals = strchr (current, '=');
  const MbttCommand *command = NULL;
  const Option *option;
  gboolean options_ended = FALSE;
  guint n_arguments = 0;
  g_autofree char *prefix = NULL;

  self->current = current;
  self->prefix = "";
  option = read_words (self, words, n_words - 1, &command, &n_arguments, &options_ended);

  if (option != NULL)
    {
      offer_value (self, option);
    }
  else if (!options_ended && current[0] == '-' && equals != NULL)
    {
      option = find_option (self, current, (gsize) (equals - current));
      self->prefix = prefix = g_strndup (current, (gsize) (equals - current) + 1);
      self->current = equals + 1;
      if (option != NULL && option->value != NULL)
        offer_value (self, option);
    }
  else if (!options_ended && current[0] == '-')
    {
      offer_options (self);
    }
  else if (command == NULL)
    {
      if (n_words == 1 || words[n_words - 2][0] == '-' || n_arguments == 0)
        offer_commands (self);
    }
  else if (n_arguments < self->n_words || (self->takes_more && self->n_words > 0))
    {
      offer_word (self, self->words[MIN (n_arguments, self->n_words - 1)]);
    }
  self->prefix = "";
}

int
mbtt_complete (int    argc,
               char **argv)
{
  char *empty[] = { (char *) "", NULL };
  char **words = argc > 2 ? argv + 2 : empty;
  g_autoptr(GPtrArray) options = g_ptr_array_new_with_free_func ((GDestroyNotify) option_free);
  g_autoptr(GHashTable) printed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Complete self = { .options = options, .printed = printed };

  for (guint i = 0; words[i] != NULL; i++)
    {
      if (!g_utf8_validate (words[i], -1, NULL))
        return MBTT_EXIT_DONE;
    }

  /* Before the subcommand, the options are those that all share. */
  mbtt_set_inspector (inspect_cb, &self);
  inspect (find_command ("help"));
  self.found = FALSE;

  mbtt_output_be_quiet ();
  complete (&self, words, g_strv_length (words));
  g_strfreev (self.choices);
  g_free (self.before);

  return MBTT_EXIT_DONE;
}
