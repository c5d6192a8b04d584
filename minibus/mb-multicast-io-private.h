/* mb-multicast-io-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-address.h"
#include "mb-receiver.h"

G_BEGIN_DECLS

/* What is kept for sending when the system takes no more, with a share for bookkeeping. */
#define MB_MULTICAST_IO_MAX_BACKLOG (1024 * 1024)

typedef struct _MbMulticastIo MbMulticastIo;

MbMulticastIo *_mb_multicast_io_start (MbAddress      *address,
                                       MbReceiver     *receiver,
                                       GError        **error);
void           _mb_multicast_io_stop  (MbMulticastIo  *self);
MbMulticastIo *_mb_multicast_io_ref   (MbMulticastIo  *self);
void           _mb_multicast_io_unref (MbMulticastIo  *self);
gboolean       _mb_multicast_io_send  (MbMulticastIo  *self,
                                       const guint8   *data,
                                       gsize           length,
                                       GError        **error);

/* See mb_transport_set_topics(). From any thread. */
void           _mb_multicast_io_set_topics
                                     (MbMulticastIo       *self,
                                      const char * const  *wanted,
                                      const char * const  *unwanted);

/* See mb_transport_set_context(). From any thread. */
void           _mb_multicast_io_set_context
                                     (MbMulticastIo       *self,
                                      GMainContext        *context);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbMulticastIo, _mb_multicast_io_unref)

G_END_DECLS
