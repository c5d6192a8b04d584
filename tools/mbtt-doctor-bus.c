/* mbtt-doctor-bus.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What can be found out by taking part in the bus. */

#include "config.h"

#include "mbtt-doctor.h"

#include <glib/gi18n.h>
#include <string.h>

#include "mbtt-common.h"
#include "mbtt-hidden.h"
#include "mbtt-loop.h"
#include "mbtt-output.h"

/* How long a packet to ourselves may take, in seconds. */
#define PATIENCE 2
/* What is remembered of a bus: topics, and the last message on some of them. */
#define MAX_TOPICS  4096
#define MAX_SAMPLES 64
/* A Python peer that gets a larger packet never receives anything again. */
#define PYTHON_LIMIT 1500

void
mbtt_doctor_opening (MbttFindings *findings,
                     MbAddress    *address,
                     const GError *error)
{
  g_autofree char *remedy = NULL;

  if (error == NULL)
    {
      mbtt_findings_add (findings, "open", MBTT_FINDING_OK, g_strdup (_("The bus can be opened.")), NULL);
      return;
    }

  if (g_error_matches (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_ROUTE) ||
      g_error_matches (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_INTERFACE))
    {
      g_autofree char *example = mbtt_doctor_write_address (address, "NAME");

      remedy = g_strdup_printf (_("Connect to a network, or name an interface that “ip link” lists: --address '%s'."),
                                example);
    }
  else if (g_error_matches (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_PORT_IN_USE))
    remedy = g_strdup (_("End the program that has the port for itself (“ss -ulpn” lists it), or use another port "
                         "everywhere."));
  else if (g_error_matches (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NOT_PERMITTED))
    remedy = g_strdup (_("Allow it in the firewall or the sandbox."));
  else
    remedy = g_strdup (_("Mend what the message says; nothing can be sent before that."));

  mbtt_findings_add (findings, "open", MBTT_FINDING_PROBLEM, g_strdup (error->message), g_steal_pointer (&remedy));
}

/* Who looks for packets that name a topic. */
typedef struct
{
  const char *topic;
  guint       n_heard;
} Witness;

static gboolean
socket_cb (GSocket      *socket,
           GIOCondition  condition,
           Witness      *witness)
{
  char packet[65536];
  gssize length = g_socket_receive (socket, packet, sizeof packet, NULL, NULL);

  if (length <= 0 || g_strstr_len (packet, length, witness->topic) == NULL)
    return G_SOURCE_CONTINUE;

  witness->n_heard++;
  mbtt_loop_quit ();

  return G_SOURCE_CONTINUE;
}

/* A socket that has nothing to do with the client, as one of another program. */
static GSocket *
open_witness (MbAddress *address)
{
  const char * const *interfaces = mb_address_get_interfaces (address);
  const char *interface = interfaces != NULL ? interfaces[0] : NULL;
  g_autoptr(GInetAddress) group = g_inet_address_new_from_string (mb_address_get_host (address));
  g_autoptr(GSocketAddress) name = NULL;
  g_autoptr(GSocket) socket = NULL;

  if (group == NULL)
    return NULL;

  name = g_inet_socket_address_new (group, (guint16) mb_address_get_port (address));
  socket = g_socket_new (g_inet_address_get_family (group), G_SOCKET_TYPE_DATAGRAM,
                         G_SOCKET_PROTOCOL_UDP, NULL);
  if (socket == NULL)
    return NULL;

  g_socket_set_blocking (socket, FALSE);
  if (!g_socket_bind (socket, name, TRUE, NULL) ||
      !g_socket_join_multicast_group (socket, group, FALSE, interface, NULL))
    return NULL;

  return g_steal_pointer (&socket);
}

static void
heard_cb (MbSubscriber *subscriber,
          MbMessage    *message,
          guint        *n_heard)
{
  ++*n_heard;
  mbtt_loop_quit ();
}

static void
judge_echo (MbttFindings *findings,
            MbAddress    *address,
            gboolean      is_own_heard,
            gboolean      is_other_heard)
{
  if (is_own_heard && is_other_heard)
    mbtt_findings_add (findings, "echo", MBTT_FINDING_OK,
                       g_strdup (_("What is sent comes back, to this program and to another socket.")), NULL);
  else if (is_own_heard || is_other_heard)
    mbtt_findings_add (findings, "echo", MBTT_FINDING_PROBLEM,
                       g_strdup (_("What is sent reaches one socket of this machine, but not another one.")),
                       g_strdup (_("See whether a sandbox, or a filter for single programs, keeps packets back; “ss "
                                   "-ulpn” lists who listens on the port.")));
  else
    mbtt_findings_add (findings, "echo", MBTT_FINDING_PROBLEM,
                       g_strdup (_("What is sent does not come back, not even to this program.")),
                       mbtt_doctor_suspect_firewall (address));
}

