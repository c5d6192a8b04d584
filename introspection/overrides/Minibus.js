// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Gives libminibus JavaScript's own values: what JSON.parse() makes, and what JSON.stringify() takes.
// What a method did before it was given values is still there under its name with `_node` at the end.
// An integer beyond ±2^53 loses digits as a Number; the text of the message has them all.

const {Gio, GObject, Json} = imports.gi;

function _init() {
    const Minibus = this;
    const {
        Client, Directory, Message, Peer, Publisher, Request, Schema, Service, ServiceClient, Subscriber, Transport,
    } = Minibus;

    function refuse(key, what, advice) {
        throw new TypeError(`${key ? `“${key}”` : 'The value'} is ${what}, which has no JSON form; ${advice}`);
    }

    function isPlain(value) {
        // What is of a GType looks like an object, too, and all objects have that of Object.
        return Array.isArray(value) || value.constructor === Object || !value.constructor?.$gtype &&
            Object.prototype.toString.call(value) === '[object Object]';
    }

    // What JSON.stringify() would silently leave out or change is refused.
    function check(key, value) {
        if (typeof value === 'object' && value !== null && !isPlain(value))
            refuse(key, `of the class ${value.constructor?.name}`, 'give objects and arrays of plain values');
        if (typeof value === 'bigint')
            refuse(key, 'a BigInt', 'give a Number, or write the digits yourself and use the method for JSON text');
        if (typeof value === 'number' && !Number.isFinite(value) || ['function', 'symbol'].includes(typeof value))
            refuse(key, String(value), 'give null, or leave it out');
        // As everywhere in JavaScript, a member that is undefined is left out.
        if (value === undefined && (key === '' || Array.isArray(this)))
            refuse(key, 'undefined', 'give null');
        return value;
    }

    function encode(value) {
        return value instanceof Json.Node ? Minibus.json_to_text(value) : JSON.stringify(value, check);
    }

    function decode(node) {
        return node === null ? null : JSON.parse(Minibus.json_to_text(node));
    }

    function asSchema(schema) {
        if (schema === null || schema === undefined || schema instanceof Schema)
            return schema ?? null;
        return Schema.new_from_text(encode(schema));
    }

    function asOptions(options) {
        const {timeout = 0, cancellable = null, ...others} = Object(options) === options ? options : {};
        if (Object(options) !== options || options instanceof GObject.Object || Object.keys(others).length > 0)
            throw new TypeError('Options are an object that may have the members “timeout” and “cancellable”');
        return [timeout, cancellable];
    }

    function replace(klass, methods) {
        for (const [name, method] of Object.entries(methods)) {
            if (klass.prototype[name])
                klass.prototype[`${name}_node`] = klass.prototype[name];
            klass.prototype[name] = method;
        }
    }

    // Lets null arguments at the end be left out.
    function pad(klass, name, length) {
        const method = klass.prototype[name];
        klass.prototype[name] = function (...args) {
            while (args.length < length)
                args.push(null);
            return method.apply(this, args);
        };
    }

    function getters(klass, properties) {
        for (const [name, get] of Object.entries(properties))
            Object.defineProperty(klass.prototype, name, {get, configurable: true, enumerable: true});
    }

    // Nothing may be thrown here: the caller may be any program on the bus.
    function fail(request, error) {
        try {
            if (!request.is_answered)
                request.return_error(`${error?.message || error}`);
        } catch (e) {
            console.debug(`The answer to ${request.service_name} was not sent: ${e.message}`);
        }
    }

    function answer(request, value) {
        try {
            if (!request.is_answered)
                request.return_text(encode(value === undefined ? null : value));
        } catch (e) {
            fail(request, e);
        }
    }

    for (const [klass, name] of [
        [Client, 'open'], [Client, 'flush'], [Client, 'read_passphrase'], [Client, 'call'], [Client, 'call_text'],
        [Client, 'wait_for_peer'], [Client, 'wait_for_service'],
        [Directory, 'check_keys'], [Directory, 'collect'], [Peer, 'load_schemas'],
        [Publisher, 'wait_for_subscriber'], [Subscriber, 'wait_for_publisher'],
        [ServiceClient, 'call'], [ServiceClient, 'call_text'], [Transport, 'open'],
    ])
        Gio._promisify(klass.prototype, `${name}_async`, `${name}_finish`);

    for (const [klass, name, length] of [
        [Client, 'open_sync', 1], [Client, 'open_async', 1],
        [Client, 'flush_sync', 1], [Client, 'flush_async', 1],
        [Client, 'read_passphrase_sync', 2], [Client, 'read_passphrase_async', 2],
        [Client, 'call_text_sync', 4], [Client, 'call_text_async', 4],
        [ServiceClient, 'call_text_sync', 2], [ServiceClient, 'call_text_async', 2],
        [Transport, 'open_sync', 2], [Transport, 'open_async', 2],
    ])
        pad(klass, name, length);

    getters(Message, {
        data() {
            return JSON.parse(this.text);
        },
        header() {
            return decode(this.get_header());
        },
    });

    getters(Request, {params() {
        return JSON.parse(this.params_text);
    }});

    replace(Publisher, {
        publish(value) {
            return this.publish_text(encode(value));
        },
    });

    replace(Request, {
        return_value(value = null) {
            return this.return_text(encode(value));
        },
        return_error_value(value = null) {
            return this.return_error_text(encode(value));
        },
    });

    replace(Schema, {
        validate(value) {
            return this.validate_text(encode(value));
        },
        report(value) {
            return decode(this.report_node(Minibus.json_from_text(encode(value))));
        },
    });

    replace(ServiceClient, {
        async call(params = null, options = {}) {
            return JSON.parse(await this.call_text_async(encode(params), asOptions(options)[1]));
        },
        call_sync(params = null, options = {}) {
            return JSON.parse(this.call_text_sync(encode(params), asOptions(options)[1]));
        },
    });

    replace(Client, {
        create_publisher(topic, schema = null) {
            return this.create_publisher_node(topic, asSchema(schema));
        },
        subscribe(pattern, schema = null) {
            return this.subscribe_node(pattern, asSchema(schema));
        },
        create_service(name, requestSchema = null, replySchema = null) {
            return this.create_service_node(name, asSchema(requestSchema), asSchema(replySchema));
        },
        create_service_client(name, requestSchema = null, replySchema = null) {
            return this.create_service_client_node(name, asSchema(requestSchema), asSchema(replySchema));
        },
        // The function gets the parameters and the request; it may return a promise.
        provide(name, func, requestSchema = null, replySchema = null) {
            return this.provide_node(name, asSchema(requestSchema), asSchema(replySchema), request => {
                try {
                    const value = func(request.params, request);
                    if (typeof value?.then === 'function')
                        value.then(v => answer(request, v), e => fail(request, e));
                    else
                        answer(request, value);
                } catch (e) {
                    fail(request, e);
                }
                return null;
            });
        },
        async call(name, params = null, options = {}) {
            return JSON.parse(await this.call_text_async(name, encode(params), ...asOptions(options)));
        },
        call_sync(name, params = null, options = {}) {
            return JSON.parse(this.call_text_sync(name, encode(params), ...asOptions(options)));
        },
    });
}
