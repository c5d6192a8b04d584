/* recording-helpers.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the tests of recordings share. */

#pragma once

#include "mb-test.h"

G_BEGIN_DECLS

/* A folder of its own, to be removed with all that is in it. */
char       *mb_test_folder_new    (void);
void        mb_test_folder_remove (char         *folder);
GFile      *mb_test_file          (const char   *folder,
                                   const char   *name);
void        mb_test_write         (GFile        *file,
                                   const char   *text,
                                   gssize        length);
char       *mb_test_read          (GFile        *file);
/* A whole line of a message, and of a recording's beginning. */
char       *mb_test_line          (gint64        at,
                                   const char   *topic,
                                   const char   *data);
#define MB_TEST_HEADER "{\"minibus-recording\":1}\n"

/* All messages of a file, "position topic data". */
GPtrArray  *mb_test_read_messages (GFile        *file);
/* Each waits for the end and returns whether it went well. */
gboolean    mb_test_record        (MbRecorder   *recorder,
                                   GError      **error);
gboolean    mb_test_stop          (MbRecorder   *recorder,
                                   GError      **error);
gboolean    mb_test_play          (MbPlayer     *player,
                                   GError      **error);

G_END_DECLS
