/* mb-multicast-filter.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A socket filter that drops packets of unwanted topics in the kernel, before they wake anybody.
 *
 * Nothing but a packet with a tag in its canonical form is ever dropped. Where the topics are known that are wanted,
 * the hash in the tag decides: two topics may have one hash, then both pass, and the router tells them apart. Where
 * only topics are known that are not wanted, a hash does not do, and the topic itself is compared.
 */

#include "config.h"

#include "mb-multicast-filter-private.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>

#include "mb-tag-private.h"

/* The filter of a UDP socket sees the UDP header first. */
#define HEADER 8
/* What is compared one by one at the end of the search. */
#define FEW 8
/* The kernel takes 4,096 instructions, if net.core.optmem_max has room for them: 20 KiB at the least. */
#define MAX_INSTRUCTIONS 2000
/* A jump over what compares a longer topic would be too far. */
#define MAX_UNWANTED_LENGTH 200

#define PASS 0xffffffffu
#define DROP 0

static void
emit (GArray  *program,
      guint16  code,
      guint32  k,
      guint8   jump_true,
      guint8   jump_false)
{
  struct sock_filter instruction = BPF_JUMP (code, k, jump_true, jump_false);

  g_array_append_val (program, instruction);
}

/* Passes the packet if its bytes from `offset` on are not these. */
static void
emit_compare (GArray     *program,
              guint       offset,
              const char *bytes,
              gsize       length)
{
  while (length > 0)
    {
      guint n = length >= 4 ? 4 : length >= 2 ? 2 : 1;
      guint32 value = 0;

      for (guint i = 0; i < n; i++)
        value = value << 8 | (guint8) bytes[i];

      emit (program, (guint16) (BPF_LD | BPF_ABS | (n == 4 ? BPF_W : n == 2 ? BPF_H : BPF_B)), HEADER + offset, 0, 0);
      emit (program, BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
      emit (program, BPF_RET | BPF_K, PASS, 0, 0);

      bytes += n;
      offset += n;
      length -= n;
    }
}

/* Makes four hexadecimal digits, one in each byte of A, a number of 16 bits. */
static void
emit_from_hex (GArray *program)
{
  /* Digits are 0x30 and up, letters 0x61 and up. */
  emit (program, BPF_MISC | BPF_TAX, 0, 0, 0);
  emit (program, BPF_ALU | BPF_RSH | BPF_K, 6, 0, 0);
  emit (program, BPF_ALU | BPF_AND | BPF_K, 0x01010101, 0, 0);
  emit (program, BPF_ALU | BPF_MUL | BPF_K, 9, 0, 0);
  emit (program, BPF_ST, 0, 0, 0);
  emit (program, BPF_MISC | BPF_TXA, 0, 0, 0);
  emit (program, BPF_ALU | BPF_AND | BPF_K, 0x0f0f0f0f, 0, 0);
  emit (program, BPF_LDX | BPF_MEM, 0, 0, 0);
  emit (program, BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0);

  for (guint step = 4; step <= 8; step += 4)
    {
      emit (program, BPF_MISC | BPF_TAX, 0, 0, 0);
      emit (program, BPF_ALU | BPF_RSH | BPF_K, step, 0, 0);
      emit (program, BPF_ALU | BPF_OR | BPF_X, 0, 0, 0);
      emit (program, BPF_ALU | BPF_AND | BPF_K, step == 4 ? 0x00ff00ff : 0x0000ffff, 0, 0);
    }
}

/* Passes the packet if A is one of the sorted hashes, drops it if not. */
static void
emit_search (GArray        *program,
             const guint32 *hashes,
             guint          n)
{
  guint half = n / 2;
  guint jump;

  if (n <= FEW)
    {
      for (guint i = 0; i < n; i++)
        emit (program, BPF_JMP | BPF_JEQ | BPF_K, hashes[i], (guint8) (n - i), 0);
      emit (program, BPF_RET | BPF_K, DROP, 0, 0);
      emit (program, BPF_RET | BPF_K, PASS, 0, 0);
      return;
    }

  /* A conditional jump does not reach far. */
  emit (program, BPF_JMP | BPF_JGE | BPF_K, hashes[half], 0, 1);
  jump = program->len;
  emit (program, BPF_JMP | BPF_JA, 0, 0, 0);
  emit_search (program, hashes, half);
  g_array_index (program, struct sock_filter, jump).k = program->len - jump - 1;
  emit_search (program, hashes + half, n - half);
}

static int
compare_hashes (gconstpointer a,
                gconstpointer b)
{
  guint32 x = *(const guint32 *) a;
  guint32 y = *(const guint32 *) b;

  return x < y ? -1 : x > y;
}

/* The hashes of the topics, sorted, or NULL if they are too many. */
static GArray *
hash_topics (const char * const *topics)
{
  g_autoptr(GArray) hashes = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint i = 0; topics[i] != NULL; i++)
    {
      guint32 hash = _mb_tag_hash_topic (topics[i], strlen (topics[i]));

      if (i == MB_MULTICAST_FILTER_MAX_TOPICS)
        return NULL;
      g_array_append_val (hashes, hash);
    }
  g_array_sort (hashes, compare_hashes);

  return g_steal_pointer (&hashes);
}

