/* mb-property-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* What setters of properties share: they put a copy in place of what is there, and notify if it is another one. */

/* An empty text is none. */
void _mb_property_set_text (GObject             *object,
                            const char          *property,
                            char               **place,
                            const char          *text);
/* An empty list is none. */
void _mb_property_set_list (GObject             *object,
                            const char          *property,
                            char              ***place,
                            const char * const  *list);

G_END_DECLS
