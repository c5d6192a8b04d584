// SPDX-FileCopyrightText: 2026 The libminibus authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Gives libminibus JavaScript's own values: what JSON.parse() makes, and what JSON.stringify() takes; and its own
// waiting: what has a name that ends in `_async` also has the name without it, and returns a promise under both.
// What a method did before it was given values is still there under its name with `_node` at the end.
// Where a Gio.File is asked for, a path will do, and where a time limit is, { timeout }, or none.
// An integer that a Number would change, beyond ±(2^53 - 1), is a BigInt.

const System = imports.system;
const {Gio, GObject, Json} = imports.gi;

// GJS 1.74 refuses callbacks, and so loses what they bring, while the collector that runs by itself, piece by piece, is
// in the middle of its work. It runs when a heap has grown, which this prevents from growing by messages; they weigh
// more than the collector knows, too.
const MESSAGES_PER_COLLECTION = 5000;

function _init() {
    const Minibus = this;
    const {
        Client, Directory, Message, Player, Publisher, Recorder, Recording, Request, Schema, SchemaLoader, ServiceClient,
        Subscriber,
    } = Minibus;

    // U+0000 cannot be in a string on the bus, so that it marks, meanwhile, digits that are no string.
    const MARK = '\0';
    const LONG_INTEGER = /(?:^|[[:,\s-])[0-9]{16}/;
    const TOKENS = /"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/g;

    let uncollected = 0;

    function collect() {
        if (++uncollected >= MESSAGES_PER_COLLECTION) {
            uncollected = 0;
            System.gc();
        }
    }

    function isPlain(value) {
        // What is of a GType looks like an object, too, and all objects have that of Object.
        return Array.isArray(value) || value.constructor === Object || !value.constructor?.$gtype &&
            Object.prototype.toString.call(value) === '[object Object]';
    }

    // What has no JSON form, or would be left out or changed by JSON.stringify(), and what to do about it.
    function problem(value, isMember) {
        switch (typeof value) {
        case 'number':
            return Number.isFinite(value) ? null : [String(value), 'give null, or leave it out'];
        case 'function':
        case 'symbol':
            return [`a ${typeof value}`, 'give null, or leave it out'];
        case 'string':
            return value.startsWith(MARK) ? ['a string with U+0000', 'leave that character out'] : null;
        case 'undefined':
            // As everywhere in JavaScript, a member that is undefined is left out.
            return isMember ? null : ['undefined', 'give null'];
        case 'object':
            if (value === null || isPlain(value))
                return null;
            if (value instanceof Map)
                return ['a Map', 'give Object.fromEntries(map)'];
            if (value instanceof Set)
                return ['a Set', 'give [...set]'];
            if (value instanceof Promise)
                return ['a Promise', 'await it'];
            return [`of the class ${value.constructor?.name}`, 'give objects and arrays of plain values'];
        default:
            return null;
        }
    }

    function writer(state) {
        return function (key, value) {
            const found = problem(value, key !== '' && !Array.isArray(this));
            if (state.paths) {
                const path = state.paths.has(this)
                    ? `${state.paths.get(this)}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}` : '';
                if (found)
                    throw new TypeError(`${path ? `The value at ${path}` : 'The value'} is ${found[0]}, which has no ` +
                        `JSON form; ${found[1]}`);
                if (typeof value === 'object' && value !== null)
                    state.paths.set(value, path);
            } else if (found) {
                state.failed = true;
            }
            // JSON.stringify() would write the digits of 1e20, of which most mean nothing, and MiniBus programs take no
            // integer beyond 64 bits. With an exponent it is what it was: a double.
            const isHuge = typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER && !state.paths;
            if (typeof value === 'bigint' || isHuge) {
                state.digits = true;
                return `${MARK}${isHuge ? value.toExponential() : value}`;
            }
            return value;
        };
    }

    function encode(value) {
        if (value instanceof Json.Node)
            return Minibus.json_to_text(value);
        const state = {};
        const text = JSON.stringify(value, writer(state));
        if (state.failed)
            JSON.stringify(value, writer({paths: new Map()}));
        return state.digits ? text.replace(/"\\u0000(-?[0-9.e+]+)"/g, '$1') : text;
    }

    function isExact(digits) {
        return Number.isSafeInteger(Number(digits)) || !/^-?[0-9]+$/.test(digits) ||
            BigInt(digits) < -(2n ** 63n) || BigInt(digits) >= 2n ** 64n;
    }

    function parse(text) {
        if (!LONG_INTEGER.test(text))
            return JSON.parse(text);
        const marked = text.replace(TOKENS, token => token[0] === '"' || isExact(token) ? token : `"\\u0000${token}"`);
        return JSON.parse(marked, (_key, value) =>
            typeof value === 'string' && value.startsWith(MARK) ? BigInt(value.slice(1)) : value);
    }

    function decode(node) {
        return node === null ? null : parse(Minibus.json_to_text(node));
    }

    function asNode(value) {
        return value instanceof Json.Node ? value : Minibus.json_from_text(encode(value));
    }

    function asSchema(schema) {
        if (schema === null || schema === undefined || schema instanceof Schema)
            return schema ?? null;
        if (typeof schema === 'function') {
            throw new TypeError('A schema is an object, but this is a function; one that is to get the messages is ' +
                'connected to the signal: subscriber.connect("message", (_subscriber, message) => …)');
        }
        return Schema.new_from_text(encode(schema));
    }

    function asOptions(options, timed = true) {
        const {timeout = 0, cancellable = null, ...others} = Object(options) === options ? options : {};
        if (Object(options) !== options || options instanceof GObject.Object || Object.keys(others).length > 0 ||
            !timed && timeout !== 0) {
            throw new TypeError(`Options are an object that may have the member${timed ? 's “timeout” and' : ''} ` +
                '“cancellable”');
        }
        return [timeout, cancellable];
    }

    function asFunction(func) {
        if (typeof func !== 'function') {
            throw new TypeError('A service needs its function as the second argument: ' +
                'provide(name, params => result, requestSchema, replySchema)');
        }
        return func;
    }

    function replace(klass, methods) {
        for (const [name, method] of Object.entries(methods)) {
            if (klass.prototype[name])
                klass.prototype[`${name}_node`] = klass.prototype[name];
            klass.prototype[name] = method;
        }
    }

    function getters(klass, properties) {
        for (const [name, get] of Object.entries(properties))
            Object.defineProperty(klass.prototype, name, {get, configurable: true, enumerable: true});
    }

    // Nothing may be thrown here: the caller may be any program on the bus. G_MESSAGES_DEBUG=Gjs-Console shows it.
    function fail(request, error) {
        console.debug(`${request.service_name}: ${error?.stack ? `${error}\n${error.stack}` : error}`);
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

    const isOptions = value => Object(value) === value && Object.getPrototypeOf(value) === Object.prototype;

    // What has, before the cancellable, a time limit.
    const isTimed = stem => /^(?:wait_for_.*|collect|check_keys)$/.test(stem);

    // Gives what { timeout, cancellable } at the end stands for as arguments; the cancellable is the last of `count`.
    function expand(args, count, timed) {
        if (!isOptions(args.at(-1)))
            return;
        const [timeout, cancellable] = asOptions(args.pop(), timed);
        const named = timed && args.length < count - 1 ? [timeout, cancellable] : [cancellable];
        while (args.length < count - named.length)
            args.push(null);
        args.push(...named);
    }

    // Lets null arguments at the end be left out, and a function that waits return a promise.
    function adapt(klass, name) {
        const method = klass.prototype[name];
        if (name.endsWith('_sync')) {
            const timed = isTimed(name.slice(0, -'_sync'.length));
            klass.prototype[name] = function (...args) {
                if (timed)
                    expand(args, method.length, true);
                while (args.length < method.length)
                    args.push(null);
                return method.apply(this, args);
            };
            return;
        }

        const stem = name.slice(0, -'_async'.length);
        Gio._promisify(klass.prototype, name, `${stem}_finish`);
        const promising = klass.prototype[name];
        klass.prototype[name] = function (...args) {
            while (args.length < method.length - 1)
                args.push(null);
            collect();
            return promising.apply(this, args);
        };
        // Beside the arguments of the other, { cancellable }, and { timeout } where there is one.
        klass.prototype[stem] ??= async function (...args) {
            expand(args, method.length - 1, isTimed(stem));
            if (args.length >= method.length)
                throw new TypeError(`${stem}() takes ${method.length - 1} arguments at most; it returns a promise`);
            return this[name](...args);
        };
    }

    for (const klass of Object.getOwnPropertyNames(Minibus).map(name => Minibus[name])) {
        const prototype = klass?.$gtype && klass.prototype;
        if (!prototype || !GObject.type_is_a(klass.$gtype, GObject.Object.$gtype) &&
            !GObject.type_is_a(klass.$gtype, GObject.type_from_name('GInterface')))
            continue;
        for (const name of Object.getOwnPropertyNames(prototype)) {
            if (/_(async|sync)$/.test(name) && !name.startsWith('_'))
                adapt(klass, name);
        }
        if (GObject.type_is_a(klass.$gtype, Gio.ListModel.$gtype)) {
            prototype[Symbol.iterator] ??= function* () {
                for (let i = 0; i < this.get_n_items(); i++)
                    yield this.get_item(i);
            };
        }
    }

    // Ends when the subscriber is closed. Leaving the loop leaves it open: what comes meanwhile waits for the next
    // loop, in its inbox.
    Subscriber.prototype[Symbol.asyncIterator] = function () {
        const cancellable = new Gio.Cancellable();
        return {
            [Symbol.asyncIterator]() {
                return this;
            },
            next: async () => {
                try {
                    return cancellable.is_cancelled()
                        ? {done: true, value: undefined}
                        : {done: false, value: await this.receive_async(cancellable)};
                } catch (e) {
                    if (e.matches?.(Minibus.ClientError, Minibus.ClientError.CLOSED) ||
                        e.matches?.(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED))
                        return {done: true, value: undefined};
                    throw e;
                }
            },
            return: async value => {
                cancellable.cancel();
                return {done: true, value};
            },
        };
    };

    // From where the recording is, and from its beginning if it is not open yet.
    Recording.prototype[Symbol.asyncIterator] = async function* () {
        try {
            await this.open();
        } catch (e) {
            if (!e.matches?.(Minibus.RecordingError, Minibus.RecordingError.STATE))
                throw e;
        }
        while (await this.next())
            yield this.message;
    };

    // A path is as good as a Gio.File.
    const asFile = file => typeof file === 'string' ? Gio.File.new_for_path(file) : file;

    // What an object cannot do without is asked for when it is made, and not missed when it is used.
    for (const [klass, needed] of [
        [Directory, ['client']], [Player, ['client', 'file']], [Recorder, ['client', 'file']], [Recording, ['file']],
    ]) {
        const init = klass.prototype._init;
        klass.prototype._init = function (properties, ...args) {
            if (!isOptions(properties) || needed.some(name => !properties[name]))
                throw new TypeError(`Write new Minibus.${klass.name.replace(/^.*_/, '')}({${needed.join(', ')}})`);
            return init.call(this, 'file' in properties ? {...properties, file: asFile(properties.file)} : properties, ...args);
        };
        if (needed.includes('file')) {
            const {new: make} = klass;
            klass.new = (...args) => make(...args.slice(0, -1), asFile(args.at(-1)));
        }
    }
    const newFromFile = Schema.new_from_file;
    Schema.new_from_file = (file, cancellable = null) => newFromFile(asFile(file), cancellable);
    const {add_file: addFile, load_file: loadFile} = SchemaLoader.prototype;
    SchemaLoader.prototype.add_file = function (uri, file, cancellable = null) {
        return addFile.call(this, uri, asFile(file), cancellable);
    };
    SchemaLoader.prototype.load_file = function (file, cancellable = null) {
        return loadFile.call(this, asFile(file), cancellable);
    };

    getters(Message, {
        data() {
            collect();
            return parse(this.text);
        },
        header() {
            return decode(this.get_header());
        },
    });

    getters(Request, {params() {
        collect();
        return parse(this.params_text);
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
            return decode(this.report_node(asNode(value)));
        },
    });

    for (const name of ['add_node', 'load_node']) {
        const method = SchemaLoader.prototype[name];
        SchemaLoader.prototype[name] = function (...args) {
            return method.call(this, ...args.slice(0, -1), asNode(args.at(-1)));
        };
    }
    const newFromNode = Schema.new_from_node;
    Schema.new_from_node = schema => newFromNode(asNode(schema));

    replace(ServiceClient, {
        async call(params = null, options = {}) {
            return parse(await this.call_text_async(encode(params), asOptions(options)[1]));
        },
        call_sync(params = null, options = {}) {
            return parse(this.call_text_sync(encode(params), asOptions(options)[1]));
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
            asFunction(func);
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
            return parse(await this.call_text_async(name, encode(params), ...asOptions(options)));
        },
        call_sync(name, params = null, options = {}) {
            return parse(this.call_text_sync(name, encode(params), ...asOptions(options)));
        },
    });
}
