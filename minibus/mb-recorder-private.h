/* mb-recorder-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-recorder.h"

#include "mb-recorder-writer-private.h"

G_BEGIN_DECLS

/* For tests; before it is started. */
void _mb_recorder_set_clock (MbRecorder      *self,
                             MbRecorderClock  clock,
                             gpointer         data);

G_END_DECLS
