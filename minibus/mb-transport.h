/* mb-transport.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (MB_INSIDE) && !defined (MB_COMPILATION)
# error "Only <minibus.h> can be included directly."
#endif

#include <gio/gio.h>

#include "mb-address.h"
#include "mb-receiver.h"
#include "mb-version-macros.h"

G_BEGIN_DECLS

#define MB_TYPE_TRANSPORT (mb_transport_get_type ())

MB_AVAILABLE_IN_ALL
G_DECLARE_INTERFACE (MbTransport, mb_transport, MB, TRANSPORT, GObject)

/**
 * MbTransportInterface:
 * @parent_iface: the parent interface
 * @open_sync: opens; may be called again after @close
 * @open_async: starts to open without waiting; may be `NULL` where @open_sync never waits
 * @open_finish: ends @open_async; `NULL` together with it
 * @close: closes; when it returns, no more packets are given to the receiver. Harmless when not open
 * @send: sends one packet without waiting; may be called from any thread
 * @get_max_packet_size: the most bytes that one packet may have
 * @is_reliable: whether every packet that was sent arrives, in order
 * @set_topics: may drop packets of topics that are not wanted; may be called from any thread; `NULL` where the transport
 *   does not know topics
 * @set_context: may receive in a main loop from then on; may be called from any thread; `NULL` where the transport
 *   does not
 *
 * What a transport has to do. All functions but @open_async, @open_finish, @set_topics and @set_context are
 * required.
 */
struct _MbTransportInterface
{
  GTypeInterface parent_iface;

  gboolean (*open_sync)           (MbTransport          *self,
                                   MbReceiver           *receiver,
                                   GCancellable         *cancellable,
                                   GError              **error);
  void     (*open_async)          (MbTransport          *self,
                                   MbReceiver           *receiver,
                                   GCancellable         *cancellable,
                                   GAsyncReadyCallback   callback,
                                   gpointer              user_data);
  gboolean (*open_finish)         (MbTransport          *self,
                                   GAsyncResult         *result,
                                   GError              **error);
  void     (*close)               (MbTransport          *self);
  gboolean (*send)                (MbTransport          *self,
                                   const char           *topic,
                                   const guint8         *data,
                                   gsize                 length,
                                   GError              **error);
  gsize    (*get_max_packet_size) (MbTransport          *self);
  gboolean (*is_reliable)         (MbTransport          *self);
  void     (*set_topics)          (MbTransport          *self,
                                   const char * const   *wanted,
                                   const char * const   *unwanted);
  void     (*set_context)         (MbTransport          *self,
                                   GMainContext         *context);
};

MB_AVAILABLE_IN_ALL
MbTransport *mb_transport_new_for_address     (MbAddress            *address);
MB_AVAILABLE_IN_ALL
gboolean     mb_transport_open_sync           (MbTransport          *self,
                                               MbReceiver           *receiver,
                                               GCancellable         *cancellable,
                                               GError              **error);
MB_AVAILABLE_IN_ALL
void         mb_transport_open_async          (MbTransport          *self,
                                               MbReceiver           *receiver,
                                               GCancellable         *cancellable,
                                               GAsyncReadyCallback   callback,
                                               gpointer              user_data);
MB_AVAILABLE_IN_ALL
gboolean     mb_transport_open_finish         (MbTransport          *self,
                                               GAsyncResult         *result,
                                               GError              **error);
MB_AVAILABLE_IN_ALL
void         mb_transport_close               (MbTransport          *self);
MB_AVAILABLE_IN_ALL
gboolean     mb_transport_send                (MbTransport          *self,
                                               const char           *topic,
                                               const guint8         *data,
                                               gsize                 length,
                                               GError              **error);
MB_AVAILABLE_IN_ALL
gsize        mb_transport_get_max_packet_size (MbTransport          *self);
MB_AVAILABLE_IN_ALL
gboolean     mb_transport_is_reliable         (MbTransport          *self);
MB_AVAILABLE_IN_ALL
void         mb_transport_set_topics          (MbTransport          *self,
                                               const char * const   *wanted,
                                               const char * const   *unwanted);
MB_AVAILABLE_IN_ALL
void         mb_transport_set_context         (MbTransport          *self,
                                               GMainContext         *context);

G_END_DECLS
