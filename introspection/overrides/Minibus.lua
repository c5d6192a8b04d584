-- SPDX-FileCopyrightText: 2026 The libminibus authors
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- Gives libminibus Lua's own values. JSON's null is Minibus.null, also inside tables; where a value is
-- given, nil will do. A table with the keys 1 to n is an array and any other an object; an empty one is
-- an object, unless it comes from Minibus.array(). What a method did before it was given values is still
-- there under its name with `_node` at the end. A value without a JSON form is a Lua error; what goes
-- wrong in the library comes, as always with lgi, as false or nil and a GLib.Error.
--
-- In Lua 5.3, whole numbers of properties and methods are integers; those that signals bring are not: lgi makes
-- floats of them, which math.tointeger() undoes.

local lgi = require 'lgi'
local gi = require('lgi.core').gi
local json = require 'lgi.override.Minibus-JSON'
local Minibus, Json, Gio, GObject = lgi.Minibus, lgi.Json, lgi.Gio, lgi.GObject

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

-- A list model of ours is gone through with `for index, item in model:items() do`.
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

for i = 1, #gi.Minibus do
   local info = gi.Minibus[i]
   if info.type == 'object' then
      local class = Minibus[info.name]
      if math.tointeger then keep_integers(info, class) end
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
