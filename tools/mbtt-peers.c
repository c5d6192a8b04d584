/* mbtt-peers.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How a peer is told of. */

#include "config.h"

#include "mbtt-peers.h"

#include <glib/gi18n.h>

#include "mbtt-bus.h"
#include "mbtt-values.h"

/* Appends all about a peer. */
void
mbtt_append_peer (GString  *object,
                  MbPeer   *peer,
                  gboolean  shows_hidden)
{
  int pid = mb_peer_get_process_id (peer);
  g_autofree char *number = pid > 0 ? g_strdup_printf ("%d", pid) : NULL;
  char seen[G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *sent = NULL;
  g_autofree char *received = NULL;
  g_autofree char *dropped = NULL;
  gboolean announces = mb_peer_get_kind (peer) == MB_PEER_KIND_LIBMINIBUS;

  mbtt_append_string (object, "name", mb_peer_get_name (peer));
  mbtt_append_string (object, "host", mb_peer_get_host (peer));
  mbtt_append_member (object, "pid", number);
  mbtt_append_string (object, "library", announces ? "libminibus" : "python");
  mbtt_append_string (object, "version", mb_peer_get_version (peer));
  mbtt_append_string (object, "session", mb_peer_get_session (peer));
  mbtt_append_names (object, "publishers", mbtt_peer_get_publishers (peer), shows_hidden);
  mbtt_append_names (object, "subscribers", mbtt_peer_get_subscribers (peer), shows_hidden);
  mbtt_append_names (object, "services", mbtt_peer_get_services (peer), shows_hidden);
  mbtt_append_names (object, "service_clients", mb_peer_get_service_clients (peer), shows_hidden);
  mbtt_append_member (object, "encrypted", mb_peer_get_is_encrypted (peer) ? "true" : "false");
  mbtt_append_member (object, "seen",
                      g_ascii_formatd (seen, sizeof seen, "%.3f", mb_peer_get_seconds_since_seen (peer)));

  if (!announces)
    return;

  sent = g_strdup_printf ("%u", mb_peer_get_n_sent (peer));
  received = g_strdup_printf ("%u", mb_peer_get_n_received (peer));
  dropped = g_strdup_printf ("%u", mb_peer_get_n_dropped (peer));
  mbtt_append_member (object, "sent", sent);
  mbtt_append_member (object, "received", received);
  mbtt_append_member (object, "dropped", dropped);
}

char *
mbtt_peer_to_json (MbPeer   *peer,
                   gboolean  shows_hidden)
{
  GString *object = g_string_new ("{");

  mbtt_append_peer (object, peer, shows_hidden);
  g_string_append_c (object, '}');

  return g_string_free (object, FALSE);
}

/* Where a peer runs, as far as it says. */
char *
mbtt_peer_locate (MbPeer *peer)
{
  const char *host = mb_peer_get_host (peer);
  int pid = mb_peer_get_process_id (peer);

  if (host != NULL && pid > 0)
    return g_strdup_printf (_("process %d on %s"), pid, host);

  if (pid > 0)
    return g_strdup_printf (_("process %d"), pid);

  return host != NULL ? g_strdup_printf (_("on %s"), host) : g_strdup (_("unknown host"));
}
