# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Lets Python's coroutines wait for libminibus, whatever event loop of asyncio they run in.

An event loop that is one of GLib, as gbulb's or that of PyGObject 3.50, needs nothing. In any other one, as that of
asyncio.run(), a pump serves the main context of GLib from the first time that something of libminibus is waited for.
"""

import asyncio
import ctypes
import inspect
import select
import threading
import weakref

from gi.repository import Gio, GLib, GObject

# GLib sources that a coroutine makes by itself do not wake the pump; so long they wait at most, in seconds.
TICK = 0.05
TURN_LIMIT = 200

_pumps = weakref.WeakKeyDictionary()
_tasks = set()


class _PollFD(ctypes.Structure):
    _fields_ = [('fd', ctypes.c_int), ('events', ctypes.c_ushort), ('revents', ctypes.c_ushort)]


def _load():
    glib = ctypes.CDLL('libglib-2.0.so.0')
    glib.g_main_context_ref_thread_default.restype = ctypes.c_void_p
    glib.g_main_context_unref.argtypes = [ctypes.c_void_p]
    glib.g_main_context_prepare.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_int)]
    glib.g_main_context_query.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_int),
                                          ctypes.POINTER(_PollFD), ctypes.c_int]
    return glib


class _Pump:
    """Runs a main context of GLib within an event loop. It has the context while the event loop lives, so that
    other threads, which attach something, wake it; what GLib would poll is polled by the event loop."""

    def __init__(self, loop):
        self._loop = weakref.ref(loop)
        self._glib = _load()
        self._pointer = self._glib.g_main_context_ref_thread_default()
        self._context = GLib.MainContext.ref_thread_default()
        self._polled = select.epoll()
        self._fds = {}
        self._timer = None
        self._scheduled = False
        self._running = self._context.acquire()
        # If another thread runs the context, that one serves it.
        if self._running:
            loop.add_reader(self._polled.fileno(), self.kick)
            self.kick()
        # The event loop ends its asynchronous generators when it ends; that is how the pump hears of it.
        self._life = self._live()
        try:
            self._life.__anext__().send(None)
        except StopIteration:
            pass

    async def _live(self):
        try:
            yield
        finally:
            self._stop()

    def _stop(self):
        loop = self._loop()
        if not self._running:
            return
        self._running = False
        if self._timer is not None:
            self._timer.cancel()
        if loop is not None:
            loop.remove_reader(self._polled.fileno())
            _pumps.pop(loop, None)
        self._polled.close()
        self._context.release()
        self._glib.g_main_context_unref(self._pointer)

    def kick(self):
        if self._running and not self._scheduled:
            self._scheduled = True
            self._loop().call_soon(self._turn)

    def _turn(self):
        self._scheduled = False
        if not self._running:
            return
        for _i in range(TURN_LIMIT):
            if not self._context.iteration(False):
                break
        if self._running:
            self._arm()

    def _arm(self):
        if self._timer is not None:
            self._timer.cancel()
        priority, timeout = ctypes.c_int(), ctypes.c_int(-1)
        if self._glib.g_main_context_prepare(self._pointer, ctypes.byref(priority)):
            self.kick()
            return
        size = max(8, len(self._fds))
        while True:
            fds = (_PollFD * size)()
            count = self._glib.g_main_context_query(self._pointer, priority, ctypes.byref(timeout), fds, size)
            if count <= size:
                break
            size = count
        self._watch({poll.fd: poll.events for poll in fds[:count]})
        delay = TICK if timeout.value < 0 else min(TICK, timeout.value / 1000)
        self._timer = self._loop().call_later(delay, self.kick)

    def _watch(self, fds):
        for fd in self._fds.keys() - fds.keys():
            try:
                self._polled.unregister(fd)
            except OSError:
                pass    # closed, and so gone already
        for fd, events in fds.items():
            if self._fds.get(fd) == events:
                continue
            try:
                self._polled.register(fd, events)
            except FileExistsError:
                self._polled.modify(fd, events)
            except OSError:
                pass    # a file, which is always ready: the timer sees to it
        self._fds = fds


def _is_of_glib(loop):
    return any(klass.__module__.split('.')[0] == 'gbulb' or klass.__module__ == 'gi.events'
               for klass in type(loop).__mro__)


def serve(loop=None):
    """Sees to it that GLib is served in the event loop that runs, and returns that."""
    if loop is None:
        loop = asyncio.get_running_loop()
    if not _is_of_glib(loop):
        if loop not in _pumps:
            _pumps[loop] = _Pump(loop)
        _pumps[loop].kick()
    return loop


def is_running():
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def wait(start, finish, cancellable=None, keep=None):
    """Waits for what start(cancellable, callback) starts. A task that is cancelled cancels that, too.

    What came in spite of that is given to keep()."""
    loop = serve()
    thread = threading.get_ident()
    future = loop.create_future()
    own = Gio.Cancellable()
    linked = None
    if cancellable is not None:
        linked = GObject.Object.connect(cancellable, 'cancelled', lambda _cancellable: own.cancel())
        if cancellable.is_cancelled():
            own.cancel()

    def settle(value, error):
        if future.done():
            if error is None and keep is not None:
                keep(value)
        elif error is None:
            future.set_result(value)
        else:
            future.set_exception(error)

    def done(_source, result):
        value, error = None, None
        try:
            value = finish(result)
        except Exception as problem:
            error = problem
        if threading.get_ident() == thread:
            settle(value, error)
        elif not loop.is_closed():
            loop.call_soon_threadsafe(settle, value, error)

    try:
        start(own, done)
        serve(loop)
        return await future
    except asyncio.CancelledError:
        own.cancel()
        if keep is not None and future.done() and not future.cancelled() and future.exception() is None:
            keep(future.result())
        raise
    finally:
        if linked is not None:
            GObject.Object.disconnect(cancellable, linked)


def run_later(awaitable, done):
    """Runs what an asynchronous function returned, then calls done(result, error)."""

    async def run():
        try:
            done(await awaitable, None)
        except Exception as error:
            done(None, error)

    if not is_running():
        if inspect.iscoroutine(awaitable):
            awaitable.close()
        raise RuntimeError('An asynchronous function needs an event loop of asyncio that runs, as in asyncio.run()')
    task = asyncio.get_running_loop().create_task(run())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
