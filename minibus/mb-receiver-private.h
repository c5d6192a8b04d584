/* mb-receiver-private.h
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mb-receiver.h"

G_BEGIN_DECLS

typedef struct
{
  /* Both are called in the thread that calls the receiver. */
  void (*push)        (gpointer      owner,
                       const guint8 *data,
                       gsize         length);
  void (*report_loss) (gpointer      owner,
                       guint         count);
} MbReceiverFuncs;

/* `funcs` must live for ever. `owner` is not owned: _mb_receiver_detach() ends all use of it, and waits
 * for a call that is under way in another thread.
 */
MbReceiver *_mb_receiver_new    (const MbReceiverFuncs *funcs,
                                 gpointer               owner);
void        _mb_receiver_detach (MbReceiver            *self);

typedef enum
{
  MB_TURN_NOTHING,   /* there was nothing to deliver */
  MB_TURN_ALL,       /* all there was has been delivered */
  MB_TURN_SOME,      /* the time was up before */
} MbTurn;

/* What a main loop does that has pushed packets by itself: `func` delivers what these became, and returns whether there
 * was anything. To be set before the receiver is used.
 */
typedef MbTurn (*MbReceiverTurn) (gpointer data);
void        _mb_receiver_set_turn  (MbReceiver            *self,
                                    MbReceiverTurn         func,
                                    gpointer               data,
                                    GDestroyNotify         destroy);
MbTurn      _mb_receiver_take_turn (MbReceiver            *self);

G_END_DECLS
