/* hosts.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "hosts.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "patience.h"
#include "transport-helpers.h"

#define PATIENCE 30
#define PAUSE 2000

char *
get_output (const char *command)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *complaints = NULL;
  char *output;
  int status;

  g_spawn_command_line_sync (command, &output, &complaints, &status, &error);
  g_assert_no_error (error);
  if (!g_spawn_check_wait_status (status, &error))
    g_error ("%s: %s %s", command, error->message, complaints);

  return output;
}

void
run (const char *format,
     ...)
{
  g_autofree char *command = NULL;
  g_autofree char *output = NULL;
  va_list args;

  va_start (args, format);
  command = g_strdup_vprintf (format, args);
  va_end (args);

  output = get_output (command);
}

void
run_until_success (const char *command)
{
  gint64 end = patience_end (PATIENCE);

  while (TRUE)
    {
      g_autofree char *output = NULL;
      g_autofree char *complaints = NULL;
      g_autoptr(GError) error = NULL;
      int status;

      g_spawn_command_line_sync (command, &output, &complaints, &status, &error);
      g_assert_no_error (error);
      if (status == 0)
        return;

      if (g_get_monotonic_time () > end)
        g_error ("\"%s\" never succeeded", command);
      g_usleep (PAUSE);
    }
}

void
host_add (const char *name)
{
  run ("ip netns add %s", name);
  run ("ip -n %s link set lo up", name);
}

void
host_remove (const char *name)
{
  run ("ip netns del %s", name);
}

void
cable_add (const char *host1,
           const char *device1,
           const char *host2,
           const char *device2,
           guint       number)
{
  run ("ip -n %s link add %s type veth peer name %s netns %s", host1, device1, device2, host2);
  run ("ip -n %s address add 10.%u.0.1/24 dev %s", host1, number, device1);
  run ("ip -n %s address add 10.%u.0.2/24 dev %s", host2, number, device2);
  run ("ip -n %s link set %s up", host1, device1);
  run ("ip -n %s link set %s up", host2, device2);
}

static int
enter (const char *path)
{
  int before = open ("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  g_assert_cmpint (before, >=, 0);
  g_assert_cmpint (fd, >=, 0);
  g_assert_no_errno (setns (fd, CLONE_NEWNET));
  close (fd);

  return before;
}

void
host_skip_dad (const char *name)
{
  g_autofree char *path = g_build_filename ("/run/netns", name, NULL);
  int before = enter (path);
  g_autoptr(GError) error = NULL;

  g_file_set_contents_full ("/proc/sys/net/ipv6/conf/default/accept_dad", "0", 1,
                            G_FILE_SET_CONTENTS_NONE, 0644, &error);
  g_assert_no_error (error);

  g_assert_no_errno (setns (before, CLONE_NEWNET));
  close (before);
}

gboolean
host_try_open (const char   *host,
               MbTransport  *transport,
               Collector    *collector,
               GError      **error)
{
  g_autofree char *path = g_build_filename ("/run/netns", host, NULL);
  int before = enter (path);
  gboolean is_open = mb_transport_open_sync (transport, collector->receiver, NULL, error);

  g_assert_no_errno (setns (before, CLONE_NEWNET));
  close (before);

  return is_open;
}

MbTransport *
host_open (const char *host,
           const char *address,
           Collector  *collector)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MbAddress) parsed = mb_address_parse (address, &error);
  MbTransport *transport;

  g_assert_no_error (error);
  transport = mb_transport_new_for_address (parsed);
  host_try_open (host, transport, collector, &error);
  g_assert_no_error (error);

  return transport;
}

static gboolean
is_member_of (const char *host,
              const char *device,
              const char *group)
{
  g_autofree char *command = g_strdup_printf ("ip -n %s maddress show", host);
  g_autofree char *output = get_output (command);
  g_auto(GStrv) lines = g_strsplit (output, "\n", -1);
  g_autofree char *wanted = g_strdup_printf (" %s ", group);
  gboolean is_device = FALSE;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *padded = g_strdup_printf ("%s ", lines[i]);

      if (g_ascii_isdigit (lines[i][0]))
        is_device = g_str_has_suffix (lines[i], device);
      else if (is_device && strstr (padded, wanted) != NULL)
        return TRUE;
    }

  return FALSE;
}

void
host_wait_member (const char *host,
                  const char *device,
                  const char *group,
                  gboolean    is_member)
{
  gint64 end = patience_end (PATIENCE);

  while (is_member_of (host, device, group) != is_member)
    {
      if (g_get_monotonic_time () > end)
        g_error ("%s of %s did not %s %s", device, host, is_member ? "join" : "leave", group);
      g_usleep (PAUSE);
    }
}

void
send_until_received (MbTransport *sender,
                     const char  *text,
                     Collector   *collector)
{
  gint64 end = patience_end (PATIENCE);
  gboolean has_failed = FALSE;

  while (!collector_has (collector, text))
    {
      g_autoptr(GError) error = NULL;

      /* There may be no way yet. */
      if (!send_text (sender, text, &error) && !has_failed)
        g_test_message ("At first: %s", error->message);
      has_failed |= error != NULL;

      if (g_get_monotonic_time () > end)
        g_error ("\"%s\" never arrived", text);
      g_usleep (PAUSE);
    }
}

void
send_until_failed (MbTransport  *sender,
                   GError      **error)
{
  gint64 end = patience_end (PATIENCE);

  while (send_text (sender, "in vain", error))
    {
      if (g_get_monotonic_time () > end)
        g_error ("Sending never failed");
      g_usleep (PAUSE);
    }
}

void
hosts_set_up (Hosts         *self,
              gconstpointer  data)
{
  host_add ("left");
  host_add ("right");
  host_add ("far");
  self->left_collector = collector_new ();
  self->right_collector = collector_new ();
  self->far_collector = collector_new ();
}

void
hosts_tear_down (Hosts         *self,
                 gconstpointer  data)
{
  finish_transport (self->left, self->left_collector);
  finish_transport (self->right, self->right_collector);
  finish_transport (self->far, self->far_collector);
  host_remove ("left");
  host_remove ("right");
  host_remove ("far");
}

void
hosts_check_both_ways (Hosts      *self,
                       const char *what)
{
  g_autofree char *to_right = g_strdup_printf ("to right: %s", what);
  g_autofree char *to_left = g_strdup_printf ("to left: %s", what);

  send_until_received (self->left, to_right, self->right_collector);
  send_until_received (self->right, to_left, self->left_collector);
}
