/* test-directory-peers.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "encryption-helpers.h"
#include "mb-test.h"
#include "minibus/mb-client-private.h"
#include "minibus/mb-presence-private.h"

static guint
count (MbDirectory *directory)
{
  return g_list_model_get_n_items (G_LIST_MODEL (directory));
}

static void
forge (Tap   *tap,
       guint  number)
{
  g_autofree char *packet = NULL;

  packet = g_strdup_printf ("{\"header\":{\"topic\":\"/__minibus__/__presence__\",\"idstr\":\"\",\"author\":\"forged-%u\"},"
                            "\"data\":\"{\\\"kind\\\":\\\"state\\\",\\\"session\\\":\\\"00000000%08x\\\","
                            "\\\"seal\\\":\\\"0123456789abcdef0123456789abcdef\\\",\\\"generation\\\":1,\\\"part\\\":0,"
                            "\\\"parts\\\":1,\\\"every\\\":30000,\\\"host\\\":\\\"h\\\",\\\"pid\\\":1,"
                            "\\\"version\\\":\\\"1\\\",\\\"encrypted\\\":false}\"}", number, number + 1);
  tap_send (tap, packet);
}

static void
test_bound (void)
{
  enum { N = MB_PEER_TABLE_MAX_PEERS + 1000 };
  g_autoptr(Tap) tap = tap_new ("bound");
  g_autoptr(MbClient) client = NULL;
  g_autoptr(MbClient) early = NULL;
  g_autoptr(MbClient) late = NULL;
  g_autoptr(MbDirectory) directory = NULL;
  guint n_dropped;

  g_test_summary ("Forged peers fill the table up to its bound, and not beyond; who is known already stays");

  client = mb_test_open_present ("watcher", "bound");
  early = mb_test_open_present ("early", "bound");
  directory = mb_directory_new (client);
  mb_test_wait_until (count (directory) == 2);

  for (guint i = 0; i < N; i++)
    {
      forge (tap, i);
      /* Or signs of life would wait behind what is forged for longer than anybody is given. */
      if (i % 500 == 0)
        mb_test_settle (client, client);
    }
  mb_test_wait_until (count (directory) == MB_PEER_TABLE_MAX_PEERS);
  mb_test_wait_until (mb_client_get_dropped (client, MB_DROP_REASON_PRESENCE) >= N + 2 - MB_PEER_TABLE_MAX_PEERS);
  g_assert_nonnull (mb_directory_find_peer (directory, "early"));
  g_assert_nonnull (mb_directory_find_peer (directory, "forged-0"));

  /* Who comes while it is full is counted, and not in the list. */
  n_dropped = mb_client_get_dropped (client, MB_DROP_REASON_PRESENCE);
  late = mb_test_open_present ("late", "bound");
  mb_test_wait_until (mb_client_get_dropped (client, MB_DROP_REASON_PRESENCE) > n_dropped);
  g_assert_null (mb_directory_find_peer (directory, "late"));
  g_assert_cmpuint (count (directory), ==, MB_PEER_TABLE_MAX_PEERS);
  g_assert_nonnull (mb_directory_find_peer (directory, "early"));
}

static MbClient *
open_present (const char *name,
              const char *passphrase)
{
  MbClient *client = client_new (name, passphrase);

  mb_client_set_presence (client, TRUE);

  return client_open (client);
}

static MbKeyMatch
get_key (MbDirectory *directory,
         const char  *name)
{
  MbPeer *peer = mb_directory_find_peer (directory, name);

  return peer != NULL ? mb_peer_get_key_match (peer) : MB_KEY_MATCH_UNKNOWN;
}

/* On a slow machine an answer comes late, and until then there seems to be another passphrase: each try takes longer. */
static gboolean
check_keys (MbDirectory *directory,
            guint       *timeout)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (mb_directory_check_keys_sync (directory, *timeout, NULL, &error));
  g_assert_no_error (error);
  *timeout *= 2;

  return get_key (directory, "same") == MB_KEY_MATCH_SAME &&
         get_key (directory, "other") == MB_KEY_MATCH_DIFFERENT &&
         get_key (directory, "none") == MB_KEY_MATCH_DIFFERENT;
}

static void
test_keys (void)
{
  g_autoptr(MbClient) client = NULL;
  g_autoptr(MbClient) same = NULL;
  g_autoptr(MbClient) other = NULL;
  g_autoptr(MbClient) none = NULL;
  g_autoptr(MbDirectory) directory = NULL;
  guint timeout = 300;

  g_test_summary ("With GnuPG at work: the same passphrase, another one, and none are told apart");

  /* Each question is decrypted by all, so there must not be too many of them. */
  _mb_presence_set_speed (0.2);
  client = open_present ("watcher", "correct horse");
  same = open_present ("same", "correct horse");
  other = open_present ("other", "battery staple");
  none = open_present ("none", NULL);
  directory = mb_directory_new (client);
  mb_test_wait_until (count (directory) == 4);
  g_assert_cmpint (mb_peer_get_key_match (mb_directory_find_peer (directory, "same")), ==, MB_KEY_MATCH_UNKNOWN);

  mb_test_wait_until (check_keys (directory, &timeout));
}

int
main (int   argc,
      char *argv[])
{
  encryption_test_init (&argc, &argv);

  g_test_add_func ("/directory-peers/bound", test_bound);
  g_test_add_func ("/directory-peers/keys", test_keys);

  return encryption_test_run ();
}
