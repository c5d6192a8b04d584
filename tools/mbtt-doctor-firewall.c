/* mbtt-doctor-firewall.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Which firewall is at work, as far as that can be seen without rights, and how to let the bus
 * through it. */

#include "config.h"

#include "mbtt-doctor.h"

#include <glib/gi18n.h>
#include <string.h>

/* The address that the firewalld service of libminibus is for. */
#define SERVICE_GROUP "228.0.0.5"
#define SERVICE_PORT  8005

typedef enum
{
  FIREWALL_UNKNOWN,
  FIREWALL_FIREWALLD,
  FIREWALL_UFW,
  FIREWALL_NFTABLES,
} Firewall;

static const char * const names[] = { NULL, "firewalld", "ufw", "nftables" };

/* Whether a program runs, by the name that the system has for it. */
static gboolean
is_running (const char *program)
{
  g_autoptr(GDir) processes = g_dir_open ("/proc", 0, NULL);
  const char *process;

  while (processes != NULL && (process = g_dir_read_name (processes)) != NULL)
    {
      g_autofree char *path = NULL;
      g_autofree char *name = NULL;

      if (!g_ascii_isdigit (process[0]))
        continue;

      path = g_build_filename ("/proc", process, "comm", NULL);
      if (g_file_get_contents (path, &name, NULL, NULL) && strcmp (g_strchomp (name), program) == 0)
        return TRUE;
    }

  return FALSE;
}

static gboolean
has_line (const char *path,
          const char *line)
{
  g_auto(GStrv) lines = mbtt_doctor_read_lines (path);

  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    {
      if (g_ascii_strcasecmp (g_strstrip (lines[i]), line) == 0)
        return TRUE;
    }

  return FALSE;
}

static Firewall
find_firewall (void)
{
  if (is_running ("firewalld"))
    return FIREWALL_FIREWALLD;

  if (has_line ("/etc/ufw/ufw.conf", "ENABLED=yes"))
    return FIREWALL_UFW;

  if (g_file_test ("/etc/systemd/system/sysinit.target.wants/nftables.service", G_FILE_TEST_IS_SYMLINK) ||
      g_file_test ("/etc/systemd/system/multi-user.target.wants/nftables.service", G_FILE_TEST_IS_SYMLINK))
    return FIREWALL_NFTABLES;

  return FIREWALL_UNKNOWN;
}

static char *
make_remedy (Firewall   firewall,
             MbAddress *address)
{
  const char *group = mb_address_get_host (address);
  guint port = mb_address_get_port (address);

  switch (firewall)
    {
    case FIREWALL_FIREWALLD:
      if (port == SERVICE_PORT && strcmp (group, SERVICE_GROUP) == 0)
        return g_strdup_printf (_("Let the bus through: “firewall-cmd --permanent --add-service=minibus”, or "
                                  "“--add-port=%u/udp” where that service is not installed; then "
                                  "“firewall-cmd --reload”."), port);
      return g_strdup_printf (_("Let the bus through: “firewall-cmd --permanent --add-port=%u/udp”, then "
                                "“firewall-cmd --reload”."), port);

    case FIREWALL_UFW:
      return g_strdup_printf (_("Let the bus through: “ufw allow in proto udp to %s port %u”."), group, port);

    case FIREWALL_NFTABLES:
      return g_strdup_printf (_("Let the bus through, with the rule “udp dport %u accept” in the input chain of "
                                "/etc/nftables.conf."), port);

    default:
      return g_strdup_printf (_("Most likely a firewall drops it: allow UDP port %u to %s; with firewalld, "
                                "“firewall-cmd --permanent --add-port=%u/udp”, then “firewall-cmd "
                                "--reload”."), port, group, port);
    }
}

/* What to do when the firewall drops packets. */
char *
mbtt_doctor_suspect_firewall (MbAddress *address)
{
  return make_remedy (find_firewall (), address);
}

/* What comes back to this machine says nothing about what other machines send. */
void
mbtt_doctor_firewall (MbttFindings *findings,
                      MbAddress    *address)
{
  Firewall firewall = find_firewall ();

  if (firewall == FIREWALL_UNKNOWN)
    return;

  mbtt_findings_add (findings, "firewall", MBTT_FINDING_HINT,
                     g_strdup_printf (_("The firewall %s is at work here; it may drop what other machines send."),
                                      names[firewall]),
                     make_remedy (firewall, address));
}
