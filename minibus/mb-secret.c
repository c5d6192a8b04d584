/* mb-secret.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "mb-secret-private.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Lives at the start of its own pages, the text behind it. */
struct _MbSecret
{
  gatomicrefcount ref_count;
  gsize           mapped;     /* bytes of the mapping; 0 when the memory came from malloc */
  gsize           length;
  char            text[];
};

MbSecret *
_mb_secret_new (const char *text,
                gsize       length)
{
  const gsize page = (gsize) sysconf (_SC_PAGESIZE);
  gsize size = sizeof (MbSecret) + length + 1;
  gsize mapped = (size + page - 1) / page * page;
  MbSecret *self = mmap (NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (self == MAP_FAILED)
    {
      self = g_malloc0 (size);
      mapped = 0;
    }
  else
    {
      /* Both may be refused, for example by RLIMIT_MEMLOCK; the secret is then as safe as any other memory. */
      (void) mlock (self, mapped);
      (void) madvise (self, mapped, MADV_DONTDUMP);
    }

  g_atomic_ref_count_init (&self->ref_count);
  self->mapped = mapped;
  self->length = length;
  memcpy (self->text, text, length);
  self->text[length] = '\0';

  return self;
}

MbSecret *
_mb_secret_ref (MbSecret *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
_mb_secret_unref (MbSecret *self)
{
  gsize mapped;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  mapped = self->mapped;
  explicit_bzero (self->text, self->length);

  if (mapped > 0)
    munmap (self, mapped);
  else
    g_free (self);
}

const char *
_mb_secret_get (MbSecret *self,
                gsize    *length)
{
  if (length != NULL)
    *length = self->length;

  return self->text;
}
