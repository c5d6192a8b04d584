-- SPDX-FileCopyrightText: 2026 The libminibus authors
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- libminibus from Lua, with Lua's own values at both ends. See bench.h.

local lgi = require 'lgi'
local Gio, GLib = lgi.Gio, lgi.GLib
local Minibus = lgi.require('Minibus', '1.0')

local FIRST_RUN, FIRST_SEQ = 1000, 1000000000
local PAD = #'{"run":1000,"seq":1000000000,"name":"sensor-7","values":[1.5,2.25,-3],"unit":"kPa","pad":""}'
local SERVICE = '/bench/echo'

local role = arg[1]
local options = { size = '100', topic = '/bench/one' }
for i = 2, #arg do
   local name, value = arg[i]:match '^(%w+)=(.*)$'
   if name then options[name] = value end
end

local client = Minibus.Client {}
local value = {
   run = FIRST_RUN, seq = FIRST_SEQ, name = 'sensor-7', values = { 1.5, 2.25, -3 }, unit = 'kPa',
   pad = ('x'):rep(tonumber(options.size) - PAD),
}

local function tell(...)
   print(string.format(...))
   io.stdout:flush()
end

local function now() return GLib.get_monotonic_time() / 1e6 end

local function publish_run(publisher, run, rate, seconds, limit)
   local start = now()
   local base, time, n, in_time_before = start, start, 0, 0

   while time < start + seconds and n < limit do
      local due = n + 16
      if rate > 0 then
         local in_time = math.floor((time - base) * rate) + 1
         if in_time > in_time_before + 0.005 * rate + 1 then base, in_time_before, in_time = time, 0, 1 end
         due = n + in_time - in_time_before
         in_time_before = in_time
      end
      while n < due and n < limit do
         n = n + 1
         value.seq = FIRST_SEQ + n
         publisher:publish(value)
      end
      if rate > 0 then GLib.usleep(20) end
      time = now()
   end
   tell('{"run":%d,"sent":%d,"failed":0,"seconds":%.9f}', run, n, time - start)
end

local function run_publisher()
   local publisher = client:create_publisher(options.topic)

   tell '{"ready":true}'
   for line in io.lines() do
      local run, rate, seconds, limit = line:match '^send (%d+) (%d+) (%S+) (%d+)$'
      value.run = math.tointeger(run or line:match '^mark (%d+)$')
      if run then
         publish_run(publisher, value.run, math.tointeger(rate), tonumber(seconds), math.tointeger(limit))
      else
         value.seq = FIRST_SEQ
         publisher:publish(value)
      end
   end
end

local function run_subscriber()
   local finished, run, next_seq, received, repeated, first, last = 0, 0, 1, 0, 0, 0, 0

   client:subscribe(options.topic).on_message = function(_, message)
      local data = message.data
      local seq = data.seq - FIRST_SEQ

      if data.run <= finished then return end
      if data.run ~= run then
         run, next_seq, received, repeated, first, last = data.run, 1, 0, 0, 0, 0
      end
      if seq == 0 then
         tell('{"run":%d,"received":%d,"repeated":%d,"wrong":0,"seconds":%.9f}', run, received, repeated,
              last - first)
         finished = run
      elseif seq < next_seq then
         repeated = repeated + 1
      else
         last = now()
         if received == 0 then first = last end
         received = received + 1
         next_seq = seq + 1
      end
   end
end

local function run_caller()
   local echo = client:create_service_client(SERVICE)
   local context = GLib.MainContext.default()

   GLib.timeout_add(GLib.PRIORITY_DEFAULT, 100, function() return true end)
   tell '{"ready":true}'
   for line in io.lines() do
      local seconds, limit, in_flight = line:match '^call (%S+) (%d+) (%d+)$'
      local start, times, started, failed, running = now(), {}, 0, 0, 0
      seconds, limit, in_flight = tonumber(seconds), tonumber(limit), tonumber(in_flight)

      local function keep_calling()
         running = running + 1
         while now() < start + seconds and started < limit do
            local sent = now()
            started = started + 1
            value.seq = FIRST_SEQ + started
            if echo:async_call(value) then times[#times + 1] = now() - sent else failed = failed + 1 end
         end
         running = running - 1
      end
      for _ = 1, in_flight do Gio.Async.start(keep_calling)() end
      while running > 0 do context:iteration(true) end

      table.sort(times)
      tell('{"calls":%d,"failed":%d,"median":%.3f,"p99":%.3f,"seconds":%.9f}', #times, failed,
           1e6 * (times[#times // 2 + 1] or 0), 1e6 * (times[#times * 99 // 100 + 1] or 0), now() - start)
   end
end

assert(client:open_sync())
if role == 'publisher' then
   run_publisher()
elseif role == 'caller' then
   run_caller()
else
   if role == 'server' then
      assert(client:provide(SERVICE, function(params) return params end))
   else
      run_subscriber()
   end
   tell '{"ready":true}'
   GLib.MainLoop():run()
end
