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

#include "mbtt-loop.h"

/* How long a packet to ourselves may take, in seconds. */
#define PATIENCE 2
/* What is remembered of a bus. */
#define MAX_NAMES 4096
/* A Python peer that gets a larger packet never receives anything again. */
#define PYTHON_LIMIT 1500

typedef struct
{
  GHashTable *sessions;    /* author to the session that was seen first */
  GHashTable *doubles;     /* authors with more than one */
  GHashTable *topics;
  char       *large;       /* a topic with packets that are too large for some; or NULL */
  guint       n_messages;
  guint       n_wanted;
} Heard;

void
mbtt_doctor_opening (MbttFindings *findings,
                     const GError *error)
{
  const char *remedy = NULL;

  if (error == NULL)
    {
      mbtt_findings_add (findings, "open", MBTT_FINDING_OK, g_strdup (_("The bus can be opened.")), NULL);
      return;
    }

  if (g_error_matches (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_ROUTE) ||
      g_error_matches (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NO_INTERFACE))
    remedy = _("Connect to a network, or name an interface that “ip link” lists: --address "
               "'multicast:?interface=NAME'.");
  else if (g_error_matches (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_PORT_IN_USE))
    remedy = _("End the program that has the port for itself (“ss -ulpn” lists it), or use another port everywhere.");
  else if (g_error_matches (error, MB_TRANSPORT_ERROR, MB_TRANSPORT_ERROR_NOT_PERMITTED))
    remedy = _("Allow it in the firewall or the sandbox.");

  mbtt_findings_add (findings, "open", MBTT_FINDING_PROBLEM, g_strdup (error->message), g_strdup (remedy));
}

static void
quit_cb (MbSubscriber *subscriber,
         MbMessage    *message,
         gboolean     *heard)
{
  *heard = TRUE;
  mbtt_loop_quit ();
}

void
mbtt_doctor_echo (MbttFindings *findings,
                  MbClient     *client,
                  MbAddress    *address)
{
  g_autofree char *topic = g_strdup_printf ("/__minibus__/__doctor__/%08x%08x", g_random_int (), g_random_int ());
  g_autoptr(GError) error = NULL;
  g_autoptr(MbSubscriber) subscriber = mb_client_subscribe (client, topic, NULL, &error);
  g_autoptr(MbPublisher) publisher = mb_client_create_publisher (client, topic, NULL, &error);
  gboolean heard = FALSE;

  g_signal_connect (subscriber, "message", G_CALLBACK (quit_cb), &heard);
  if (!mb_publisher_publish_text (publisher, "null", &error))
    {
      mbtt_findings_add (findings, "echo", MBTT_FINDING_PROBLEM, g_strdup (error->message),
                         g_strdup (_("Mend what the message says; nothing can be sent before that.")));
      mb_subscriber_close (subscriber);
      return;
    }

  mbtt_loop_run (PATIENCE);
  mb_subscriber_close (subscriber);

  if (heard)
    mbtt_findings_add (findings, "echo", MBTT_FINDING_OK, g_strdup (_("What is sent comes back.")), NULL);
  else
    mbtt_findings_add (findings, "echo", MBTT_FINDING_PROBLEM,
                       g_strdup (_("What is sent does not come back, not even to this program.")),
                       g_strdup_printf (_("Most likely a firewall drops it: allow UDP port %u to %s; with firewalld, "
                                          "“firewall-cmd --permanent --add-port=%u/udp”, then “firewall-cmd "
                                          "--reload”."),
                                        mb_address_get_port (address), mb_address_get_host (address),
                                        mb_address_get_port (address)));
}

static void
message_cb (MbSubscriber *subscriber,
            MbMessage    *message,
            Heard        *heard)
{
  const char *author = mb_message_get_author (message);
  const char *session = mb_message_get_session (message);
  const char *topic = mb_message_get_topic (message);

  if (author != NULL && session != NULL)
    {
      const char *before = g_hash_table_lookup (heard->sessions, author);

      if (before != NULL && strcmp (before, session) != 0)
        g_hash_table_add (heard->doubles, g_strdup (author));
      else if (before == NULL && g_hash_table_size (heard->sessions) < MAX_NAMES)
        g_hash_table_insert (heard->sessions, g_strdup (author), g_strdup (session));
    }

  if (strstr (topic, "__") != NULL)
    return;

  heard->n_messages++;
  if (g_hash_table_size (heard->topics) < MAX_NAMES)
    g_hash_table_add (heard->topics, g_strdup (topic));
  /* The packet is larger than the data in it. */
  if (heard->large == NULL && strlen (mb_message_get_text (message)) > PYTHON_LIMIT)
    heard->large = g_strdup (topic);
}

static void
wanted_cb (MbSubscriber *subscriber,
           MbMessage    *message,
           Heard        *heard)
{
  heard->n_wanted++;
}

