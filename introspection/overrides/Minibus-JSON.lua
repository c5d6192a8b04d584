-- SPDX-FileCopyrightText: 2026 The libminibus authors
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- Reads and writes JSON for the override of Minibus, which says what becomes what. Lua 5.3 keeps all digits
-- of an integer of 64 bits; lgi would not, and before 5.3 there are none beyond 2^53.

local null = setmetatable({}, { __tostring = function() return 'null' end })
local array = {}
local decode_value
local unescapes = { b = '\b', f = '\f', n = '\n', r = '\r', t = '\t' }
local words = { t = true, f = false, n = null }

local function new_array(items) return setmetatable(items or {}, array) end

-- Where in the value the writer is: the keys from the outermost to the innermost.
local path = {}

local function refuse(what)
   local where = {}
   for _, key in ipairs(path) do
      where[#where + 1] = '/' .. tostring(key):gsub('~', '~0'):gsub('/', '~1')
   end
   path = {}
   error(('The value%s %s, which has no JSON form'):format(#where > 0 and ' at ' .. table.concat(where) or '', what), 0)
end

local function is_integer(number)
   if math.type then return math.type(number) == 'integer' end
   return number % 1 == 0 and math.abs(number) <= 2 ^ 53
end

local function encode_number(number)
   if number ~= number or number == math.huge or number == -math.huge then
      refuse('is ' .. number)
   end
   if is_integer(number) then return ('%d'):format(number) end
   for digits = 15, 17 do
      local text = ('%.' .. digits .. 'g'):format(number)
      if tonumber(text) == number then
         -- A program may have set a locale whose decimal sign is a comma.
         text = text:gsub(',', '.')
         return text:find('[.e]') and text or text .. '.0'
      end
   end
end

local function encode_string(text)
   return '"' .. text:gsub('[%c"\\]', function(c) return ('\\u%04x'):format(c:byte()) end) .. '"'
end

local encode_value

local function encode_table(value, parents)
   local parts, count, is_array = {}, 0, getmetatable(value) == array or value[1] ~= nil
   if parents[value] then refuse('contains itself') end
   parents[value] = true
   for key, item in pairs(value) do
      count = count + 1
      if not is_array then
         if type(key) ~= 'string' then refuse('is a table with the key ' .. tostring(key)) end
         path[#path + 1] = key
         parts[count] = encode_string(key) .. ':' .. encode_value(item, parents)
         path[#path] = nil
      end
   end
   if is_array then
      if #value ~= count then refuse('is a table that is neither array nor object; write Minibus.null for what is missing') end
      for i = 1, count do
         -- As in JSON pointers, which count from 0.
         path[#path + 1] = i - 1
         parts[i] = encode_value(value[i], parents)
         path[#path] = nil
      end
   end
   parents[value] = nil
   return (is_array and '[' or '{') .. table.concat(parts, ',') .. (is_array and ']' or '}')
end

function encode_value(value, parents)
   local kind = type(value)
   if value == nil or value == null then return 'null' end
   if kind == 'string' then return encode_string(value) end
   if kind == 'number' then return encode_number(value) end
   if kind == 'boolean' then return tostring(value) end
   if kind == 'table' then return encode_table(value, parents) end
   refuse('is a ' .. kind)
end

local function utf8(code)
   local function tail(shift) return 0x80 + math.floor(code / shift) % 0x40 end
   if code < 0x80 then return string.char(code) end
   if code < 0x800 then return string.char(0xc0 + math.floor(code / 0x40), tail(1)) end
   if code < 0x10000 then return string.char(0xe0 + math.floor(code / 0x1000), tail(0x40), tail(1)) end
   return string.char(0xf0 + math.floor(code / 0x40000), tail(0x1000), tail(0x40), tail(1))
end

local function unescape(text)
   local high
   return (text:gsub('\\(.)(%x?%x?%x?%x?)', function(letter, digits)
      if letter ~= 'u' then return (unescapes[letter] or letter) .. digits end
      local code = tonumber(digits, 16)
      if code >= 0xd800 and code < 0xdc00 then
         high = code
         return ''
      end
      if code >= 0xdc00 and code < 0xe000 then code = (high - 0xd7c0) * 0x400 + code - 0xdc00 end
      return utf8(code)
   end))
end

-- The readers below are given only what the library has checked; they return where they stopped, too.
local function decode_string(text, start)
   local stop = start
   repeat
      stop = text:find('["\\]', stop + 1)
      local ends = text:byte(stop) == 34
      if not ends then stop = stop + 1 end
   until ends
   local inside = text:sub(start + 1, stop - 1)
   return inside:find('\\', 1, true) and unescape(inside) or inside, stop + 1
end

local function decode_table(text, at, closing)
   local value, count, key = closing == ']' and new_array() or {}, 0, nil
   at = text:find('%S', at + 1)
   while text:sub(at, at) ~= closing do
      count = count + 1
      if closing == ']' then
         key = count
      else
         key, at = decode_string(text, at)
         at = text:find('[^%s:]', at)
      end
      value[key], at = decode_value(text, at)
      at = text:find('[^%s,]', at)
   end
   return value, at + 1
end

function decode_value(text, at)
   local first = text:sub(at, at)
   if first == '{' then return decode_table(text, at, '}') end
   if first == '[' then return decode_table(text, at, ']') end
   if first == '"' then return decode_string(text, at) end
   if words[first] ~= nil then return words[first], text:find('%A', at) or #text + 1 end
   local digits = text:match('^[-+.%deE]+', at)
   -- Lua 5.1 and 5.2 read numbers as the locale writes them.
   return tonumber(digits) or tonumber((digits:gsub('%.', ','))), at + #digits
end

return {
   array = new_array,
   null = null,
   decode = function(text) return (decode_value(text, text:find('%S'))) end,
   encode = function(value) return encode_value(value, {}) end,
}
