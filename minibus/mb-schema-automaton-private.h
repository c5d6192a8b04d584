/* mb-schema-automaton-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-schema-regex-parse-private.h"

G_BEGIN_DECLS

typedef struct _MbAutomaton MbAutomaton;

/* NULL if the expression is not regular, or its automaton would be too large. What it costs to make
 * is taken from `work`.
 */
MbAutomaton *_mb_automaton_new   (const MbRe        *re,
                                  gint64            *work);
void         _mb_automaton_free  (MbAutomaton       *self);
gboolean     _mb_automaton_match (const MbAutomaton *self,
                                  const char        *text,
                                  gsize              length);

G_END_DECLS