/* Drops the packet if it is in the clear, and on this topic; A is the hash. */
static void
emit_unwanted (GArray     *program,
               const char *topic)
{
  gsize length = strlen (topic);
  g_autofree char *member = g_strconcat (MB_TAG_BEHIND, topic, "\"", NULL);
  guint jump = program->len;

  /* With an escape in it, it could be written in several ways. */
  if (length > MAX_UNWANTED_LENGTH || strpbrk (topic, "\"\\") != NULL)
    return;

  emit (program, BPF_JMP | BPF_JEQ | BPF_K, _mb_tag_hash_topic (topic, length), 0, 0);
  emit (program, BPF_LD | BPF_W | BPF_LEN, 0, 0, 0);
  emit (program, BPF_JMP | BPF_JGE | BPF_K, HEADER + MB_TAG_END + (guint32) strlen (member), 1, 0);
  emit (program, BPF_RET | BPF_K, PASS, 0, 0);
  emit_compare (program, MB_TAG_END, member, strlen (member));
  emit (program, BPF_RET | BPF_K, DROP, 0, 0);
  g_array_index (program, struct sock_filter, jump).jf = (guint8) (program->len - jump - 1);
}

GArray *
_mb_multicast_filter_build (const char * const *wanted,
                            const char * const *unwanted)
{
  g_autoptr(GArray) hashes = wanted != NULL ? hash_topics (wanted) : NULL;
  GArray *program;

  if (hashes == NULL && (wanted != NULL || unwanted == NULL || unwanted[0] == NULL))
    return NULL;

  program = g_array_new (FALSE, FALSE, sizeof (struct sock_filter));

  /* Reading beyond the end would drop the packet. */
  emit (program, BPF_LD | BPF_W | BPF_LEN, 0, 0, 0);
  emit (program, BPF_JMP | BPF_JGE | BPF_K,
        HEADER + MB_TAG_TOPIC_OFFSET + MB_TAG_TOPIC_DIGITS + sizeof MB_TAG_BEHIND_TOPIC - 1, 1, 0);
  emit (program, BPF_RET | BPF_K, PASS, 0, 0);

  emit_compare (program, 0, MB_TAG_START, MB_TAG_TOPIC_OFFSET);
  emit_compare (program, MB_TAG_TOPIC_OFFSET + MB_TAG_TOPIC_DIGITS,
                MB_TAG_BEHIND_TOPIC, sizeof MB_TAG_BEHIND_TOPIC - 1);

  emit (program, BPF_LD | BPF_W | BPF_ABS, HEADER + MB_TAG_TOPIC_OFFSET, 0, 0);
  emit_from_hex (program);
  emit (program, BPF_ALU | BPF_LSH | BPF_K, 16, 0, 0);
  emit (program, BPF_ST, 1, 0, 0);
  emit (program, BPF_LD | BPF_W | BPF_ABS, HEADER + MB_TAG_TOPIC_OFFSET + 4, 0, 0);
  emit_from_hex (program);
  emit (program, BPF_LDX | BPF_MEM, 1, 0, 0);
  emit (program, BPF_ALU | BPF_OR | BPF_X, 0, 0, 0);

  if (hashes != NULL)
    {
      emit_search (program, (const guint32 *) (gpointer) hashes->data, hashes->len);
      return program;
    }

  for (guint i = 0; unwanted[i] != NULL && program->len < MAX_INSTRUCTIONS; i++)
    emit_unwanted (program, unwanted[i]);
  emit (program, BPF_RET | BPF_K, PASS, 0, 0);

  return program;
}

gboolean
_mb_multicast_filter_attach (int     fd,
                             GArray *program)
{
  struct sock_fprog filter = {
    .len = (unsigned short) program->len,
    .filter = (struct sock_filter *) (gpointer) program->data,
  };

  if (setsockopt (fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0)
    return TRUE;

  /* Perhaps net.core.optmem_max is too small. What was attached before is not wanted any more either. */
  g_debug ("A filter for topics cannot be used: %s", g_strerror (errno));
  _mb_multicast_filter_detach (fd);

  return FALSE;
}

void
_mb_multicast_filter_detach (int fd)
{
  int ignored = 0;

  if (setsockopt (fd, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof ignored) < 0 && errno != ENOENT)
    g_debug ("The filter for topics cannot be removed: %s", g_strerror (errno));
}