/* Returns FALSE when nothing more can be found out. */
gboolean
mbtt_doctor_echo (MbttFindings *findings,
                  MbClient     *client,
                  MbAddress    *address)
{
  g_autofree char *topic = g_strdup_printf ("/__minibus__/__doctor__/%08x%08x", g_random_int (), g_random_int ());
  g_autoptr(GError) error = NULL;
  g_autoptr(MbSubscriber) subscriber = mb_client_subscribe (client, topic, NULL, &error);
  g_autoptr(MbPublisher) publisher = mb_client_create_publisher (client, topic, NULL, &error);
  g_autoptr(GSocket) socket = open_witness (address);
  g_autoptr(GSource) source = NULL;
  Witness witness = { .topic = topic };
  guint n_own = 0;
  MbttEnd end = MBTT_END_QUIT;
  gboolean is_sent;

  g_signal_connect (subscriber, "message", G_CALLBACK (heard_cb), &n_own);
  if (socket != NULL)
    {
      source = g_socket_create_source (socket, G_IO_IN, NULL);
      g_source_set_callback (source, G_SOURCE_FUNC (socket_cb), &witness, NULL);
      g_source_attach (source, NULL);
    }

  is_sent = mb_publisher_publish_text (publisher, "null", &error);
  while (is_sent && end == MBTT_END_QUIT &&
         (n_own == 0 || (source != NULL && witness.n_heard == 0)))
    end = mbtt_loop_run (PATIENCE);

  if (source != NULL)
    g_source_destroy (source);
  mb_subscriber_close (subscriber);

  if (end == MBTT_END_STOPPED)
    return FALSE;

  if (is_sent)
    judge_echo (findings, address, n_own > 0, source != NULL ? witness.n_heard > 0 : n_own > 0);
  else
    mbtt_findings_add (findings, "echo", MBTT_FINDING_PROBLEM, g_strdup (error->message),
                       g_strdup (_("Mend what the message says; nothing can be sent before that.")));

  return is_sent;
}

static void
message_cb (MbSubscriber *subscriber,
            MbMessage    *message,
            MbttHeard    *heard)
{
  const char *topic = mb_message_get_topic (message);
  const char *text = mb_message_get_text (message);
  gboolean is_known = g_hash_table_contains (heard->topics, topic);

  if (mbtt_is_hidden (topic))
    return;

  heard->n_messages++;
  if (is_known || g_hash_table_size (heard->topics) < MAX_TOPICS)
    {
      gboolean is_kept = is_known ? g_hash_table_lookup (heard->topics, topic) != NULL
                                  : g_hash_table_size (heard->topics) < MAX_SAMPLES;

      if (!is_known || is_kept)
        g_hash_table_replace (heard->topics, g_strdup (topic), is_kept ? g_strdup (text) : NULL);
    }

  /* The packet is larger than the data in it. */
  if (heard->large == NULL && strlen (text) > PYTHON_LIMIT)
    heard->large = g_strdup (topic);
}

static void
wanted_cb (MbSubscriber *subscriber,
           MbMessage    *message,
           MbttHeard    *heard)
{
  heard->n_wanted++;
}

void
mbtt_doctor_heard_clear (MbttHeard *heard)
{
  g_clear_pointer (&heard->topics, g_hash_table_unref);
  g_clear_pointer (&heard->large, g_free);
}

/* Returns FALSE when the program was told to end. */
gboolean
mbtt_doctor_listen (MbttFindings *findings,
                    MbClient     *client,
                    double        seconds,
                    MbttHeard    *heard)
{
  g_autoptr(MbSubscriber) all = mb_client_subscribe (client, ".*", NULL, NULL);
  g_autoptr(MbSubscriber) wanted = NULL;
  MbttEnd end;

  heard->topics = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (heard->wanted != NULL)
    {
      wanted = mb_client_subscribe (client, heard->wanted, NULL, NULL);
      if (wanted != NULL)
        g_signal_connect (wanted, "message", G_CALLBACK (wanted_cb), heard);
    }
  g_signal_connect (all, "message", G_CALLBACK (message_cb), heard);

  if (mbtt_get_options ()->verbose)
    mbtt_print_note (_("Listening to “%s”"), ".*");
  mbtt_show_progress (_("Listening"));
  end = mbtt_loop_run (seconds);
  mbtt_show_progress ("%s", "");

  mb_subscriber_close (all);
  if (wanted != NULL)
    mb_subscriber_close (wanted);

  if (heard->n_messages > 0)
    mbtt_findings_add (findings, "traffic", MBTT_FINDING_OK,
                       g_strdup_printf (_("Messages arrive: %u, on %u topics."), heard->n_messages,
                                        g_hash_table_size (heard->topics)),
                       NULL);
  else
    mbtt_findings_add (findings, "traffic", MBTT_FINDING_HINT,
                       g_strdup (_("No message that could be read arrived while listening.")),
                       g_strdup (_("If somebody is sending, see that all have the same address (group, port and "
                                   "interface); or listen longer with --duration.")));

  mbtt_doctor_drops (findings, client);

  return end != MBTT_END_STOPPED;
}
