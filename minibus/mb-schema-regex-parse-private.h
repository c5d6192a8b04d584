/* mb-schema-regex-parse-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MB_REGEX_INFINITE G_MAXUINT

typedef enum
{
  MB_RE_EMPTY,
  MB_RE_CLASS,                /* one character of a set */
  MB_RE_SEQUENCE,
  MB_RE_ALTERNATIVES,
  MB_RE_REPEAT,
  MB_RE_GROUP,                /* that captures */
  MB_RE_START,
  MB_RE_END,
  MB_RE_WORD_EDGE,
  MB_RE_NO_WORD_EDGE,
  MB_RE_AHEAD,
  MB_RE_NOT_AHEAD,
  MB_RE_BEHIND,
  MB_RE_NOT_BEHIND,
  MB_RE_BACK_REFERENCE,
} MbReKind;

typedef struct
{
  gunichar low;
  gunichar high;
} MbRange;

typedef struct _MbRe MbRe;
struct _MbRe
{
  MbReKind  kind;
  GArray   *ranges;           /* of a class: MbRange, sorted, apart, without surrogates */
  GString  *properties;       /* of a class, beside the ranges: \p{…}, as PCRE2 writes them */
  gboolean  negated;          /* of a class with properties; else the ranges say it */
  GPtrArray *parts;           /* MbRe */
  guint     minimum;
  guint     maximum;
  gboolean  lazy;
  guint     number;           /* of the group referred to */
};

MbRe     *_mb_re_new           (MbReKind     kind);
void      _mb_re_free          (MbRe        *self);
/* A tree of what ECMA-262 (with the flag “u”) understands, or MB_SCHEMA_ERROR_INVALID. */
MbRe     *_mb_re_parse         (const char  *pattern,
                                GError     **error);

/* Classes */
void      _mb_re_add_range     (MbRe        *self,
                                gunichar     low,
                                gunichar     high);
gboolean  _mb_re_add_shorthand (MbRe        *self,
                                char         letter);
gboolean  _mb_re_add_property  (MbRe        *self,
                                const char  *text,
                                gboolean     opposite);
void      _mb_re_normalize     (MbRe        *self);
void      _mb_re_negate        (MbRe        *self);

G_END_DECLS
