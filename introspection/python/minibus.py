# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The programming interface of the Python library MiniBus 0.3.0, for Python 3 and on top of libminibus.

Programs that were written for that library find its classes and methods here under their names. New programs are
better served by `gi.repository.Minibus`, which this module is made of. The differences are listed in libminibus'
documentation, "Coming from the Python library".

MiniBusSocketClient runs callbacks in threads of its own, as it did: the messages of each subscription one after the
other, the requests of services up to WORKERS at a time. MiniBusTwistedClient runs them where exec_() runs. That is
Twisted's reactor if Twisted is there, and GLib's main loop if not.
"""

import collections
import concurrent.futures
import functools
import importlib.util
import json
import logging
import sys
import threading

import gi

gi.require_version('Minibus', '1.0')

from gi.repository import GLib, Minibus

FATAL = logging.FATAL
ERROR = logging.ERROR
WARNING = logging.WARNING
WARN = logging.WARNING
INFO = logging.INFO
DEBUG = logging.DEBUG

HAS_GNUPG = True
HAS_TWISTED = importlib.util.find_spec('twisted') is not None

# How many requests the services of a client work on at a time, and how many may wait for service_server_return().
WORKERS = 32
MAX_REQUESTS = 4096

if HAS_TWISTED and 'twisted.internet.reactor' not in sys.modules:
    # Only this one runs GLib's main loop, too.
    from twisted.internet import gireactor
    gireactor.install()


class MiniBusClientAPI:
    """What every client can do."""

    def __init__(self, name=None, cryptokey=None):
        pass

    def publisher(self, topic_name, data_format):
        """Returns a function that publishes its argument."""
        raise NotImplementedError

    def subscribe(self, name_pattern, data_format, callback, headers=False):
        """Calls callback(data), or callback(headers, data), for each message."""
        raise NotImplementedError

    def unsubscribe(self, name_pattern, callback):
        """Ends what subscribe() began."""
        raise NotImplementedError

    def service_client(self, name, reqst_schema, reply_schema, reply_cb, err_cb):
        """Returns a function that calls a service and returns an id; the answer comes as reply_cb(id, value) or
        err_cb(id, value)."""
        raise NotImplementedError

    def service_func_client(self, name, reqst_schema, reply_schema):
        """Returns a function that calls a service and returns what that returned."""
        raise NotImplementedError

    def service_server(self, name, reqst_schema, reply_schema, func):
        """Calls func(srvid, params) for each request, to be answered by service_server_return() or
        service_server_error()."""
        raise NotImplementedError

    def service_func_server(self, name, reqst_schema, reply_schema, func):
        """Calls func(params) for each request, and answers what that returns or raises."""
        raise NotImplementedError

    def service_server_return(self, srvid, value):
        """Answers a request."""
        raise NotImplementedError

    def service_server_error(self, srvid, value):
        """Answers a request with an error."""
        raise NotImplementedError


def _normal(pattern):
    """A pattern as it is kept: '/a' and '^/a$' are the same."""
    return '^' * (not pattern.startswith('^')) + pattern + '$' * (not pattern.endswith('$'))


def _headers(message):
    headers = dict(message.header or {})
    headers.update(topic=message.topic, author=message.author, idstr=message.id)
    if message.is_encrypted:
        headers['gpg'] = 'yes'
    return {name: value for name, value in headers.items() if value is not None}


def _error_value(error):
    """What the service sent as its error."""
    try:
        return json.loads(error.message) if error.message[:1] in ('{', '[') else error.message
    except ValueError:
        return error.message


class _Worker:
    """A thread with a main loop, for what calls back."""

    def __init__(self, name):
        self._context = GLib.MainContext.new()
        self._loop = GLib.MainLoop.new(self._context, False)
        self._thread = threading.Thread(target=self._run, name=name)
        self._thread.start()

    def _run(self):
        self._context.push_thread_default()
        try:
            self._loop.run()
        finally:
            self._context.pop_thread_default()

    def call(self, func):
        """Runs a function in the thread, and returns what it returns."""
        if threading.current_thread() is self._thread:
            return func()
        future = concurrent.futures.Future()

        def run(_data):
            try:
                future.set_result(func())
            except BaseException as error:
                future.set_exception(error)
            return GLib.SOURCE_REMOVE

        source = GLib.Idle()
        source.set_callback(run)
        source.attach(self._context)
        return future.result()

    def stop(self):
        self.call(self._loop.quit)

    def join(self):
        if threading.current_thread() is not self._thread:
            self._thread.join()


class MiniBusClientCore(MiniBusClientAPI):
    """What the clients have in common. Every client answers the built-in services.

    With a cryptokey, messages that are not encrypted are refused, unless accept_plaintext is true."""

    def __init__(self, name=None, iface=None, cryptokey=None, accept_plaintext=False):
        MiniBusClientAPI.__init__(self, name, cryptokey)
        self._logger = logging.getLogger('MiniBus')
        self._client = Minibus.Client(name=name or None)
        if iface:
            interfaces = [iface] if isinstance(iface, str) else iface
            self._client.set_address('multicast:?' + '&'.join(f'interface={one}' for one in interfaces))
        if cryptokey:
            self._client.set_passphrase(cryptokey)
            self._client.set_accept_plaintext(accept_plaintext)
        self._clientname = self._client.get_name()
        self._subscriptions = {}
        self._requests = collections.OrderedDict()
        self._requests_lock = threading.Lock()
        self._parts = []
        self._client.open_sync()

    def _attached(self, _name, func):
        """Runs what makes an object where its callbacks are to be run."""
        return func()

    def _run_request(self, func, *args):
        func(*args)

    def publisher(self, topic_name, data_format):
        publisher = self._client.create_publisher(topic_name, data_format)
        return lambda data: publisher.publish(data) and None

    def subscribe(self, name_pattern, data_format, callback, headers=False):
        callbacks = self._subscriptions.setdefault(_normal(name_pattern), [])
        if any(callback == other for other, _subscriber in callbacks):
            raise Exception(f'Callback {callback} already registered for subscription {name_pattern}')

        def deliver(_subscriber, message):
            if headers:
                callback(_headers(message), message.data)
            else:
                callback(message.data)

        def start():
            subscriber = self._client.subscribe(name_pattern, data_format)
            subscriber.connect('message', deliver)
            return subscriber

        callbacks.append((callback, self._attached(name_pattern, start)))

    def unsubscribe(self, name_pattern, callback):
        callbacks = self._subscriptions[_normal(name_pattern)]
        for entry in callbacks:
            if entry[0] == callback:
                callbacks.remove(entry)
                self._detached(entry[1])
                return
        self._logger.warning('The callback is not subscribed to %s', name_pattern)

    def _detached(self, part):
        part.close()

    def service_client(self, name, reqst_schema, reply_schema, reply_cb, err_cb):
        def start():
            client = self._client.create_service_client(name, reqst_schema, reply_schema)
            client.connect('reply', lambda _client, idstr, message: reply_cb(idstr, message.data))
            client.connect('failed', lambda _client, idstr, error: err_cb(idstr, _error_value(error)))
            return client

        client = self._attached(name, start)
        self._parts.append(client)
        return lambda params: self._start_call(client, params)

    def _start_call(self, client, params):
        return client.call_node(Minibus.json_from_text(json.dumps(params, allow_nan=False)))

    def service_server(self, name, reqst_schema, reply_schema, func):
        def work(request):
            try:
                func(request.id, request.params)
            except Exception as error:
                self._logger.info('The service %s failed', name, exc_info=error)
                if self._take(request.id) is not None:
                    self._answer(request.return_error, str(error) or type(error).__name__)

        def asked(_service, request):
            with self._requests_lock:
                self._requests[request.id] = request
                # Who is forgotten here gets an error from the request itself.
                while len(self._requests) > MAX_REQUESTS:
                    self._requests.popitem(last=False)
            self._run_request(work, request)
            return True

        def start():
            service = self._client.create_service(name, reqst_schema, reply_schema)
            service.connect('request', asked)
            return service

        self._parts.append(self._attached(name, start))

    def service_func_server(self, name, reqst_schema, reply_schema, func):
        self.service_server(name, reqst_schema, reply_schema,
                            lambda srvid, params: self.service_server_return(srvid, func(params)))

    def _take(self, srvid):
        with self._requests_lock:
            return self._requests.pop(srvid, None)

    def _answer(self, answer, value):
        try:
            answer(value)
        except GLib.Error as error:
            self._logger.info('An answer was not sent: %s', error.message)

    def service_server_return(self, srvid, value):
        request = self._take(srvid)
        if request is None:
            raise KeyError(srvid)
        try:
            request.return_value(value)
        except (TypeError, ValueError) as error:
            self._answer(request.return_error, str(error))
            raise

    def service_server_error(self, srvid, value):
        request = self._take(srvid)
        if request is None:
            raise KeyError(srvid)
        request.return_error_value(value)

    def _close_client(self):
        if self._client.get_is_open():
            self._client.flush_sync()
        self._client.close()


class MiniBusSocketClient(MiniBusClientCore):
    """A client whose callbacks run in threads of its own. A program that uses it ends after close()."""

    def __init__(self, name=None, cryptokey=None, **options):
        self._workers = {}
        self._closed = threading.Event()
        MiniBusClientCore.__init__(self, name=name, cryptokey=cryptokey, **options)
        self._pool = concurrent.futures.ThreadPoolExecutor(WORKERS, f'{self._clientname} services')
        self._working = threading.BoundedSemaphore(WORKERS)
        # As the receiving thread of MiniBus did, this one keeps the program alive until close().
        self._keeper = threading.Thread(target=self._closed.wait, name=self._clientname)
        self._keeper.start()

    @property
    def _running(self):
        return not self._closed.is_set()

    def _attached(self, name, func):
        worker = _Worker(f'{self._clientname} {name}')
        try:
            part = worker.call(func)
        except BaseException:
            worker.stop()
            raise
        self._workers[part] = worker
        return part

    def _detached(self, part):
        worker = self._workers.pop(part)
        worker.call(part.close)
        worker.stop()

    def _start_call(self, client, params):
        if self._closed.is_set():
            raise Exception('Shutting down')
        return self._workers[client].call(
            functools.partial(MiniBusClientCore._start_call, self, client, params))

    def _run_request(self, func, *args):
        self._working.acquire()
        self._pool.submit(func, *args).add_done_callback(lambda _future: self._working.release())

    def service_func_client(self, name, reqst_schema, reply_schema):
        """The function waits for the answer. An error of the service is a GLib.Error; so is no answer in time."""
        client = self._client.create_service_client(name, reqst_schema, reply_schema)
        self._parts.append(client)
        return client.call_sync

    def spin(self):
        """Waits until close() is called, or for Ctrl-C."""
        try:
            while not self._closed.wait(0.5):
                pass
        except KeyboardInterrupt:
            pass

    def close(self):
        """Ends all that the client began. To be called from any thread, also from a callback."""
        if self._closed.is_set():
            return
        self._close_client()
        workers = list(self._workers.items())
        for part, worker in workers:
            worker.call(part.close)
            worker.stop()
        self._closed.set()
        self._pool.shutdown(wait=False)
        for _part, worker in workers:
            worker.join()


class _Deferred:
    """As much of Twisted's Deferred as inlineServiceCallbacks() and programs need that have no Twisted."""

    def __init__(self):
        self._callbacks = []
        self._ended = None

    def callback(self, result):
        self._end(True, result)

    def errback(self, error):
        self._end(False, error)

    def _end(self, good, value):
        self._ended = (good, value)
        while self._callbacks:
            good, value = self._ended
            func = self._callbacks.pop(0)[0 if good else 1]
            if func is None:
                continue
            try:
                self._ended = (True, func(value))
            except Exception as error:
                self._ended = (False, error)

    def addCallbacks(self, callback, errback=None):
        self._callbacks.append((callback, errback))
        if self._ended is not None:
            self._end(*self._ended)
        return self

    def addCallback(self, callback):
        return self.addCallbacks(callback)

    def addErrback(self, errback):
        return self.addCallbacks(None, errback)

    def addBoth(self, callback):
        return self.addCallbacks(callback, callback)


