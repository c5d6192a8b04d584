# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Gives libminibus Python's own values: what json.loads() makes, and what json.dumps() takes; and its own waiting:
what has a name that ends in `_async` also has the name without it, and can be awaited under that.

Properties are attributes too, so that `subscriber.inbox_size = 100` does what it says. Where a Gio.File is asked for, a
path will do, and where a time limit is, none.
What a method did before it was given values is still there under its name with `_node` at the end.
"""

import collections.abc
import functools
import inspect
import json
import logging
import math
import os
import re
import sys

from gi.module import get_introspection_module
from gi.repository import Gio, GLib, GObject, Json

Minibus = get_introspection_module('Minibus')

__all__ = []

_log = logging.getLogger('Minibus')


def _aio():
    # Programs without coroutines do without asyncio, which takes a while to load.
    from gi.overrides import _minibus_asyncio
    return _minibus_asyncio


# Values

_ADVICE = {
    bytes: 'decode them, or send the text of base64.b64encode()',
    bytearray: 'decode them, or send the text of base64.b64encode()',
    set: 'give list(values)',
    frozenset: 'give list(values)',
    complex: 'give [number.real, number.imag]',
}


def _find_problem(value, path, parents):
    """Raises the error for the first part of a value that has no JSON form."""
    where = f'The value at {path}' if path else 'The value'
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f'{where} is {value}, which has no JSON form; give None, or leave it out')
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError(f'{where} is a string with half a surrogate pair, which has no JSON form') from None
    if value is None or isinstance(value, (str, int, float)):
        return
    if not isinstance(value, (list, tuple, collections.abc.Mapping)):
        advice = _ADVICE.get(type(value), 'give dicts, lists, strings, numbers, True, False and None')
        raise TypeError(f'{where} is of the class {type(value).__name__}, which has no JSON form; {advice}')
    if id(value) in parents:
        raise ValueError(f'{where} contains itself')
    if len(parents) > 64:
        raise ValueError('The value is nested too deep; 64 levels are the most')
    items = value.items() if isinstance(value, collections.abc.Mapping) else enumerate(value)
    for key, item in items:
        if not isinstance(key, (str, int, float)) and key is not None:
            raise TypeError(f'{where} has the key {key!r}, which has no JSON form; keys are strings')
        part = str(key).replace('~', '~0').replace('/', '~1')
        _find_problem(key, f'{path}/{part}', parents)
        _find_problem(item, f'{path}/{part}', parents | {id(value)})


def _convert(value):
    if isinstance(value, collections.abc.Mapping):
        return dict(value)
    raise TypeError(f'{type(value).__name__} has no JSON form')


def _encode(value):
    if isinstance(value, Json.Node):
        return Minibus.json_to_text(value)
    try:
        text = json.dumps(value, default=_convert, ensure_ascii=False, allow_nan=False, separators=(',', ':'))
        if not text.isascii():
            text.encode()
    except (RecursionError, TypeError, ValueError) as error:
        _find_problem(value, '', frozenset())
        raise ValueError(f'The value has no JSON form: {error}') from error
    return text


def _integer(digits):
    # Python refuses to read integers of thousands of digits; other readers take them for doubles.
    return int(digits) if len(digits) < 4000 else float(digits)


def _decode(text):
    return json.loads(text, parse_int=_integer)


def _decode_node(node):
    return None if node is None else _decode(Minibus.json_to_text(node))


def _node(value):
    return value if isinstance(value, Json.Node) else Minibus.json_from_text(_encode(value))


def _schema(schema):
    if schema is None or isinstance(schema, Minibus.Schema):
        return schema
    if callable(schema):
        raise TypeError('A schema is a dict, but this is a function; one that is to get the messages is decorated with '
                        '@client.on(pattern), or connected to the signal: subscriber.connect("message", func)')
    return Minibus.Schema.new_from_text(_encode(schema))


# Every class

def _override(klass, **methods):
    for name, method in methods.items():
        setattr(klass, name + '_node', getattr(klass, name, None))
        method.__name__ = name
        method.__qualname__ = f'{klass.__name__}.{name}'
        setattr(klass, name, method)


def _attribute(name):
    return property(lambda self: self.get_property(name), lambda self, value: self.set_property(name, value))


def _awaitable(klass, stem):
    async def wait(self, *args, cancellable=None, **kwargs):
        def start(own, done):
            getattr(self, stem + '_async')(*args, **kwargs, cancellable=own, callback=done)
        return await _aio().wait(start, getattr(self, stem + '_finish'), cancellable)

    wait.__name__ = stem
    wait.__qualname__ = f'{klass.__name__}.{stem}'
    wait.__doc__ = f'Awaits {stem}_async(), whose arguments it takes.'
    return wait


def _file(value):
    """A path is as good as a Gio.File."""
    if isinstance(value, (str, os.PathLike)) and not isinstance(value, Gio.File):
        return Gio.File.new_for_path(os.fspath(value))
    return value


def _lenient(method, names):
    """A method that takes paths for files, and without a time limit has the usual one."""
    first = 1 if method.is_method() else 0
    file_at = first + names.index('file') if 'file' in names else None
    timeout_at = first + names.index('timeout') if 'timeout' in names else None

    def call(*args, **kwargs):
        if file_at is not None and len(args) > file_at:
            args = args[:file_at] + (_file(args[file_at]),) + args[file_at + 1:]
        if 'file' in kwargs:
            kwargs['file'] = _file(kwargs['file'])
        if timeout_at is not None and len(args) <= timeout_at:
            kwargs.setdefault('timeout', 0)
        return method(*args, **kwargs)

    call.__name__ = method.__name__
    call.__doc__ = method.__doc__
    return call if method.is_method() else staticmethod(call)


def _relax(klass, name):
    method = getattr(klass, name)
    if not hasattr(method, 'get_arguments') or method.get_namespace() != 'Minibus' or name.startswith('do_'):
        return
    names = [argument.get_name() for argument in method.get_arguments()]
    if 'file' in names or 'timeout' in names and name.endswith(('_async', '_sync')):
        setattr(klass, name, _lenient(method, names))


def _needing(klass, needed):
    """What an object cannot do without is asked for when it is made, and not missed when it is used."""
    initialize = klass.__init__

    def __init__(self, *args, **kwargs):
        if args or any(kwargs.get(name) is None for name in needed):
            raise TypeError(f'Write Minibus.{klass.__name__}({", ".join(f"{name}={name}" for name in needed)})')
        if 'file' in kwargs:
            kwargs['file'] = _file(kwargs['file'])
        initialize(self, **kwargs)

    klass.__init__ = __init__


def _enter(self):
    return self


def _exit(self, *_args):
    self.close()


def _classes():
    for name in dir(Minibus):
        klass = getattr(Minibus, name)
        if isinstance(klass, type) and issubclass(klass, (GObject.Object, GObject.GInterface)):
            yield klass


for _klass in _classes():
    if issubclass(_klass, GObject.Object):
        for _pspec in GObject.list_properties(_klass):
            _name = _pspec.name.replace('-', '_')
            if not hasattr(_klass, _name):
                setattr(_klass, _name, _attribute(_pspec.name))
    for _name in dir(_klass):
        _relax(_klass, _name)
    for _name in dir(_klass):
        _stem = _name[:-len('_async')]
        if _name.endswith('_async') and hasattr(_klass, _stem + '_finish') and not hasattr(_klass, _stem):
            setattr(_klass, _stem, _awaitable(_klass, _stem))
    if hasattr(_klass, 'close'):
        _klass.__enter__ = _enter
        _klass.__exit__ = _exit


for _klass, _needed in ((Minibus.Directory, ('client',)), (Minibus.Player, ('client', 'file')),
                        (Minibus.Recorder, ('client', 'file')), (Minibus.Recording, ('file',))):
    _needing(_klass, _needed)


# Errors

def _quark(kind):
    """The domain of an enumeration of error codes."""
    stem = re.sub('(?<!^)([A-Z])', r'_\1', kind.__name__).lower()
    return getattr(Minibus, f'{stem}_quark')()


_matches = GLib.Error.matches


def _error_matches(self, domain, code):
    """Whether it is this error; a domain of libminibus is also written as Minibus.ServiceError."""
    if isinstance(domain, type) and domain.__module__ == 'gi.repository.Minibus':
        domain = _quark(domain)
    return _matches(self, domain, code)


GLib.Error.matches = _error_matches


def _is_closed(error):
    return error.matches(Minibus.ClientError, Minibus.ClientError.CLOSED)


# Messages

Minibus.Message.data = property(lambda self: _decode(self.get_text()))
Minibus.Message.header = property(lambda self: _decode_node(self.get_header()))
Minibus.Request.params = property(lambda self: _decode(self.get_params_text()))
Minibus.Message.__repr__ = lambda self: (
    f'<Minibus.Message on {self.get_topic()!r} from {self.get_author()!r}: {self.get_text()[:80]}>')


def _publish(self, value):
    return self.publish_text(_encode(value))


_override(Minibus.Publisher, publish=_publish)


def _return_value(self, value=None):
    return self.return_text(_encode(value))


def _return_error_value(self, value=None):
    return self.return_error_text(_encode(value))


_override(Minibus.Request, return_value=_return_value, return_error_value=_return_error_value)


def _validate(self, value):
    return self.validate_text(_encode(value))


def _report(self, value):
    return _decode_node(self.report_node(_node(value)))


_override(Minibus.Schema, validate=_validate, report=_report)


def _new_from_node(node):
    return Minibus.Schema.new_from_text(_encode(node))


Minibus.Schema.new_from_node = staticmethod(_new_from_node)


def _add_node(self, uri, node):
    return self.add_node_node(uri, _node(node))


def _load_node(self, node):
    return self.load_node_node(_node(node))


_override(Minibus.SchemaLoader, add_node=_add_node, load_node=_load_node)


# Subscribers

_UNREAD = '_minibus_unread'


async def _receive(self, cancellable=None):
    unread = self.__dict__.setdefault(_UNREAD, [])
    if unread:
        return unread.pop(0)

    def start(own, done):
        self.receive_async(cancellable=own, callback=done)

    return await _aio().wait(start, self.receive_finish, cancellable, unread.append)


class _Messages:
    """The messages of a subscriber, until it is closed."""

    def __init__(self, subscriber):
        self._subscriber = subscriber

    def __aiter__(self):
        return self

    async def __anext__(self):
        try:
            return await self._subscriber.receive()
        except GLib.Error as error:
            if _is_closed(error):
                raise StopAsyncIteration from None
            raise


Minibus.Subscriber.receive = _receive
Minibus.Subscriber.__aiter__ = lambda self: _Messages(self)


# Recordings

def _is_open(error):
    return error.matches(Minibus.RecordingError, Minibus.RecordingError.STATE)


def _iterate_recording(self):
    """The messages from where the recording is, and from its beginning if it is not open yet."""
    try:
        self.open_sync()
    except GLib.Error as error:
        if not _is_open(error):
            raise
    while self.next_sync():
        yield self.get_message()


async def _iterate_recording_async(self):
    try:
        await self.open()
    except GLib.Error as error:
        if not _is_open(error):
            raise
    while await self.next():
        yield self.get_message()


Minibus.Recording.__iter__ = _iterate_recording
Minibus.Recording.__aiter__ = _iterate_recording_async

_CONTEXT = '_minibus_context'


def _block(context, start, finish):
    """Waits for what start(callback) starts, and serves nothing else meanwhile."""
    results = []
    context.push_thread_default()
    try:
        start(lambda _source, result: results.append(result))
        while not results:
            context.iteration(True)
    finally:
        context.pop_thread_default()
    return finish(results[0])


def _enter_recorder(self):
    """Records until the block ends. What fails meanwhile is raised then; there is no signal."""
    context = GLib.MainContext.new()
    _block(context, lambda done: self.start_async(None, done), self.start_finish)
    self.__dict__[_CONTEXT] = context
    return self


def _exit_recorder(self, kind, *_args):
    try:
        _block(self.__dict__.pop(_CONTEXT), lambda done: self.stop_async(None, done), self.stop_finish)
    except GLib.Error:
        if kind is None:
            raise


async def _enter_recorder_async(self):
    await self.start()
    return self


async def _exit_recorder_async(self, kind, *_args):
    try:
        await self.stop()
    except GLib.Error:
        if kind is None:
            raise


# Calls

def _call_async(self, params=None, cancellable=None, callback=None, *user_data):
    self.call_text_async(_encode(params), cancellable, callback, *user_data)


def _call_finish(self, result):
    return _decode(self.call_text_finish(result))


def _call_sync(self, params=None, cancellable=None):
    return _decode(self.call_text_sync(_encode(params), cancellable))


_override(Minibus.ServiceClient, call=_awaitable(Minibus.ServiceClient, 'call'), call_async=_call_async,
          call_finish=_call_finish, call_sync=_call_sync)


def _client_call_async(self, name, params=None, timeout=0, cancellable=None, callback=None, *user_data):
    self.call_text_async(name, _encode(params), timeout, cancellable, callback, *user_data)


def _client_call_finish(self, result):
    return _decode(self.call_text_finish(result))


def _client_call_sync(self, name, params=None, timeout=0, cancellable=None):
    return _decode(self.call_text_sync(name, _encode(params), timeout, cancellable))


_call_text_of_client = Minibus.Client.call_text


async def _client_call_text(self, name, params, timeout=0, cancellable=None):
    return await _call_text_of_client(self, name, params, timeout, cancellable=cancellable)


# Clients

def _create_publisher(self, topic, schema=None):
    return self.create_publisher_node(topic, _schema(schema))


def _subscribe(self, pattern, schema=None):
    return self.subscribe_node(pattern, _schema(schema))


def _create_service(self, name, request_schema=None, reply_schema=None):
    return self.create_service_node(name, _schema(request_schema), _schema(reply_schema))


def _create_service_client(self, name, request_schema=None, reply_schema=None):
    return self.create_service_client_node(name, _schema(request_schema), _schema(reply_schema))


def _reason(error):
    if isinstance(error, GLib.Error):
        return error.message
    return str(error) or type(error).__name__


def _wants_request(func):
    """Whether a function has to be called with two arguments."""
    try:
        parameters = inspect.signature(func).parameters.values()
    except (TypeError, ValueError):
        return False
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
                  and p.default is p.empty]
    return len(positional) > 1 or any(p.kind is p.VAR_POSITIONAL for p in parameters)


def _answer(request, value, error):
    """Nothing may be raised here: the caller may be any program on the bus, and the service goes on."""
    if error is None and not request.is_answered:
        try:
            request.return_text(_encode(value))
        except Exception as problem:
            error = problem
    if error is None:
        return
    _log.info('The service %s failed', request.service_name, exc_info=error)
    if not request.is_answered:
        try:
            request.return_error(_reason(error))
        except (GLib.Error, UnicodeError):
            pass


def _provide(self, name, func, request_schema=None, reply_schema=None):
    """Offers func(params) or func(params, request) as a service; what it returns or raises is the answer.

    It may be asynchronous, then an event loop of asyncio has to run. The log “Minibus” tells, at the level INFO, where
    in the function an exception came from."""
    if not callable(func):
        raise TypeError('A service needs its function as the second argument: '
                        'provide(name, func, request_schema=None, reply_schema=None)')
    wants_request = _wants_request(func)

    def answer(request):
        try:
            value = func(request.params, request) if wants_request else func(request.params)
            if inspect.isawaitable(value):
                _aio().run_later(value, functools.partial(_answer, request))
                return
        except Exception as error:
            _answer(request, None, error)
        else:
            _answer(request, value, None)

    return self.provide_node(name, _schema(request_schema), _schema(reply_schema), answer)


def _service(self, name, request_schema=None, reply_schema=None):
    """A decorator that offers a function as a service: see provide()."""

    def decorate(func):
        self.provide(name, func, request_schema, reply_schema)
        return func

    return decorate


def _on(self, pattern, schema=None):
    """A decorator that calls a function, which may be asynchronous, with each message of a pattern."""

    def decorate(func):
        def call(_subscriber, message):
            value = func(message)
            if inspect.isawaitable(value):
                _aio().run_later(value, report)

        self.subscribe(pattern, schema).connect('message', call)
        return func

    def report(_value, error):
        if error is not None:
            sys.excepthook(type(error), error, error.__traceback__)

    return decorate


def _open_sync(self, cancellable=None):
    result = self.open_sync_node(cancellable)
    # In a coroutine, what arrives has to be delivered, too.
    if 'asyncio' in sys.modules and _aio().is_running():
        _aio().serve()
    return result


def _enter_client(self):
    if not self.is_open:
        self.open_sync()
    return self


def _exit_client(self, kind, *_args):
    if kind is None and self.is_open:
        self.flush_sync()
    self.close()


async def _enter_client_async(self):
    if not self.is_open:
        await self.open()
    return self


async def _exit_client_async(self, kind, *_args):
    if kind is None and self.is_open:
        await self.flush()
    self.close()


async def _exit_async(self, *_args):
    self.close()


async def _enter_async(self):
    return self


_override(Minibus.Client,
          call_async=_client_call_async, call_finish=_client_call_finish, call_sync=_client_call_sync,
          call_text=_client_call_text, create_publisher=_create_publisher, subscribe=_subscribe,
          create_service=_create_service, create_service_client=_create_service_client, provide=_provide,
          open_sync=_open_sync)
Minibus.Client.service = _service
Minibus.Client.on = _on
Minibus.Client.__enter__ = _enter_client
Minibus.Client.__exit__ = _exit_client
for _klass in _classes():
    if hasattr(_klass, '__enter__'):
        _klass.__aenter__ = _enter_async
        _klass.__aexit__ = _exit_async
Minibus.Client.__aenter__ = _enter_client_async
Minibus.Client.__aexit__ = _exit_client_async
Minibus.Recorder.__enter__ = _enter_recorder
Minibus.Recorder.__exit__ = _exit_recorder
Minibus.Recorder.__aenter__ = _enter_recorder_async
Minibus.Recorder.__aexit__ = _exit_recorder_async
