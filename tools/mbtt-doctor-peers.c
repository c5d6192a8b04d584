/* mbtt-doctor-peers.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What those who are on the bus tell of themselves. */

#include "config.h"

#include "mbtt-doctor.h"

#include <glib/gi18n.h>
#include <string.h>

#include "mbtt-loop.h"
#include "mbtt-peers.h"

/* Of a list, so many names are told. */
#define MAX_TOLD 8
/* How long peers have to show that they have the same keys, in milliseconds. */
#define KEY_TIMEOUT 2000
/* A Python peer that gets a larger packet never receives anything again. */
#define PYTHON_LIMIT 1500

typedef gboolean (*PeerFunc) (MbPeer *peer);

char *
mbtt_doctor_name_peer (MbPeer *peer)
{
  g_autofree char *place = mbtt_peer_locate (peer);

  return g_strdup_printf (_("“%s” (%s)"), mb_peer_get_name (peer), place);
}

/* Names peers, but not more than anybody would read. Returns NULL when there are none. */
static char *
name_peers (GPtrArray *peers,
            PeerFunc   func)
{
  g_autoptr(GString) names = g_string_new (NULL);
  guint n_peers = 0;

  for (guint i = 0; i < peers->len; i++)
    {
      MbPeer *peer = g_ptr_array_index (peers, i);
      g_autofree char *name = NULL;

      if (!func (peer) || ++n_peers > MAX_TOLD)
        continue;

      name = mbtt_doctor_name_peer (peer);
      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", name);
    }

  if (n_peers > MAX_TOLD)
    g_string_append (names, ", …");

  return n_peers > 0 ? g_string_free (g_steal_pointer (&names), FALSE) : NULL;
}

static gboolean
is_python (MbPeer *peer)
{
  return mb_peer_get_kind (peer) == MB_PEER_KIND_PYTHON;
}

static gboolean
is_encrypted (MbPeer *peer)
{
  return mb_peer_get_is_encrypted (peer);
}

static gboolean
is_other_key (MbPeer *peer)
{
  return mb_peer_get_key_match (peer) == MB_KEY_MATCH_DIFFERENT;
}

static gboolean
is_any (MbPeer *peer)
{
  return TRUE;
}

static void
judge_presence (MbttFindings *findings,
                GPtrArray    *peers)
{
  g_autofree char *names = name_peers (peers, is_any);

  if (names != NULL)
    mbtt_findings_add (findings, "peers", MBTT_FINDING_OK,
                       g_strdup_printf (_("Others are on this bus: %s."), names), NULL);
  else
    mbtt_findings_add (findings, "peers", MBTT_FINDING_HINT,
                       g_strdup (_("Nobody else is on this bus.")),
                       g_strdup (_("See that the other programs are running, and have the same address: group, port "
                                   "and interface.")));
}

/* Peers are sorted by name. */
static void
judge_names (MbttFindings *findings,
             GPtrArray    *peers)
{
  guint next;

  for (guint i = 0; i < peers->len; i = next)
    {
      const char *name = mb_peer_get_name (g_ptr_array_index (peers, i));
      g_autoptr(GString) places = g_string_new (NULL);

      for (next = i; next < peers->len; next++)
        {
          MbPeer *peer = g_ptr_array_index (peers, next);
          g_autofree char *place = NULL;

          if (strcmp (mb_peer_get_name (peer), name) != 0)
            break;

          place = mbtt_peer_locate (peer);
          if (next - i < MAX_TOLD)
            g_string_append_printf (places, "%s%s", places->len > 0 ? ", " : "", place);
        }

      if (next - i > 1)
        mbtt_findings_add (findings, "names", MBTT_FINDING_WARNING,
                           g_strdup_printf (_("More than one program is called “%s”: %s."), name, places->str),
                           g_strdup (_("Give each program a name of its own.")));
    }
}

static void
checked_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  gboolean *done = user_data;

  /* Who could not be asked stays unknown. */
  mb_directory_check_keys_finish (MB_DIRECTORY (object), result, NULL);
  *done = TRUE;
}

static void
judge_keys (MbttFindings *findings,
            MbDirectory  *directory,
            GPtrArray    *peers,
            gboolean      has_keys)
{
  g_autofree char *names = NULL;
  gboolean done = FALSE;

  if (!has_keys)
    {
      names = name_peers (peers, is_encrypted);
      if (names != NULL)
        mbtt_findings_add (findings, "keys", MBTT_FINDING_PROBLEM,
                           g_strdup_printf (_("These encrypt what they send, and no passphrase is given here: %s."),
                                            names),
                           g_strdup (_("Give the passphrase of the bus with --passphrase-file or --keyring.")));
      return;
    }

  mb_directory_check_keys_async (directory, KEY_TIMEOUT, NULL, checked_cb, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);

  names = name_peers (peers, is_other_key);
  if (names != NULL)
    mbtt_findings_add (findings, "keys", MBTT_FINDING_PROBLEM,
                       g_strdup_printf (_("These have another passphrase or key than the one that is given, or none: "
                                          "%s."), names),
                       g_strdup (_("Let all programs on the bus have the same passphrase.")));
}

static void
judge_python (MbttFindings *findings,
              MbClient     *client,
              GPtrArray    *peers,
              MbttHeard    *heard)
{
  g_autofree char *names = name_peers (peers, is_python);
  gboolean is_harmed = FALSE;

  if (heard->large != NULL)
    {
      is_harmed = names != NULL;
      mbtt_findings_add (findings, "python", names != NULL ? MBTT_FINDING_PROBLEM : MBTT_FINDING_WARNING,
                         g_strdup_printf (_("Packets on “%s” are larger than 1,500 bytes; a program with the Python "
                                            "library stops receiving for good with the first one."), heard->large),
                         g_strdup (_("Send less at once, at most 1,472 bytes a packet, if there are such "
                                     "programs.")));
    }

  if (names == NULL)
    return;

  if (mb_client_get_max_packet_size (client) > PYTHON_LIMIT)
    {
      is_harmed = TRUE;
      mbtt_findings_add (findings, "python", MBTT_FINDING_WARNING,
                         g_strdup_printf (_("Packets of up to %u bytes are allowed, and programs with the Python "
                                            "library are here, which stop receiving at more than 1,500: %s."),
                                          mb_client_get_max_packet_size (client), names),
                         g_strdup (_("Leave --max-packet-size at 1472, and max-packet-size of programs too.")));
    }

  if (is_harmed)
    mbtt_findings_add (findings, "python", MBTT_FINDING_HINT,
                       g_strdup_printf (_("Programs with the Python library are here: %s."), names),
                       g_strdup (_("Start again those that have stopped receiving.")));
  else
    mbtt_findings_add (findings, "python", MBTT_FINDING_OK,
                       g_strdup_printf (_("Programs with the Python library are here, and nothing that would harm "
                                          "them was heard: %s."), names),
                       NULL);
}

void
mbtt_doctor_peers (MbttFindings *findings,
                   MbttBus      *bus,
                   MbttHeard    *heard,
                   gboolean      has_keys)
{
  g_autoptr(GPtrArray) peers = mbtt_bus_get_peers (bus);

  judge_presence (findings, peers);
  judge_names (findings, peers);
  judge_keys (findings, bus->directory, peers, has_keys);
  judge_python (findings, bus->client, peers, heard);
}
