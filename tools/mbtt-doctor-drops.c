/* mbtt-doctor-drops.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What has arrived, and was not taken. */

#include "config.h"

#include "mbtt-doctor.h"

#include <glib/gi18n.h>

static const struct
{
  MbDropReason  reason;
  const char   *check;
  MbttSeverity  severity;
  const char   *what;
  const char   *remedy;
} judgements[] = {
  { MB_DROP_REASON_NO_KEY, "keys", MBTT_FINDING_PROBLEM,
    N_("Messages are encrypted, and no passphrase is given: %u."),
    N_("Give the passphrase of the bus with --passphrase-file or --keyring.") },
  { MB_DROP_REASON_WRONG_KEY, "keys", MBTT_FINDING_PROBLEM,
    N_("Messages are encrypted with another passphrase than the one that is given: %u."),
    N_("Let all programs on the bus have the same passphrase.") },
  { MB_DROP_REASON_PLAINTEXT, "keys", MBTT_FINDING_PROBLEM,
    N_("Messages are not encrypted, although this bus has a passphrase: %u."),
    N_("Give the programs that sent them the passphrase, or let those that have it accept plain messages.") },
  { MB_DROP_REASON_UNTRUSTED, "keys", MBTT_FINDING_WARNING,
    N_("Messages are not signed by a trusted key: %u."),
    N_("Add the keys of those who send to the trusted keys, if they are to be trusted.") },
  { MB_DROP_REASON_FORGED, "keys", MBTT_FINDING_PROBLEM,
    N_("Encrypted messages were changed or moved on their way: %u."),
    N_("Somebody may be attacking the bus: find out who has access to the network.") },
  { MB_DROP_REASON_REPLAY, "keys", MBTT_FINDING_WARNING,
    N_("Encrypted messages came again: %u."),
    N_("See that no bridge sends packets back; otherwise somebody may be repeating what was recorded.") },
  { MB_DROP_REASON_NOT_JSON, "foreign", MBTT_FINDING_WARNING,
    N_("Packets of something else than MiniBus arrive on this address: %u."),
    N_("Find the other program that uses this port, or use another port for the bus.") },
  { MB_DROP_REASON_NOT_PACKET, "foreign", MBTT_FINDING_WARNING,
    N_("Packets that are JSON, but not of MiniBus 0.3, arrive on this address: %u."),
    N_("Find the program of another version, or the other program that uses this port.") },
  { MB_DROP_REASON_TOO_DEEP, "foreign", MBTT_FINDING_WARNING,
    N_("Messages whose JSON is nested too deeply were rejected: %u."),
    N_("Nest data at most 64 levels deep.") },
  { MB_DROP_REASON_DATA_NOT_JSON, "foreign", MBTT_FINDING_WARNING,
    N_("Messages whose data is not JSON were rejected: %u."),
    N_("Mend the program that sends them.") },
  { MB_DROP_REASON_DUPLICATE, "network", MBTT_FINDING_HINT,
    N_("Messages came twice, and were taken once: %u."),
    N_("See whether two ways lead to the same network, or a bridge makes a loop.") },
  { MB_DROP_REASON_MISSED, "network", MBTT_FINDING_WARNING,
    N_("Messages of libminibus programs were sent, and never arrived here: %u."),
    N_("Use a cable instead of a radio network, send more slowly, or make the receive buffer larger.") },
  { MB_DROP_REASON_KERNEL, "network", MBTT_FINDING_WARNING,
    N_("The system dropped packets for this program, for want of room: %u."),
    N_("Make the receive buffer larger, with receive-buffer in the address.") },
};

void
mbtt_doctor_drops (MbttFindings *findings,
                   MbClient     *client)
{
  for (guint i = 0; i < G_N_ELEMENTS (judgements); i++)
    {
      guint count = mb_client_get_dropped (client, judgements[i].reason);
      g_autofree char *number = g_strdup_printf ("%u", count);
      g_auto(GStrv) parts = NULL;

      if (count == 0)
        continue;

      parts = g_strsplit (_(judgements[i].what), "%u", 2);
      mbtt_findings_add (findings, judgements[i].check, judgements[i].severity,
                         g_strjoinv (number, parts), g_strdup (_(judgements[i].remedy)));
    }
}
