/* mb-pattern-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The longest text of a pattern, in bytes. */
#define MB_PATTERN_MAX_LENGTH 4096

/* A pattern of topics, by protocol section 4: a regular expression that the whole topic must match.
 * It never changes, counts its references atomically, and can be used in any thread.
 */
typedef struct _MbPattern MbPattern;

typedef enum
{
  MB_MATCH_NO,
  MB_MATCH_YES,
  MB_MATCH_LIMIT,   /* not known: to find out would take too many steps or too much memory */
} MbMatch;

/* An outer ^ and $ may be there or not. Fails with MB_CLIENT_ERROR_INVALID_PATTERN. */
MbPattern  *_mb_pattern_new         (const char  *text,
                                     GError     **error);
/* Matches exactly this topic, which is UTF-8. */
MbPattern  *_mb_pattern_new_literal (const char  *topic);
MbPattern  *_mb_pattern_ref         (MbPattern   *self);
void        _mb_pattern_unref       (MbPattern   *self);

/* The text with both anchors: what makes two patterns one, so that /s1 and ^/s1$ share a schema. */
const char *_mb_pattern_get_key     (MbPattern   *self);
/* The text without the outer anchors, as the built-in services list it. */
const char *_mb_pattern_get_text    (MbPattern   *self);
/* The one topic that the pattern matches if it has no operators, otherwise NULL. */
const char *_mb_pattern_get_literal (MbPattern   *self);

/* A topic that is not UTF-8 matches nothing. */
MbMatch     _mb_pattern_match       (MbPattern   *self,
                                     const char  *topic,
                                     gsize        length);

/* The text of a pattern that matches exactly `literal`. */
char       *_mb_pattern_escape      (const char  *literal);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbPattern, _mb_pattern_unref)

G_END_DECLS