/* How many characters have to be changed, with the letters' case not counting. */
static guint
get_distance (const char *a,
              const char *b)
{
  g_autofree char *folded_a = g_utf8_casefold (a, -1);
  g_autofree char *folded_b = g_utf8_casefold (b, -1);
  gsize length = strlen (folded_b);
  g_autofree guint *row = g_new (guint, length + 1);

  for (gsize j = 0; j <= length; j++)
    row[j] = (guint) j;

  for (gsize i = 0; folded_a[i] != '\0'; i++)
    {
      guint corner = row[0];

      row[0] = (guint) i + 1;
      for (gsize j = 0; j < length; j++)
        {
          guint replaced = corner + (folded_a[i] != folded_b[j]);

          corner = row[j + 1];
          row[j + 1] = MIN (replaced, MIN (row[j], row[j + 1]) + 1);
        }
    }

  return row[length];
}

static void
judge_topic (MbttFindings *findings,
             Heard        *heard,
             const char   *topic)
{
  GHashTableIter iter;
  gpointer key;
  const char *nearest = NULL;
  guint least = G_MAXUINT;

  if (heard->n_wanted > 0)
    {
      mbtt_findings_add (findings, "topic", MBTT_FINDING_OK,
                         g_strdup_printf (_("Messages on “%s” arrive: %u."), topic, heard->n_wanted), NULL);
      return;
    }

  g_hash_table_iter_init (&iter, heard->topics);
  while (strlen (topic) <= 1024 && g_hash_table_iter_next (&iter, &key, NULL))
    {
      guint distance = strlen (key) <= 1024 ? get_distance (topic, key) : G_MAXUINT;

      if (distance < least)
        {
          least = distance;
          nearest = key;
        }
    }

  if (nearest != NULL && least <= MAX (2, strlen (topic) / 4))
    mbtt_findings_add (findings, "topic", MBTT_FINDING_WARNING,
                       g_strdup_printf (_("Nobody published on “%s”, but somebody did on “%s”."), topic, nearest),
                       g_strdup (_("See which of the two is spelled as it should be; upper and lower case, and each "
                                   "“/”, make a difference.")));
  else
    mbtt_findings_add (findings, "topic", MBTT_FINDING_HINT,
                       g_strdup_printf (_("Nobody published on “%s” in this time."), topic),
                       g_strdup (_("See that who publishes is running and has the same address, or listen longer with "
                                   "--duration.")));
}

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

static void
judge_drops (MbttFindings *findings,
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
      mbtt_findings_add (findings, judgements[i].check, judgements[i].severity, g_strjoinv (number, parts),
                         g_strdup (_(judgements[i].remedy)));
    }
}

void
mbtt_doctor_listen (MbttFindings *findings,
                    MbClient     *client,
                    const char   *topic,
                    double        seconds)
{
  Heard heard = { .n_messages = 0 };
  g_autoptr(GError) error = NULL;
  g_autoptr(MbSubscriber) all = mb_client_subscribe (client, ".*", NULL, &error);
  g_autoptr(MbSubscriber) wanted = NULL;
  GHashTableIter iter;
  gpointer name;

  if (topic != NULL)
    {
      wanted = mb_client_subscribe (client, topic, NULL, &error);
      if (wanted == NULL)
        mbtt_findings_add (findings, "topic", MBTT_FINDING_PROBLEM, g_strdup (error->message), NULL);
      else
        g_signal_connect (wanted, "message", G_CALLBACK (wanted_cb), &heard);
    }

  heard.sessions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  heard.doubles = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  heard.topics = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_signal_connect (all, "message", G_CALLBACK (message_cb), &heard);

  mbtt_loop_run (seconds);

  mb_subscriber_close (all);
  if (wanted != NULL)
    mb_subscriber_close (wanted);

  if (heard.n_messages > 0)
    mbtt_findings_add (findings, "traffic", MBTT_FINDING_OK,
                       g_strdup_printf (_("Messages arrive: %u, on %u topics."), heard.n_messages,
                                        g_hash_table_size (heard.topics)),
                       NULL);
  else
    mbtt_findings_add (findings, "traffic", MBTT_FINDING_HINT,
                       g_strdup (_("No message that could be read arrived while listening.")),
                       g_strdup (_("If somebody is sending, see that all have the same address (group, port and "
                                   "interface); or listen longer with --duration.")));

  judge_drops (findings, client);
  if (wanted != NULL)
    judge_topic (findings, &heard, topic);

  g_hash_table_iter_init (&iter, heard.doubles);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    mbtt_findings_add (findings, "names", MBTT_FINDING_WARNING,
                       g_strdup_printf (_("Two programs are called “%s”, or one was started again."), (char *) name),
                       g_strdup (_("Give each program a name of its own.")));

  if (heard.large != NULL)
    mbtt_findings_add (findings, "python", MBTT_FINDING_WARNING,
                       g_strdup_printf (_("Packets on “%s” are larger than 1,500 bytes; a program with the Python "
                                          "library stops receiving for good with the first one."), heard.large),
                       g_strdup (_("Send less at once, at most 1,472 bytes a packet, if there are such programs.")));

  g_free (heard.large);
  g_hash_table_unref (heard.sessions);
  g_hash_table_unref (heard.doubles);
  g_hash_table_unref (heard.topics);
}
