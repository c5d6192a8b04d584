/* mbtt-doctor.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What `mbtt doctor` looks at. Each check adds what it found. */

#pragma once

#include <minibus.h>

G_BEGIN_DECLS

typedef enum
{
  MBTT_FINDING_OK,
  MBTT_FINDING_HINT,
  MBTT_FINDING_WARNING,
  MBTT_FINDING_PROBLEM,
} MbttSeverity;

typedef struct _MbttFindings MbttFindings;

/* `what` and `remedy` are sentences; they are given away. The remedy may be NULL. */
void mbtt_findings_add      (MbttFindings *self,
                             const char   *check,
                             MbttSeverity  severity,
                             char         *what,
                             char         *remedy);

/* The system: mbtt-doctor-system.c */
void mbtt_doctor_interfaces (MbttFindings *findings);
void mbtt_doctor_route      (MbttFindings *findings,
                             MbAddress    *address);
void mbtt_doctor_membership (MbttFindings *findings,
                             MbAddress    *address);
void mbtt_doctor_buffers    (MbttFindings *findings,
                             MbAddress    *address);

/* The bus: mbtt-doctor-bus.c */
void mbtt_doctor_opening    (MbttFindings *findings,
                             const GError *error);
void mbtt_doctor_echo       (MbttFindings *findings,
                             MbClient     *client,
                             MbAddress    *address);
void mbtt_doctor_listen     (MbttFindings *findings,
                             MbClient     *client,
                             const char   *topic,
                             double        seconds);

G_END_DECLS
