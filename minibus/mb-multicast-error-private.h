/* mb-multicast-error-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-address.h"

G_BEGIN_DECLS

/* Why a packet could not be sent, or the group not be joined, through an interface, or NULL for the one of the
 * system's choice. From any thread. */
void _mb_multicast_error_set          (MbAddress   *address,
                                       const char  *interface,
                                       int          errnum,
                                       GError     **error);
/* Why a socket could not be bound to the group and the port. */
void _mb_multicast_error_set_for_port (MbAddress   *address,
                                       int          errnum,
                                       GError     **error);

G_END_DECLS
