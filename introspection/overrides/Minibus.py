# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Gives libminibus Python's own values: what json.loads() makes, and what json.dumps() takes.

Properties are attributes too, so that `subscriber.inbox_size = 100` does what it says.
What a method did before it was given values is still there under its name with `_node` at the end.
"""

import json

from gi.module import get_introspection_module
from gi.repository import GLib, GObject, Json

Minibus = get_introspection_module('Minibus')

__all__ = []


def _encode(value):
    if isinstance(value, Json.Node):
        return Minibus.json_to_text(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(',', ':'))


def _integer(digits):
    # Python refuses to read integers of thousands of digits; other readers take them for doubles.
    return int(digits) if len(digits) < 4000 else float(digits)


def _decode(text):
    return json.loads(text, parse_int=_integer)


def _decode_node(node):
    return None if node is None else _decode(Minibus.json_to_text(node))


def _schema(schema):
    if schema is None or isinstance(schema, Minibus.Schema):
        return schema
    return Minibus.Schema.new_from_text(_encode(schema))


def _override(klass, **methods):
    for name, method in methods.items():
        setattr(klass, name + '_node', getattr(klass, name, None))
        method.__name__ = name
        method.__qualname__ = f'{klass.__name__}.{name}'
        setattr(klass, name, method)


def _attribute(name):
    return property(lambda self: self.get_property(name), lambda self, value: self.set_property(name, value))


for _klass in [getattr(Minibus, _name) for _name in dir(Minibus)]:
    if not isinstance(_klass, type) or not issubclass(_klass, GObject.Object):
        continue
    for _pspec in GObject.list_properties(_klass):
        _name = _pspec.name.replace('-', '_')
        if not hasattr(_klass, _name):
            setattr(_klass, _name, _attribute(_pspec.name))

Minibus.Message.data = property(lambda self: _decode(self.get_text()))
Minibus.Message.header = property(lambda self: _decode_node(self.get_header()))
Minibus.Request.params = property(lambda self: _decode(self.get_params_text()))


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
    return _decode_node(self.report_node(Minibus.json_from_text(_encode(value))))


_override(Minibus.Schema, validate=_validate, report=_report)


def _call(self, params=None):
    return self.call_text(_encode(params))


def _call_async(self, params=None, cancellable=None, callback=None, *user_data):
    self.call_text_async(_encode(params), cancellable, callback, *user_data)


def _call_finish(self, result):
    return _decode(self.call_text_finish(result))


def _call_sync(self, params=None, cancellable=None):
    return _decode(self.call_text_sync(_encode(params), cancellable))


_override(Minibus.ServiceClient,
          call=_call, call_async=_call_async, call_finish=_call_finish, call_sync=_call_sync)


def _client_call_async(self, name, params=None, timeout=0, cancellable=None, callback=None, *user_data):
    self.call_text_async(name, _encode(params), timeout, cancellable, callback, *user_data)


def _client_call_finish(self, result):
    return _decode(self.call_text_finish(result))


def _client_call_sync(self, name, params=None, timeout=0, cancellable=None):
    return _decode(self.call_text_sync(name, _encode(params), timeout, cancellable))


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


def _provide(self, name, func, request_schema=None, reply_schema=None):
    """Offers func(params, request) as a service; what it returns or raises is the answer."""

    def answer(request):
        try:
            value = func(request.params, request)
            if not request.is_answered:
                request.return_text(_encode(value))
        except Exception as error:
            # The caller gets to know. Whatever it called with, the service goes on.
            if not request.is_answered:
                try:
                    request.return_error(_reason(error))
                except (GLib.Error, UnicodeError):
                    pass

    return self.provide_node(name, _schema(request_schema), _schema(reply_schema), answer)


_override(Minibus.Client,
          call_async=_client_call_async, call_finish=_client_call_finish, call_sync=_client_call_sync,
          create_publisher=_create_publisher, subscribe=_subscribe, create_service=_create_service,
          create_service_client=_create_service_client, provide=_provide)
