-- SPDX-FileCopyrightText: 2026 The libminibus authors
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- Gives libminibus Lua's own values. JSON's null is Minibus.null, also inside tables; where a value is
-- given, nil will do. A table with the keys 1 to n is an array and any other an object; an empty one is
-- an object, unless it comes from Minibus.array(). What a method did before it was given values is still
-- there under its name with `_node` at the end. A value without a JSON form is a Lua error; what goes
-- wrong in the library comes, as always with lgi, as false or nil and a GLib.Error.
--
-- Where a Gio.File is asked for, a path will do, and where a time limit is, nil.
--
-- In Lua 5.3, whole numbers of properties and methods are integers; those that signals bring are not: lgi makes
-- floats of them, which math.tointeger() undoes.

local lgi = require 'lgi'
local gi = require('lgi.core').gi
local json = require 'lgi.override.Minibus-JSON'
local Minibus, Json, Gio, GObject = lgi.Minibus, lgi.Json, lgi.Gio, lgi.GObject
local unpack = table.unpack or unpack

Minibus.array = json.array
Minibus.null = json.null

local function encode(value)
   if Json.Node:is_type_of(value) then return assert(Minibus.json_to_text(value)) end
   return json.encode(value)
end

local function decode(text, ...)
   if not text then return text, ... end
   return json.decode(text)
end

local function schema(value)
   if value == nil or Minibus.Schema:is_type_of(value) then return value end
   if type(value) == 'function' then
      error('A schema is a table, but this is a function; one that is to get the messages is connected to the ' ..
         'signal: subscriber.on_message = function(_, message) … end', 0)
   end
   return Minibus.Schema.new_from_text(encode(value))
end

local function with_schemas(func, request, reply)
   local request_schema, err = schema(request)
   local reply_schema, other = schema(reply)
   if err or other then return nil, err or other end
   return func(request_schema, reply_schema)
end

local function override(class, methods)
   for name, method in pairs(methods) do
      rawset(class, name .. '_node', class[name])
      rawset(class, name, method)
   end
end

local integers = {
   gint32 = GObject.Type.INT, guint32 = GObject.Type.UINT, gint64 = GObject.Type.INT64, guint64 = GObject.Type.UINT64,
}

local function to_integer(value, ...)
   return type(value) == 'number' and math.tointeger(value) or value, ...
end

local function integer_attribute(name, gtype)
   return {
      get = function(self)
         local value = GObject.Value(gtype)
         GObject.Object.get_property(self, name, value)
         return to_integer(value.value)
      end,
      set = function(self, new)
         GObject.Object.set_property(self, name, GObject.Value(gtype, new))
      end,
   }
end

-- lgi makes floats of all unsigned numbers.
local function keep_integers(info, class)
   for i = 1, #info.methods do
      local method_info = info.methods[i]
      local name, method = method_info.name, class[method_info.name]
      if integers[method_info.return_type.tag] then
         rawset(class, name, function(...) return to_integer(method(...)) end)
      end
   end
   class._attribute = class._attribute or {}
   for i = 1, #info.properties do
      local property = info.properties[i]
      local gtype = integers[property.typeinfo.tag]
      if gtype then class._attribute[(property.name:gsub('-', '_'))] = integer_attribute(property.name, gtype) end
   end
end

-- A path is as good as a Gio.File.
local function to_file(value)
   return type(value) == 'string' and Gio.File.new_for_path(value) or value
end

local function replace_argument(func, at, convert)
   return function(...)
      local arguments, n = { ... }, math.max(select('#', ...), at)
      arguments[at] = convert(arguments[at])
      return func(unpack(arguments, 1, n))
   end
end

-- What lgi makes of functions that end in _async, but that the time limit may be nil; the cancellable and the callback
-- follow it.
local function waiting(class, stem, timeout_at)
   local start, finish = class[stem .. '_async'], class[stem .. '_finish']
   return function(...)
      local thread, is_main = coroutine.running()
      if not thread or is_main then error(('async_%s() is for functions in Gio.Async.start()'):format(stem), 2) end
      local arguments = { ... }
      arguments[timeout_at] = arguments[timeout_at] or 0
      arguments[timeout_at + 1] = Gio.Async.cancellable
      arguments[timeout_at + 2] = thread
      start(unpack(arguments, 1, timeout_at + 2))
      return finish(coroutine.yield())
   end
end

