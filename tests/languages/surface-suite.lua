-- SPDX-FileCopyrightText: 2026 The libminibus authors
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- Uses, in Lua, what the scenarios do not; and gets and sets every property in each way there is.

local lgi = require 'lgi'
local gi = require('lgi.core').gi
local Gio, GLib, Minibus = lgi.Gio, lgi.GLib, lgi.require('Minibus', '1.0')

local client = Minibus.Client { name = 'surface', address = 'memory:surface' }
local bus = Minibus.MemoryBus.get('surface')
local address = Minibus.Address.parse('multicast://228.0.0.5:8005?interface=lo')
assert(Minibus.Address.parse(address:to_text()):get_port() == 8005)
assert(Minibus.Address.parse_default())
assert(client:read_passphrase_sync(Gio.MemoryInputStream.new_from_bytes(GLib.Bytes('secret\n'))))
client:set_passphrase(nil)
assert(client:open_sync())
assert(client:flush_sync())

local loader = Minibus.SchemaLoader()
assert(Minibus.SchemaDraft[loader.default_draft])
assert(loader:add_node('https://example.org/a', { type = 'integer' }))
assert(loader:add_text('https://example.org/b', '{"type": "string"}'))
local file = Gio.File.new_for_path(os.tmpname())
local stream = io.open(file:get_path(), 'w')
stream:write('{"type": "boolean"}')
stream:close()
assert(loader:add_file('https://example.org/c', file))
local schema = loader:load_node { ['$ref'] = 'https://example.org/a' }
assert(schema:validate_text('1'))
assert(loader:load_text('{"type": "integer"}'):validate(1))
assert(loader:load_file(file):validate(true))
assert(loader:load_uri('https://example.org/b'):validate('x'))
assert(Minibus.Schema.new_from_file(file):equal(loader:load_file(file)))
file:delete()

local subscriber = client:subscribe('/surface')
subscriber:set_overflow(Minibus.Overflow.DROP_NEWEST)
local missed, failures, requests, messages = {}, {}, {}, {}
subscriber.on_missed = function(_, author, count) missed[#missed + 1] = { author, count } end
subscriber.on_message = function(_, message) messages[#messages + 1] = message end
local publisher = client:create_publisher('/surface', schema)
local service = client:create_service('/surface', schema, schema)
local caller = client:create_service_client('/fails')
-- lgi lends the error to the handler only.
caller.on_failed = function(_, _, err)
   failures[#failures + 1] = err:matches(Minibus.ServiceError, 'REMOTE') and err.message
end
client:create_service('/fails').on_request = function(_, request)
   requests[#requests + 1] = request
   if request.params == 'text' then return request:return_text('"an answer"') end
   if request.params == 'error' then return request:return_error('an answer') end
   return request:return_error_text('"an answer"')
end

publisher:publish(1)
bus.loss = 1
publisher:publish(2)
bus.loss = 0
publisher:publish(3)
for _, what in ipairs { 'text', 'error', 'error text' } do
   caller:call_text(Minibus.json_to_text(Minibus.json_from_text('"' .. what .. '"')))
end
while #messages < 2 or #failures < 2 or #missed < 1 do GLib.MainContext.default():iteration(true) end
assert(missed[1][1] == 'surface' and missed[1][2] == 1)
assert(subscriber:get_missed_from('surface') == 1)
assert(failures[1] == 'an answer' and failures[2] == 'an answer')

local transport = Minibus.Transport.new_for_address(Minibus.Address.parse('memory:other'))
assert(type(transport:is_reliable()) == 'boolean' and transport:get_max_packet_size() > 1000)

local function fails(domain, ok, err)
   assert(not ok and err:matches(domain, err.code), tostring(err))
end
fails(Minibus.AddressError, Minibus.Address.parse('x'))
fails(Minibus.ClientError, client:create_publisher(''))
fails(Minibus.TransportError, transport:send('/x', 'x'))
assert(Minibus.CipherError.WRONG_KEY and Minibus.DropReason.NOT_JSON)

local own = client.transport
transport:set_topics(nil, nil)
transport:set_context(nil)
local directory = Minibus.Directory.new(client)
assert(directory:collect_sync() and directory:check_keys_sync(1))
local path = os.tmpname()
stream = io.open(path, 'w')
stream:write('{"minibus-recording":1}\n')
stream:close()
local recording = Minibus.Recording.new(path)
assert(recording:open_sync())
local summary = assert(recording:summarize_sync())
os.remove(path)
local peer, topic, service_info =
   directory:find_peer('surface'), directory:find_topic('/surface'), directory:find_service('/surface')
client:unsubscribe(subscriber)
assert(subscriber.is_closed)
client:close()
local objects = {
   client, bus, address, loader, schema, subscriber, publisher, service, caller, requests[1], messages[1], transport,
   Minibus.MulticastTransport.new(address), own, directory, peer, topic, service_info, recording, summary,
   Minibus.Recorder.new(client, path), Minibus.Player.new(client, path),
}
-- The override makes Lua's own values of nodes, and nobody reads a secret.
local different = { data = true, header = true, node = true, params = true, passphrase = true, read_passphrases = true }
local tested, count = {}, 0
for _, object in ipairs(objects) do
   local class = object._type
   local name = tostring(class._name):gsub('^Minibus%.', '')
   tested[name] = true
   local properties = gi.Minibus[name].properties
   for i = 1, #properties do
      local property = properties[i].name:gsub('-', '_')
      if not different[property] then
         local value = object[property]
         local getter = gi.Minibus[name].methods['get_' .. property]
         if getter and type(value) ~= 'table' and type(value) ~= 'userdata' then
            local got = object['get_' .. property](object)
            assert(got == value and (not math.type or math.type(got) == math.type(value)), name .. '.' .. property)
         end
         local setter = gi.Minibus[name].methods['set_' .. property]
         if setter and type(value) ~= 'table' then
            object['set_' .. property](object, value)
            object[property] = value
            assert(object[property] == value, name .. '.' .. property)
         end
         count = count + 1
      end
   end
end
assert(count > 90, count)
for i = 1, #gi.Minibus do
   local info = gi.Minibus[i]
   assert(info.type ~= 'object' or info.name == 'Receiver' or tested[info.name], info.name .. ' is not tested')
end
