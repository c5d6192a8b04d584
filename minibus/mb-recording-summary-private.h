/* mb-recording-summary-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-recording-summary.h"

#include "mb-recording-file-private.h"

G_BEGIN_DECLS

/* Reads the whole recording. */
MbRecordingSummary *_mb_recording_summary_new (GFile         *file,
                                               GCancellable  *cancellable,
                                               GError       **error);

G_END_DECLS
