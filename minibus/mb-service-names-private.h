/* mb-service-names-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-pattern-private.h"

G_BEGIN_DECLS

/* How a service's name becomes its three topics: protocol section 6. */
#define MB_SUFFIX_REQUEST "__request__"
#define MB_SUFFIX_REPLY "__reply__"
#define MB_SUFFIX_ERROR "__error__"

/* The name as the built-in services list it, without a slash at its end; NULL with an error if it is empty. */
char      *_mb_service_name_normalize  (const char  *name,
                                        GError     **error);
/* `name` is normalized. */
char      *_mb_service_name_to_topic   (const char  *name,
                                        const char  *suffix);
/* Another topic of the same service: one of the three, with `suffix` in place of its own. */
char      *_mb_service_topic_with      (const char  *topic,
                                        const char  *suffix);
/* The pattern of the requests to a service whose name may be a regular expression. */
MbPattern *_mb_service_name_to_pattern (const char  *name,
                                        GError     **error);
/* Whether the last part of a topic or pattern is one of the three. */
gboolean   _mb_topic_is_of_service     (const char  *topic);
/* Whether any part of a topic, or of a service's name, begins and ends with two underscores. */
gboolean   _mb_topic_is_hidden         (const char  *topic,
                                        gsize        length);

G_END_DECLS
