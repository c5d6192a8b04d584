/* hosts.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "collector.h"

G_BEGIN_DECLS

/* Hosts are network namespaces below tests/private-hosts or tests/faulty-network. A transport
 * belongs to the host that it was opened on; its thread is there, too.
 */

/* Runs a command, which has to succeed. */
void         run                  (const char   *format,
                                   ...) G_GNUC_PRINTF (1, 2);
void         run_until_success    (const char   *command);
/* Runs a command, which has to succeed, for its output. */
char        *get_output           (const char   *command);
/* Makes a host, with `lo` up. */
void         host_add             (const char   *name);
void         host_remove          (const char   *name);
/* Spares interfaces that the host will get the second that it takes to confirm an IPv6 address. */
void         host_skip_dad        (const char   *name);
/* Makes a cable between two hosts, both ends up, with an address of the network 10.NUMBER.0.0/24.
 */
void         cable_add            (const char   *host1,
                                   const char   *device1,
                                   const char   *host2,
                                   const char   *device2,
                                   guint         number);
/* Tries to open; the error is for the caller. */
gboolean     host_try_open        (const char   *host,
                                   MbTransport  *transport,
                                   Collector    *collector,
                                   GError      **error);
MbTransport *host_open            (const char   *host,
                                   const char   *address,
                                   Collector    *collector);
/* Waits until the interface belongs to the group or does not. */
void         host_wait_member     (const char   *host,
                                   const char   *device,
                                   const char   *group,
                                   gboolean      is_member);
/* Sends a text again and again until it arrives, as it is not known when the way is there. */
void         send_until_received  (MbTransport  *sender,
                                   const char   *text,
                                   Collector    *collector);
/* Sends again and again until that fails. */
void         send_until_failed    (MbTransport  *sender,
                                   GError      **error);

/* Three hosts of these names, which nothing joins yet. The transport under test is on the left; what it should reach
 * is on the right, and far. Tests open the transports that they want.
 */
typedef struct
{
  Collector   *left_collector;
  Collector   *right_collector;
  Collector   *far_collector;
  MbTransport *left;
  MbTransport *right;
  MbTransport *far;
} Hosts;

void         hosts_set_up           (Hosts         *self,
                                     gconstpointer  data);
void         hosts_tear_down        (Hosts         *self,
                                     gconstpointer  data);
/* Waits until packets get from the left to the right, and back; `what` is to be another one each time. */
void         hosts_check_both_ways  (Hosts         *self,
                                     const char    *what);

G_END_DECLS
