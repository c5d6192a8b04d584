/* mbtt-common.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <minibus.h>

G_BEGIN_DECLS

/* Exit statuses; documented in the manual page. */
typedef enum
{
  MBTT_EXIT_DONE,
  MBTT_EXIT_FAILED,
  MBTT_EXIT_USAGE,
  MBTT_EXIT_TIMED_OUT,
} MbttExit;

/* The options that all subcommands share, given before the subcommand or after it. */
typedef struct
{
  char     *address;          /* or NULL */
  char     *name;             /* or NULL */
  char     *passphrase;       /* or NULL */
  char     *passphrase_file;  /* or NULL */
  double    timeout;          /* seconds; negative unless given */
  gulong    max_packet_size;  /* bytes; 0 unless given */
  gboolean  json;
  gboolean  keyring;
  gboolean  verbose;
} MbttOptions;

/* What can be offered to somebody who types an argument. */
typedef enum
{
  MBTT_WORD_ANY,
  MBTT_WORD_CHOICE,     /* one of the choices */
  MBTT_WORD_FILE,
  MBTT_WORD_KIND,       /* a name of the kind that the argument before says */
  MBTT_WORD_PATTERN,    /* a topic, as a regular expression */
  MBTT_WORD_PEER,
  MBTT_WORD_SERVICE,
  MBTT_WORD_SUBCOMMAND,
  MBTT_WORD_THING,      /* a peer, service or topic */
  MBTT_WORD_THING_OR_FILE,
  MBTT_WORD_TOPIC,
} MbttWord;

/* What a subcommand takes. Texts are marked by N_(). */
typedef struct
{
  const char         *parameters[4];    /* names, ended by NULL */
  MbttWord            words[3];         /* what they are */
  const char *const  *choices;          /* or NULL */
  guint               n_required;       /* the first so many must be given */
  gboolean            takes_more;       /* of the last one */
  const char         *summary;
  const char         *description;      /* or NULL */
  const GOptionEntry *entries;          /* or NULL */
  const GOptionEntry *more_entries;     /* or NULL */
} MbttUsage;

typedef void (*MbttInspector) (const MbttUsage    *usage,
                               const GOptionEntry *common_entries,
                               gpointer            data);

const MbttOptions *mbtt_get_options     (void);
GOptionContext    *mbtt_context_new     (const char          *parameters,
                                         const GOptionEntry  *entries,
                                         const GOptionEntry  *more_entries);
char             **mbtt_parse           (const MbttUsage     *usage,
                                         int                  argc,
                                         char               **argv,
                                         int                 *status);
gboolean           mbtt_take_positional (int                  argc,
                                         char               **argv,
                                         GPtrArray           *positional,
                                         GError             **error);
gboolean           mbtt_print_version   (int                 *status);
void               mbtt_set_inspector   (MbttInspector        func,
                                         gpointer             data);
gboolean           mbtt_parse_seconds   (const char          *option,
                                         const char          *text,
                                         double              *seconds,
                                         GError             **error);
gboolean           mbtt_parse_factor    (const char          *option,
                                         const char          *text,
                                         double              *factor,
                                         GError             **error);
gboolean           mbtt_parse_number    (const char          *option,
                                         const char          *text,
                                         gulong               min,
                                         gulong               max,
                                         gulong              *number,
                                         GError             **error);
gboolean           mbtt_parse_count     (const char          *text,
                                         gulong              *count,
                                         GError             **error);
MbAddress         *mbtt_get_address     (GError             **error);
MbClient          *mbtt_client_new      (gboolean             reads_stdin,
                                         int                 *status);
gboolean           mbtt_client_open     (MbClient            *client,
                                         GError             **error);
int                mbtt_fail            (const GError        *error);
int                mbtt_fail_usage      (const GError        *error);
guint              mbtt_to_milliseconds (double               seconds);

G_END_DECLS
