/* mb-test.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the tests of clients share. */

#pragma once

#include "minibus/minibus.h"

G_BEGIN_DECLS

/* Runs the thread's default main context until `condition` holds; fails when it does not within a minute. */
#define mb_test_wait_until(condition)                     \
  G_STMT_START                                            \
    {                                                     \
      MbTestWait *_wait = mb_test_wait_new (#condition);  \
      while (!(condition))                                \
        mb_test_wait_turn (_wait);                        \
      mb_test_wait_free (_wait);                          \
    }                                                     \
  G_STMT_END

typedef struct _MbTestWait MbTestWait;

MbTestWait  *mb_test_wait_new      (const char   *condition);
void         mb_test_wait_turn     (MbTestWait   *wait);
void         mb_test_wait_free     (MbTestWait   *wait);

/* An open client on a memory bus. */
MbClient    *mb_test_open          (const char   *name,
                                    const char   *bus);
MbClient    *mb_test_open_present  (const char   *name,
                                    const char   *bus);
MbPublisher *mb_test_publisher     (MbClient     *client,
                                    const char   *topic,
                                    MbSchema     *schema);
void         mb_test_publish       (MbPublisher  *publisher,
                                    const char   *json);
/* Collects the texts of all messages of a pattern, "topic text", in the array. */
MbSubscriber *mb_test_collect      (MbClient     *client,
                                    const char   *pattern,
                                    GPtrArray    *texts);
/* Waits until all that was published before has been delivered in this context. */
void         mb_test_settle        (MbClient     *sender,
                                    MbClient     *receiver);
MbSchema    *mb_test_schema        (const char   *text);

G_END_DECLS
