/* mb-service-client-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-core-private.h"
#include "mb-service-client.h"

G_BEGIN_DECLS

MbServiceClient *_mb_service_client_new         (MbCore               *core,
                                                 const char           *name,
                                                 MbSchema             *request_schema,
                                                 MbSchema             *reply_schema,
                                                 GError              **error);

G_END_DECLS