-- Makes functions that ask for a file take paths, and those that have a time limit do without.
local function relax(info, class)
   local infos = {}
   for i = 1, #info.methods do infos[i] = info.methods[i] end
   for _, method_info in ipairs(infos) do
      local name, at = method_info.name, method_info.flags.is_method and 1 or 0
      for j = 1, #method_info.args do
         local argument = method_info.args[j].name
         if argument == 'file' then
            rawset(class, name, replace_argument(class[name], at + j, to_file))
         elseif argument == 'timeout' and name:find('_sync$') then
            rawset(class, name, replace_argument(class[name], at + j, function(value) return value or 0 end))
         elseif argument == 'timeout' and name:find('_async$') then
            local stem = name:sub(1, -#'_async' - 1)
            rawset(class, 'async_' .. stem, waiting(class, stem, at + j))
         end
      end
   end
end

-- What an object cannot do without is asked for when it is made, and not missed when it is used.
for name, needed in pairs {
   Directory = { 'client' }, Player = { 'client', 'file' }, Recorder = { 'client', 'file' }, Recording = { 'file' },
} do
   local class = Minibus[name]
   local new = class._new
   rawset(class, '_new', function(self, arguments, ...)
      local copy, given = {}, type(arguments) == 'table'
      for key, value in pairs(given and arguments or {}) do copy[key] = value end
      for _, what in ipairs(needed) do
         if copy[what] == nil then
            error(('Write Minibus.%s { %s = … }'):format(name, table.concat(needed, ' = …, ')), 3)
         end
      end
      copy.file = to_file(copy.file)
      return new(self, copy, ...)
   end)
end

-- A list model is gone through with `for index, item in model:items() do`.
local function add_items(class)
   rawset(class, 'items', function(model)
      local i = -1
      return function()
         i = i + 1
         local item = model:get_item(i)
         if item then return i + 1, item end
      end
   end)
end

-- Of that class, or of none that is known, are the lists that our objects have.
for _, class in ipairs { Gio.ListModel, Gio.ListStore } do
   if not rawget(class, 'items') then add_items(class) end
end

for i = 1, #gi.Minibus do
   local info = gi.Minibus[i]
   if info.type == 'object' then
      local class = Minibus[info.name]
      if math.tointeger then keep_integers(info, class) end
      relax(info, class)
      if GObject.type_is_a(class._gtype, Gio.ListModel._gtype) then add_items(class) end
   end
end

-- Nothing may be raised here: the caller may be any program on the bus.
local function answer(func)
   if type(func) ~= 'function' then
      error('A service needs its function as the second argument: ' ..
         'client:provide(name, func, request_schema, reply_schema)', 3)
   end
   return function(request)
      local done, text = pcall(function() return encode(func(request.params, request)) end)
      if request.is_answered then return end
      if done then
         request:return_text(text)
      else
         request:return_error(lgi.GLib.Error:is_type_of(text) and text.message or tostring(text))
      end
   end
end

override(Minibus.Publisher, {
   publish = function(self, value) return self:publish_text(encode(value)) end,
})
override(Minibus.Request, {
   return_value = function(self, value) return self:return_text(encode(value)) end,
   return_error_value = function(self, value) return self:return_error_text(encode(value)) end,
})
override(Minibus.Schema, {
   validate = function(self, value) return self:validate_text(encode(value)) end,
   report = function(self, value)
      local node, err = Minibus.json_from_text(encode(value))
      if node then node, err = self:report_node(node) end
      return node and decode(Minibus.json_to_text(node)), err
   end,
})
local function node(value)
   if Json.Node:is_type_of(value) then return value end
   return assert(Minibus.json_from_text(encode(value)))
end

override(Minibus.SchemaLoader, {
   add_node = function(self, uri, value) return self:add_node_node(uri, node(value)) end,
   load_node = function(self, value) return self:load_node_node(node(value)) end,
})
override(Minibus.ServiceClient, {
   call = function(self, params) return self:call_text(encode(params)) end,
   call_async = function(self, params, ...) self:call_text_async(encode(params), ...) end,
   call_finish = function(self, result) return decode(self:call_text_finish(result)) end,
   call_sync = function(self, params, ...) return decode(self:call_text_sync(encode(params), ...)) end,
})
override(Minibus.Client, {
   call_async = function(self, name, params, timeout, ...)
      self:call_text_async(name, encode(params), timeout or 0, ...)
   end,
   call_finish = function(self, result) return decode(self:call_text_finish(result)) end,
   call_sync = function(self, name, params, timeout, ...)
      return decode(self:call_text_sync(name, encode(params), timeout or 0, ...))
   end,
   -- The function gets the parameters and the request; what it returns or raises is the answer.
   provide = function(self, name, func, request, reply)
      return with_schemas(function(request_schema, reply_schema)
         return self:provide_node(name, request_schema, reply_schema, answer(func))
      end, request, reply)
   end,
})

-- Those are for functions that run in Gio.Async.start().
rawset(Minibus.ServiceClient, 'async_call', function(self, params)
   return decode(self:async_call_text(encode(params)))
end)
rawset(Minibus.Client, 'async_call', function(self, name, params, timeout)
   return decode(self:async_call_text(name, encode(params), timeout or 0))
end)

for _, name in ipairs { 'create_publisher', 'create_service', 'create_service_client', 'subscribe' } do
   local raw = Minibus.Client[name]
   override(Minibus.Client, {
      [name] = function(self, text, first, second)
         return with_schemas(function(...) return raw(self, text, ...) end, first, second)
      end,
   })
end

-- For functions that run in Gio.Async.start(): for message in subscriber:messages() do. It ends when the subscriber
-- is closed; what comes after leaving the loop waits, in the inbox, for the next one.
rawset(Minibus.Subscriber, 'messages', function(self)
   return function()
      local message, err = self:async_receive()
      if not message and not err:matches(Minibus.ClientError, 'CLOSED') then error(err) end
      return message
   end
end)

-- for message in recording:messages() do, from where the recording is, and from its beginning if it is not open yet.
-- In functions that run in Gio.Async.start() it waits for the file, elsewhere it blocks.
rawset(Minibus.Recording, 'messages', function(self)
   local thread, is_main = coroutine.running()
   local waits, is_open = thread and not is_main, false
   local function step(name)
      if waits then return self['async_' .. name](self) end
      return self[name .. '_sync'](self)
   end
   return function()
      if not is_open then
         local opened, err = step('open')
         if not opened and not err:matches(Minibus.RecordingError, 'STATE') then error(err) end
         is_open = true
      end
      local more, err = step('next')
      if err then error(err) end
      return more and self.message or nil
   end
end)

local function add_attributes(class, attributes)
   class._attribute = class._attribute or {}
   for name, attribute in pairs(attributes) do class._attribute[name] = attribute end
end

add_attributes(Minibus.Message, {
   data = { get = function(self) return decode(self.text) end },
   header = { get = function(self)
      local node = self:get_header()
      return node and decode(Minibus.json_to_text(node))
   end },
})
add_attributes(Minibus.Request, { params = { get = function(self) return decode(self.params_text) end } })
