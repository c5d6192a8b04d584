-- SPDX-FileCopyrightText: 2026 The libminibus authors
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- Gives libminibus Lua's own values. JSON's null is Minibus.null, also inside tables; where a value is
-- given, nil will do. A table with the keys 1 to n is an array and any other an object; an empty one is
-- an object, unless it comes from Minibus.array(). What a method did before it was given values is still
-- there under its name with `_node` at the end. A value without a JSON form is a Lua error; what goes
-- wrong in the library comes, as always with lgi, as false or nil and a GLib.Error.

local lgi = require 'lgi'
local json = require 'lgi.override.Minibus-JSON'
local Minibus, Json = lgi.Minibus, lgi.Json

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

-- Nothing may be raised here: the caller may be any program on the bus.
local function answer(func)
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

Minibus.Message._attribute = {
   data = { get = function(self) return decode(self.text) end },
   header = { get = function(self)
      local node = self:get_header()
      return node and decode(Minibus.json_to_text(node))
   end },
}
Minibus.Request._attribute = { params = { get = function(self) return decode(self.params_text) end } }
