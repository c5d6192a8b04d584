/* mbtt-doctor.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What `mbtt doctor` looks at. Each check adds what it found. */

#pragma once

#include <minibus.h>

#include "mbtt-bus.h"

G_BEGIN_DECLS

typedef enum
{
  MBTT_FINDING_OK,
  MBTT_FINDING_HINT,
  MBTT_FINDING_WARNING,
  MBTT_FINDING_PROBLEM,
} MbttSeverity;

typedef struct _MbttFindings MbttFindings;

/* What came while the doctor listened. */
typedef struct
{
  const char *wanted;       /* a topic or a pattern, or NULL */
  GHashTable *topics;       /* topic to the last data on it, as JSON text; NULL when it was not kept */
  char       *large;        /* a topic with packets that are too large for some; or NULL */
  guint       n_messages;
  guint       n_wanted;
} MbttHeard;

/* `what` and `remedy` are sentences; they are given away. The remedy may be NULL. */
void mbtt_findings_add      (MbttFindings *self,
                             const char   *check,
                             MbttSeverity  severity,
                             char         *what,
                             char         *remedy);

/* The system: mbtt-doctor-system.c */
char   **mbtt_doctor_read_lines       (const char   *path);
char    *mbtt_doctor_write_address    (MbAddress    *address,
                                       const char   *interface);
void     mbtt_doctor_interfaces       (MbttFindings *findings,
                                       MbAddress    *address);
void     mbtt_doctor_route            (MbttFindings *findings,
                                       MbAddress    *address);
void     mbtt_doctor_membership       (MbttFindings *findings,
                                       MbAddress    *address);
void     mbtt_doctor_buffers          (MbttFindings *findings,
                                       MbAddress    *address);

/* The firewall: mbtt-doctor-firewall.c */
void     mbtt_doctor_firewall         (MbttFindings *findings,
                                       MbAddress    *address);
char    *mbtt_doctor_suspect_firewall (MbAddress    *address);

/* The bus: mbtt-doctor-bus.c and mbtt-doctor-drops.c. These return FALSE when nothing more can be found out. */
void     mbtt_doctor_opening          (MbttFindings *findings,
                                       MbAddress    *address,
                                       const GError *error);
gboolean mbtt_doctor_echo             (MbttFindings *findings,
                                       MbClient     *client,
                                       MbAddress    *address);
gboolean mbtt_doctor_listen           (MbttFindings *findings,
                                       MbClient     *client,
                                       double        seconds,
                                       MbttHeard    *heard);
void     mbtt_doctor_heard_clear      (MbttHeard    *heard);
void     mbtt_doctor_drops            (MbttFindings *findings,
                                       MbClient     *client);

/* Who is there: mbtt-doctor-peers.c and mbtt-doctor-topic.c */
char    *mbtt_doctor_name_peer        (MbPeer       *peer);
void     mbtt_doctor_peers            (MbttFindings *findings,
                                       MbttBus      *bus,
                                       MbttHeard    *heard,
                                       gboolean      has_keys);
void     mbtt_doctor_topics           (MbttFindings *findings,
                                       MbttBus      *bus,
                                       MbttHeard    *heard);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MbttHeard, mbtt_doctor_heard_clear)

G_END_DECLS
