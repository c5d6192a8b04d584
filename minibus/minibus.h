/* minibus.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#define MB_INSIDE
# include "mb-address.h"
# include "mb-client.h"
# include "mb-directory.h"
# include "mb-enums.h"
# include "mb-error.h"
# include "mb-json.h"
# include "mb-memory-bus.h"
# include "mb-memory-transport.h"
# include "mb-message.h"
# include "mb-multicast-transport.h"
# include "mb-peer.h"
# include "mb-player.h"
# include "mb-publisher.h"
# include "mb-receiver.h"
# include "mb-recorder.h"
# include "mb-recording-summary.h"
# include "mb-recording.h"
# include "mb-request.h"
# include "mb-schema-loader.h"
# include "mb-schema.h"
# include "mb-service-client.h"
# include "mb-service-info.h"
# include "mb-service.h"
# include "mb-subscriber.h"
# include "mb-topic-info.h"
# include "mb-transport.h"
# include "mb-version-macros.h"
# include "mb-version.h"
#undef MB_INSIDE
