/* tests/fuzz/fuzz-armor.c
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "minibus/mb-armor-private.h"
#include "minibus/mb-error.h"

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

/* Any bytes: read or refused, and what is read is written and read again as the same. */
int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GByteArray) bytes = NULL;
  g_autoptr(GByteArray) again = NULL;
  g_autoptr(GString) wire = g_string_new (NULL);
  MbOpenPgpInfo info;

  _mb_armor_looks_slow ((const char *) data, size);

  /* The packets may also come as they are, which is easier to fuzz. */
  if (!_mb_openpgp_inspect (data, size, &info, &error))
    g_assert_true (error != NULL && error->domain == MB_CIPHER_ERROR);
  else
    g_assert_true (info.body_offset < size && info.n_symmetric <= MB_OPENPGP_MAX_SYMMETRIC);
  g_clear_error (&error);

  bytes = _mb_armor_decode ((const char *) data, size, 65507, &error);
  if (bytes == NULL)
    {
      g_assert_true (error != NULL && error->domain == MB_CIPHER_ERROR);
      return 0;
    }

  g_assert_true (error == NULL && bytes->len > 0 && bytes->len <= 65507);
  _mb_openpgp_inspect (bytes->data, bytes->len, &info, NULL);

  _mb_armor_encode (bytes->data, bytes->len, wire);
  again = _mb_armor_decode (wire->str, wire->len, 65507, NULL);
  g_assert_true (again != NULL && again->len == bytes->len && memcmp (again->data, bytes->data, bytes->len) == 0);

  return 0;
}
