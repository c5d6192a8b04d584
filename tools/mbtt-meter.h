/* mbtt-meter.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <minibus.h>

#include "mbtt-statistics.h"

G_BEGIN_DECLS

/* One topic that is measured. */
typedef struct
{
  char           *topic;
  MbttStatistics *numbers;
  MbttStatistics *more;         /* for a second row of numbers */
  gint64          last;         /* when the last message came, in microseconds, or 0 */
  gulong          n_messages;
  gulong          n_told;       /* of these, when it was printed last */
} MbttMeter;

typedef struct
{
  /* Takes a message in. */
  void  (*add)   (MbttMeter *meter,
                  MbMessage *message,
                  gpointer   data);
  /* Tells, as text or as members of a JSON object. */
  void  (*tell)  (const MbttMeter *meter,
                  gboolean         json,
                  GString         *out,
                  gpointer         data);
  gpointer data;
} MbttMeasure;

const GOptionEntry *mbtt_meter_get_entries (void);
int                 mbtt_meter_run         (const char        *pattern,
                                            const MbttMeasure *measure);
void                mbtt_append_number     (GString           *object,
                                            const char        *name,
                                            double             number);
void                mbtt_append_summary    (GString           *object,
                                            const MbttSummary *summary);

G_END_DECLS
