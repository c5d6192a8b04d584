-- SPDX-FileCopyrightText: 2026 The libminibus authors
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- The scenarios that every language has to pass, in Lua.

local lgi = require 'lgi'
local Gio, GLib, Json = lgi.Gio, lgi.GLib, lgi.require('Json', '1.0')
local Minibus = lgi.require('Minibus', '1.0')

local null = Minibus.null
local scenarios, names = {}, {}
local address

local function scenario(name, func)
   names[#names + 1] = name
   scenarios[name] = func
end

local function until_(condition)
   local context, stop = GLib.MainContext.default(), GLib.get_monotonic_time() + 10e6
   while not condition() do
      assert(GLib.get_monotonic_time() < stop, 'still waiting')
      if not context:iteration(false) then GLib.usleep(1000) end
   end
end

local function iterate(milliseconds)
   local passed
   GLib.timeout_add(GLib.PRIORITY_DEFAULT, milliseconds, function() passed = true end)
   until_(function() return passed end)
end

local function garbage()
   for _ = 1, 3 do collectgarbage() end
end

local function equal(actual, expected)
   if type(actual) ~= 'table' or type(expected) ~= 'table' or actual == null or expected == null then
      return actual == expected and (not math.type or math.type(actual) == math.type(expected))
   end
   for key, value in pairs(expected) do
      if not equal(actual[key], value) then return false end
   end
   for key in pairs(actual) do
      if expected[key] == nil then return false end
   end
   return getmetatable(actual) == getmetatable(expected) or next(expected) ~= nil
end

local function assert_equal(actual, expected)
   if not equal(actual, expected) then
      error(('%s is not %s'):format(tostring(actual), tostring(expected)), 2)
   end
end

local function assert_fails(domain, code, ok, err)
   assert(not ok, 'it did not fail')
   if not err:matches(domain, code) then error(tostring(err), 2) end
   return err
end

local function open(name)
   local client = Minibus.Client { name = name, address = address }
   assert(client:open_sync())
   return client
end

local function collect(subscriber, topic)
   local values = {}
   local function note(_, message) values[#values + 1] = message.data end
   if topic then subscriber.on_message[topic] = note else subscriber.on_message = note end
   return values
end

-- Calls without blocking, so that all services in this process get their turn.
local function call(caller, ...)
   local arguments, results = table.pack(...), nil
   Gio.Async.start(function()
      results = table.pack(caller:async_call(table.unpack(arguments, 1, arguments.n)))
   end)()
   until_(function() return results end)
   return table.unpack(results, 1, results.n)
end

local VALUES = {
   null, true, false, 0, -1, 2 ^ 53 // 1 | 0, 9007199254740993, math.maxinteger, math.mininteger, 0.1, 1e300, 1.0,
   -0.5, 1e-7, '', 'ünïcödé 😀 \1"\\/\n\u{2028}', Minibus.array(), {}, Minibus.array { Minibus.array(), {}, null },
   { [''] = { a = { 1, { b = null } } }, ['ключ'] = { true } },
}

scenario('values', function()
   local client, messages = open('values'), {}
   client:subscribe('/values').on_message = function(_, message) messages[#messages + 1] = message end
   local publisher = client:create_publisher('/values')
   for _, value in ipairs(VALUES) do assert(publisher:publish(value)) end
   publisher:publish(nil)
   publisher:publish(Json.from_string('[1,"node"]'))
   publisher:publish_text('["\\ud83d\\ude00\\\\ud83d\\u00e9abc\\/", 18446744073709551615, 1e2]')
   until_(function() return #messages == #VALUES + 3 end)
   for i, value in ipairs(VALUES) do assert_equal(messages[i].data, value) end
   assert_equal(messages[#VALUES + 1].data, null)
   assert_equal(messages[#VALUES + 2].data, { 1, 'node' })
   assert_equal(messages[#VALUES + 3].data, { '😀\\ud83déabc/', 18446744073709551615.0, 100.0 })
   assert_equal(messages[1].topic, '/values')
   assert_equal(messages[1].author, 'values')
   assert_equal(messages[1].header, nil)
   assert(Json.Node:is_type_of(messages[1]:get_data()))
   client:close()
end)

scenario('header', function()
   local client, header = open('header'), nil
   client:subscribe('/header').on_message = function(_, message) header = message.header end
   client.transport:send('/header',
      '{"header":{"topic":"/header","author":"stranger","idstr":"1","room":[1]},"data":"1"}')
   until_(function() return header end)
   assert_equal(header.room, { 1 })
end)

scenario('no_json_form', function()
   local client, cycle = open('no-json-form'), {}
   local publisher = client:create_publisher('/no-json-form')
   cycle.self = cycle
   for _, value in ipairs {
      0 / 0, 1 / 0, print, cycle, coroutine.create(print), client, { 1, nil, 3 }, { [2] = 1 }, { 1, a = 1 },
      { [1.5] = 1 }, { [true] = 1 }, { deep = { 0 / 0 } },
   } do
      local done, message = pcall(publisher.publish, publisher, value)
      assert(not done and message:find('which has no JSON form'), message)
   end
   for text, value in pairs {
      ['The value at /a/1/b~1c is nan'] = { a = { 1, { ['b/c'] = 0 / 0 } } },
      ['The value at /a is a function'] = { a = print },
      ['neither array nor object; write Minibus.null'] = { 1, nil, 3 },
   } do
      local _, message = pcall(publisher.publish, publisher, value)
      assert(message:gsub('-nan', 'nan'):find(text, 1, true), message)
   end
   local _, message = pcall(publisher.publish, publisher, print)
   assert_equal(message, 'The value is a function, which has no JSON form')
   for _, func in ipairs { { type = 'null' }, false } do
      local done, why = pcall(client.provide, client, '/x', func)
      assert(not done and why:find('second argument'), why)
   end
   assert_fails(Minibus.JsonError, 'ENCODING', publisher:publish('a\0b'))
   assert_fails(Minibus.JsonError, 'ENCODING', publisher:publish('\xff'))
   assert(client.n_sent == 0)
end)

scenario('locale', function()
   local client = open('locale')
   local seen = collect(client:subscribe('/locale'))
   for _, locale in ipairs { 'de_DE.UTF-8', 'C' } do
      if os.setlocale(locale, 'numeric') then
         client:create_publisher('/locale'):publish { 0.5, 1e-7, 'a,b' }
         until_(function() return #seen > 0 end)
         assert_equal(table.remove(seen), { 0.5, 1e-7, 'a,b' })
      end
   end
end)

scenario('detailed_signal', function()
   local client = open('detailed')
   local subscriber = client:subscribe('/detailed/.*')
   local all, some = collect(subscriber), collect(subscriber, '/detailed/b')
   for _, name in ipairs { 'a', 'b', 'c' } do client:create_publisher('/detailed/' .. name):publish(name) end
   until_(function() return #all == 3 end)
   assert_equal(some, { 'b' })
   subscriber:close()
end)

scenario('schema', function()
   assert_fails(Minibus.SchemaError, 'INVALID', Minibus.Schema.new_from_text('{"type": 5}'))
   local client = open('schema')
   assert_fails(Minibus.SchemaError, 'INVALID', client:subscribe('/schema', { type = 5 }))
   assert_fails(Minibus.SchemaError, 'INVALID', client:provide('/schema', print, nil, { type = 5 }))
   local publisher = client:create_publisher('/schema', { type = 'array', items = { type = 'integer' } })
   assert_fails(Minibus.SchemaError, 'VIOLATION', publisher:publish { 'one' })
   assert(publisher:publish { 1 })
   assert(publisher.schema:validate { 1 })
   assert(publisher.schema:report { 'one' }.valid == false)
   client:subscribe('/other', publisher.schema)
   client:provide('/half', function(n) return n % 2 == 0 and n // 2 or n / 2 end, { type = 'integer' },
      { type = 'integer' })
   assert_equal(call(client, '/half', 4), 2)
   assert(not call(client, '/half', 'four'))
   assert(not call(client, '/half', 3))
end)

scenario('service', function()
   local client, caller = open('service'), open('caller')
   client:create_service('/now').on_request = function(_, request)
      return request:return_value { got = request.params }
   end
   client:create_service('/later').on_request = function(_, request)
      GLib.timeout_add(GLib.PRIORITY_DEFAULT, 5, function() request:return_value { request.params } end)
      return true
   end
   client:create_service('/refuses').on_request = function(_, request)
      return request:return_error_value { code = 7 }
   end
   client:create_service('/ignores').on_request = function() return false end
   client:create_service('/nothing')
   assert_equal(call(caller, '/now', { a = 1 }), { got = { a = 1 } })
   assert_equal(call(caller, '/now'), { got = null })
   assert_equal(call(caller, '/later', 'x'), { 'x' })
   assert_fails(Minibus.ServiceError, 'REMOTE', call(caller, '/ignores'))
   assert_fails(Minibus.ServiceError, 'REMOTE', call(caller, '/nothing'))
   local err = assert_fails(Minibus.ServiceError, 'REMOTE', call(caller, '/refuses'))
   assert_equal(err.message, '{"code":7}')
   assert_equal(call(caller, '/now', 1), { got = 1 })
end)

scenario('service_throws', function()
   local client = open('service-throws')
   client:create_service('/throws').on_request = function() error('It rains') end
   -- lgi warns of what a handler throws.
   local fatal = GLib.log_set_always_fatal('LEVEL_ERROR')
   assert_fails(Minibus.ServiceError, 'REMOTE', call(client, '/throws'))
   GLib.log_set_always_fatal(fatal)
end)

scenario('provide', function()
   local client = open('provide')
   client:provide('/add', function(params) return params[1] + params[2] end)
   client:provide('/nothing', function() end)
   client:provide('/answers', function(_, request) request:return_value('by itself') end)
   client:provide('/throws', function() error('It rains') end)
   client:provide('/library', function() error(GLib.Error(Gio.IOErrorEnum, 'NOT_FOUND', 'It snows')) end)
   client:provide('/table', function() error { 'It pours' } end)
   client:provide('/bad', function() return print end)
   assert_equal(call(client, '/add', { 1, 2 }), 3)
   assert_equal(call(client, '/nothing'), null)
   assert_equal(call(client, '/answers'), 'by itself')
   for name, text in pairs {
      ['/throws'] = 'It rains', ['/library'] = 'It snows', ['/table'] = 'table', ['/bad'] = 'function',
   } do
      local err = assert_fails(Minibus.ServiceError, 'REMOTE', call(client, name))
      assert(err.message:find(text), err.message)
   end
end)

scenario('calls', function()
   local client = open('calls')
   local add, requests, replies = client:create_service_client('/add'), {}, {}
   client:provide('/add', function(params)
      local sum = 0
      for _, number in ipairs(params) do sum = sum + number end
      return sum
   end)
   client:create_service('/silent').on_request = function(_, request)
      requests[#requests + 1] = request
      return true
   end
   assert_equal(call(add, { 1, 2 }), 3)
   assert_equal(add:call_sync { 4 }, 4)
   assert_equal(add:call_text_sync('[]'), '0')
   assert_equal(client:call_sync('/add', { 8, 9 }, 5000), 17)
   assert_equal(client:call_text_sync('/add', '[1]', 0), '1')
   assert_equal(client:call_sync('/add', Json.from_string('[2]')), 2)
   add.on_reply = function(_, id, message) replies[id] = message.data end
   local id = add:call { 5, 5 }
   until_(function() return replies[id] end)
   assert_equal(replies[id], 10)
   local result
   add:call_async({ 1 }, nil, function(_, res) result = add:call_finish(res) end)
   until_(function() return result end)
   assert_equal(result, 1)

   local silent = client:create_service_client('/silent')
   silent.timeout = 20
   assert_fails(Minibus.ServiceError, 'TIMED_OUT', call(silent))
   assert_fails(Minibus.ServiceError, 'TIMED_OUT', silent:call_sync())
   assert_fails(Minibus.ServiceError, 'TIMED_OUT', call(client, '/silent', nil, 20))
   local cancellable, err = Gio.Cancellable(), nil
   client:call_async('/silent', nil, nil, cancellable, function(_, res) err = { client:call_finish(res) } end)
   cancellable:cancel()
   until_(function() return err end)
   assert_fails(Gio.IOErrorEnum, 'CANCELLED', err[1], err[2])
   GLib.idle_add(GLib.PRIORITY_DEFAULT, function() client:close() end)
   assert_fails(Minibus.ClientError, 'CLOSED', call(client, '/silent'))
   local opened
   Gio.Async.start(function() opened = client:async_open() end)()
   until_(function() return opened end)
   assert_equal(call(add, { 1 }), 1)
   assert_fails(Minibus.ClientError, 'ALREADY_OPEN', client:open_sync())
end)

scenario('dropped', function()
   local client, seen = open('dropped'), nil
   client.on_dropped = function(_, reason, count) seen = { reason, count } end
   client.transport:send('/dropped', 'not JSON')
   until_(function() return seen end)
   assert(seen[1] == 'NOT_JSON' and seen[2] == 1)
   assert(client:get_dropped('NOT_JSON') == 1)
   assert(client.dropped_not_json == 1)
end)

scenario('several_clients', function()
   local clients, inboxes = { open('one'), open('two'), open('three') }, {}
   for i, client in ipairs(clients) do inboxes[i] = collect(client:subscribe('/several')) end
   for i, client in ipairs(clients) do client:create_publisher('/several'):publish(i) end
   until_(function() return #inboxes[1] == 3 and #inboxes[2] == 3 and #inboxes[3] == 3 end)
   clients[1]:close()
   clients[2]:create_publisher('/several'):publish('more')
   until_(function() return #inboxes[2] == 4 and #inboxes[3] == 4 end)
   assert_equal(#inboxes[1], 3)
end)

scenario('garbage', function()
   local client, messages = open('garbage'), {}
   client:subscribe('/garbage').on_message = function(_, message) messages[#messages + 1] = message.data end
   client:create_service('/signal').on_request = function(_, request)
      return request:return_value(request.params)
   end
   client:provide('/function', function(params) return params end)
   local publisher = client:create_publisher('/garbage')
   for i = 1, 5 do
      garbage()
      publisher:publish(i)
      until_(function() return #messages == i end)
      assert_equal(call(client, '/signal', i), i)
      assert_equal(call(client, '/function', i), i)
   end
end)

scenario('dropped_request', function()
   local client, asked, err = open('dropped-request'), false, nil
   client:create_service('/forgets').on_request = function()
      asked = true
      return true
   end
   client:call_async('/forgets', nil, nil, nil, function(_, res) err = { client:call_finish(res) } end)
   until_(function() return asked end)
   garbage()
   until_(function() return err end)
   assert_fails(Minibus.ServiceError, 'REMOTE', err[1], err[2])
end)

local function thread() return GLib.file_read_link('/proc/thread-self'):match('%d+$') end

scenario('threads', function()
   local client, seen = open('threads'), {}
   local function note() seen[thread()] = true end
   client:subscribe('/threads').on_message = note
   client.on_dropped = note
   client:provide('/threads', note)
   client:create_publisher('/threads'):publish(1)
   client.transport:send('/threads', '{')
   assert_equal(call(client, '/threads'), null)
   client:call_sync('/__minibus__/__listclients__')
   until_(function() return client.dropped_not_json == 1 end)
   iterate(20)
   assert_equal(seen, { [thread()] = true })
end)

scenario('pending_calls', function()
   local errors = 0
   local function done(caller, res)
      local result, err = caller:call_finish(res)
      assert(not result and err)
      errors = errors + 1
   end
   local function start()
      local client = open('pending-calls')
      local caller = client:create_service_client('/nobody')
      caller.timeout = 50
      for i = 1, 10 do
         caller:call_async(i, nil, done)
         client:call_async('/nobody', i, 50, nil, done)
      end
   end
   start()
   for _ = 1, 10 do
      garbage()
      iterate(1)
   end
   until_(function() return errors == 20 end)
end)

-- lgi makes floats of whole numbers; the override makes them whole again.
scenario('integers', function()
   local client = open('integers')
   client.max_packet_size = 2000
   for _, number in ipairs {
      client.max_packet_size, client:get_max_packet_size(), client.n_sent, client.dropped_not_json,
      client:get_dropped('NOT_JSON'), client:subscribe('/integers').inbox_size,
   } do
      assert(math.type(number) == 'integer', number)
   end
   assert_equal(client.max_packet_size, 2000)
   local bus = Minibus.MemoryBus.get('integers')
   bus.loss = 1
   assert(math.type(bus.loss) == 'float' and math.type(bus:get_loss()) == 'float')
   bus.loss = 0
end)

-- Runs a function that waits, as a program would in its main loop.
local function run(func)
   local done, err
   Gio.Async.start(function()
      done, err = xpcall(func, debug.traceback)
      done = { done }
   end)()
   until_(function() return done end)
   assert(done[1], err)
end

scenario('waiting', function()
   run(function()
      local client = Minibus.Client { name = 'waiting', address = address }
      assert(client:async_open())
      assert_fails(Minibus.ClientError, 'ALREADY_OPEN', client:async_open())
      assert(client:async_flush())
      client:provide('/add', function(numbers) return numbers[1] + numbers[2] end)
      assert_equal(client:async_call('/add', { 1, 2 }), 3)
      assert_equal(client:async_call_text('/add', '[1, 2]', 0), '3')
      assert_equal(client:create_service_client('/add'):async_call { 3, 4 }, 7)
      assert_fails(Minibus.ServiceError, 'TIMED_OUT', client:async_call('/nobody', nil, 10))
   end)
end)

scenario('messages', function()
   run(function()
      local client = open('messages')
      local subscriber = client:subscribe('/messages')
      local publisher, seen = client:create_publisher('/messages'), {}
      for i = 1, 10 do publisher:publish(i) end
      for message in subscriber:messages() do
         seen[#seen + 1] = message.data
         client:async_flush()
         if #seen == 4 then break end
      end
      garbage()
      for message in subscriber:messages() do
         seen[#seen + 1] = message.data
         if #seen == 10 then subscriber:close() end
      end
      assert_equal(seen, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 })
      assert_fails(Minibus.ClientError, 'CLOSED', subscriber:async_receive())

      local limited = client:subscribe('/messages')
      limited.inbox_size, seen = 3, {}
      publisher:publish(0)
      for message in limited:messages() do
         seen[#seen + 1] = message.data
         if message.data == 0 then
            for i = 1, 10 do publisher:publish(i) end
            client:async_call('/__minibus__/messages/__pid__')
         end
         if message.data == 10 then break end
      end
      assert_equal(seen, { 0, 8, 9, 10 })
      assert_equal(limited.n_dropped, 7)
   end)
end)

-- Every class of ours that is a list model can be gone through.
scenario('everything_waits', function()
   local gi, count = require('lgi.core').gi, 0
   for i = 1, #gi.Minibus do
      local info = gi.Minibus[i]
      if info.type == 'object' then
         local class = Minibus[info.name]
         for j = 1, #info.methods do
            if info.methods[j].name:find('_async$') then count = count + 1 end
         end
         if lgi.GObject.type_is_a(class._gtype, Gio.ListModel._gtype) then assert(class.items, info.name) end
      end
   end
   assert(count >= 8, count)
end)

local function memory()
   local file = assert(io.open('/proc/self/status'))
   local kib = tonumber(file:read('*a'):match('VmRSS:%s*(%d+)'))
   file:close()
   return kib
end

scenario('many_messages', function()
   local client, count, before = open('many-messages'), 0, nil
   client:subscribe('/many').on_message = function(_, message) count = count + message.data.one end
   local publisher = client:create_publisher('/many')
   for start = 0, 19500, 500 do
      for _ = 1, 500 do publisher:publish { one = 1, text = ('x'):rep(100) } end
      until_(function() return count == start + 500 end)
      if start == 10000 then
         garbage()
         before = memory()
      end
   end
   garbage()
   local growth = memory() - before
   assert(growth < 4096, ('10,000 messages took %d KiB'):format(growth))
end)

if arg[2] then names = { arg[2] } end
local failed = false
print(('1..%d'):format(#names))
for i, name in ipairs(names) do
   address = arg[1] or 'memory:' .. name
   local done, what = xpcall(scenarios[name], debug.traceback)
   print(('%s %d %s'):format(done and 'ok' or 'not ok', i, name))
   if not done then print('# ' .. tostring(what):gsub('\n', '\n# ')) end
   failed = failed or not done
end
os.exit(not failed)