def _inline_callbacks(func):
    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        generator = func(*args, **kwargs)
        ended = _Deferred()

        def step(resume, value):
            try:
                waiting = resume(value)
            except StopIteration as end:
                ended.callback(end.value)
            except Exception as error:
                sys.excepthook(type(error), error, error.__traceback__)
                ended.errback(error)
            else:
                waiting.addCallbacks(lambda result: step(generator.send, result),
                                     lambda error: step(generator.throw, error))

        step(generator.send, None)
        return ended
    return wrapper


class MiniBusTwistedClient(MiniBusClientCore):
    """A client whose callbacks run in the thread of exec_().

    If there is a method run(), it is called in another thread when exec_() begins; if there is a method fini(), it is
    called when exec_() ends."""

    def __init__(self, name=None, cryptokey=None, **options):
        MiniBusClientCore.__init__(self, name=name, cryptokey=cryptokey, **options)
        self._loop = GLib.MainLoop()
        self._runner = None

    def service_func_client(self, name, reqst_schema, reply_schema):
        """The function returns a Deferred, for functions that are decorated with inlineServiceCallbacks()."""
        client = self._client.create_service_client(name, reqst_schema, reply_schema)
        self._parts.append(client)

        def call(params):
            deferred = self._new_deferred()

            def done(_client, result):
                try:
                    value = client.call_finish(result)
                except GLib.Error as error:
                    deferred.errback(error)
                else:
                    deferred.callback(value)

            # The answer has to come in the thread of exec_(), wherever this is called.
            client.call_async(params, callback=done)
            return deferred

        return call

    @staticmethod
    def _new_deferred():
        if HAS_TWISTED:
            from twisted.internet import defer
            return defer.Deferred()
        return _Deferred()

    @staticmethod
    def inlineServiceCallbacks(fun):
        """Makes a function of a generator that yields what the functions of service_func_client() return."""
        if HAS_TWISTED:
            from twisted.internet import defer
            return defer.inlineCallbacks(fun)
        return _inline_callbacks(fun)

    def exec_(self):
        """Runs until exit_() is called, or for Ctrl-C."""
        if HAS_TWISTED:
            from twisted.internet import reactor
            if callable(getattr(self, 'run', None)):
                reactor.callInThread(self.run)
            if callable(getattr(self, 'fini', None)):
                reactor.addSystemEventTrigger('during', 'shutdown', self.fini)
            reactor.run()
        else:
            if callable(getattr(self, 'run', None)):
                self._runner = threading.Thread(target=self.run, name=f'{self._clientname} run', daemon=True)
                GLib.idle_add(self._runner.start)
            try:
                self._loop.run()
            except KeyboardInterrupt:
                pass
            if callable(getattr(self, 'fini', None)):
                self.fini()
        self._close_client()

    def exit_(self):
        """Ends exec_(). May be called from any thread, and before exec_()."""
        if HAS_TWISTED:
            from twisted.internet import reactor
            reactor.callFromThread(reactor.stop)
        else:
            GLib.idle_add(self._loop.quit)

    def _cleanup(self):
        self._close_client()
