/* mb-address-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-address.h"

G_BEGIN_DECLS

#define MB_ADDRESS_DEFAULT_GROUP "228.0.0.5"
#define MB_ADDRESS_DEFAULT_PORT 8005
#define MB_ADDRESS_DEFAULT_TTL 1
#define MB_ADDRESS_DEFAULT_RECEIVE_BUFFER (4 * 1024 * 1024)
#define MB_ADDRESS_MIN_RECEIVE_BUFFER 4096
#define MB_ADDRESS_MAX_RECEIVE_BUFFER (1024 * 1024 * 1024)

typedef struct
{
  const char *scheme;           /* static */
  char       *host;
  GStrv       interfaces;       /* never NULL */
  guint       port;
  guint       receive_buffer;
  guint       ttl;
} MbAddressParts;

gboolean _mb_address_parts_parse (MbAddressParts  *self,
                                  const char      *text,
                                  GError         **error);

G_END_DECLS
