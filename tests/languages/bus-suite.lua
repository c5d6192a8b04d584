-- SPDX-FileCopyrightText: 2026 The libminibus authors
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- Who is on the bus, waiting for somebody, and recordings, in Lua.

local lgi = require 'lgi'
local Gio, GLib = lgi.Gio, lgi.GLib
local Minibus = lgi.require('Minibus', '1.0')

local scenarios, order = {}, {}
local address

local function scenario(name, func)
   order[#order + 1] = name
   scenarios[name] = func
end

local function until_(condition)
   local context, stop = GLib.MainContext.default(), GLib.get_monotonic_time() + 20e6
   while not condition() do
      assert(GLib.get_monotonic_time() < stop, 'still waiting')
      if not context:iteration(false) then GLib.usleep(1000) end
   end
end

-- Runs functions that wait, at the same time.
local function run(...)
   local funcs, finished, problem = { ... }, 0, nil
   for _, func in ipairs(funcs) do
      Gio.Async.start(function()
         local done, err = xpcall(func, debug.traceback)
         if not done then problem = err end
         finished = finished + 1
      end)()
   end
   until_(function() return finished == #funcs end)
   if problem then error(problem, 0) end
end

local function garbage()
   for _ = 1, 3 do collectgarbage() end
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

local function names(model)
   local found = {}
   for _, item in model:items() do found[#found + 1] = item.name end
   table.sort(found)
   return table.concat(found, ' ')
end

local function temporary(text)
   local path = os.tmpname()
   local file = assert(io.open(path, 'w'))
   file:write(text or '')
   file:close()
   return path
end

local function read(recording)
   local values = {}
   for message in recording:messages() do values[#values + 1] = message.data end
   return table.concat(values, ' ')
end

-- Within run().
local function record(client, file, values)
   local publisher = client:create_publisher('/values')
   local recorder = Minibus.Recorder { client = client, file = file }
   assert(recorder:async_start())
   assert(recorder.state == 'RECORDING', recorder.state)
   for _, value in ipairs(values) do publisher:publish(value) end
   until_(function() return recorder.n_messages == #values end)
   assert(recorder:async_stop())
   assert(Minibus.RecorderState[recorder.state] == Minibus.RecorderState.STOPPED)
   publisher:close()
   return recorder
end

scenario('directory', function()
   local looker = open('looker')
   local directory = Minibus.Directory.new(looker)
   local events, deltas = {}, {}
   function directory:on_peer_appeared(peer) events[#events + 1] = peer.name .. ' came' end
   directory.on_peer_vanished.lamp = function(_, peer) events[#events + 1] = peer.name .. ' went' end
   directory.on_items_changed = function(model, _, removed, added)
      deltas[#deltas + 1] = ('%d %d %d'):format(removed, added, model:get_n_items())
   end
   until_(function() return directory:get_n_items() == 1 end)
   local lamp = open('lamp')
   local publisher = lamp:create_publisher('/lamp/state', { type = 'boolean' })
   local subscriber = lamp:subscribe('/lamp/set')
   lamp:provide('/lamp/toggle', function() return true end, { type = 'null' }, { type = 'boolean' })
   until_(function()
      return names(directory) == 'lamp looker' and names(directory.topics) == '/lamp/set /lamp/state' and
         names(directory.services) == '/lamp/toggle'
   end)
   assert(deltas[#deltas] == '0 1 2', deltas[#deltas])
   local peer = directory:find_peer('lamp')
   assert(Minibus.KeyMatch[peer.key_match] == Minibus.KeyMatch.UNKNOWN)
   run(function()
      assert(directory:async_collect())
      assert(directory:async_collect(1000))
      assert(directory:async_check_keys(10))
      assert(peer:get_schema('TOPIC', '/lamp/state') == nil)
      assert(peer:async_load_schemas())
   end)
   assert(directory:collect_sync() and directory.is_settled and directory.client == looker)
   assert(peer:get_schema(Minibus.SchemaRole.TOPIC, '/lamp/state') == '{"type":"boolean"}')
   assert(peer:get_schema('REQUEST', '/lamp/toggle') == '{"type":"null"}')
   assert(peer.is_present and not peer.is_own and peer.process_id > 0 and peer:get_seconds_since_seen() >= 0)
   assert(Minibus.PeerKind[peer.kind] == Minibus.PeerKind.LIBMINIBUS)
   assert(#peer.publishers == 1 and peer.publishers[1] == '/lamp/state')
   local topic = directory:find_topic('/lamp/state')
   assert(names(topic.publishers) == 'lamp' and topic.n_publishers == 1 and names(topic.subscribers) == '')
   assert(names(directory:find_service('/lamp/toggle').providers) == 'lamp')
   assert(directory:find_service('/lamp/toggel') == nil)
   assert(directory:suggest_services('/lamp/toggel')[1] == '/lamp/toggle')
   assert(directory:suggest_topics('/lamp/stat')[1] == '/lamp/state')
   assert(directory:count_publishers('/lamp/.*') == 1 and directory:count_subscribers('/lamp/set') == 1)

   publisher:close()
   until_(function() return names(directory.topics) == '/lamp/set' end)
   subscriber:close()
   lamp:close()
   until_(function() return events[#events] == 'lamp went' end)
   assert(table.concat(events, ', '):find('lamp came, lamp went', 1, true))
   assert(names(directory) == 'looker' and names(directory.topics) == '' and not peer.is_present)
   assert(deltas[#deltas] == '1 0 1', deltas[#deltas])
   directory:close()
   looker:close()
   assert_fails(Minibus.ClientError, 'CLOSED', directory:collect_sync())
end)

scenario('watch_peer', function()
   local looker = open('looker')
   local directory = Minibus.Directory.new(looker)
   local told, watched = {}, setmetatable({}, { __mode = 'k' })
   local function watch()
      local mark = {}
      watched[mark] = true
      return directory:watch_peer('lamp', function(_, name, peer)
         told[#told + 1] = mark and name .. ' ' .. (peer and peer.name or 'gone')
      end)
   end
   local id = watch()
   garbage()
   until_(function() return #told == 1 end)
   local lamp = open('lamp')
   until_(function() return #told == 2 end)
   lamp:close()
   garbage()
   until_(function() return #told == 3 end)
   assert(table.concat(told, ', ') == 'lamp gone, lamp lamp, lamp gone', table.concat(told, ', '))
   assert(next(watched))
   directory:unwatch_peer(id)
   garbage()
   assert(not next(watched), 'the function is kept')
   assert(lamp:open_sync())
   until_(function() return directory:find_peer('lamp') end)
   assert(#told == 3)
end)

scenario('waits', function()
   local client, other = open('waiting'), open('other')
   local publisher, subscriber = client:create_publisher('/out'), client:subscribe('/in')
   local done, kept = 0, {}
   local function wait(object, ...)
      local arguments = { ... }
      return function()
         local name = table.remove(arguments, 1)
         assert(object[name](object, table.unpack(arguments)))
         done = done + 1
      end
   end
   run(wait(client, 'async_wait_for_service', '/add'), wait(client, 'async_wait_for_peer', 'late', 10000),
      wait(publisher, 'async_wait_for_subscriber'), wait(subscriber, 'async_wait_for_publisher', 10000), function()
         assert(client:async_flush())
         assert(done == 0)
         other:provide('/add', function() return 0 end)
         kept = { other:subscribe('/out'), other:create_publisher('/in'), open('late') }
      end)
   assert(done == 4)
   run(function()
      for _, result in ipairs {
         { client:async_wait_for_service('/nothing', 20) }, { client:async_wait_for_peer('nobody', 20) },
         { client:create_publisher('/x'):async_wait_for_subscriber(20) },
         { client:subscribe('/x/y'):async_wait_for_publisher(20) },
      } do
         assert(assert_fails(Minibus.ClientError, 'TIMED_OUT', table.unpack(result)).message:find('in time', 1, true))
      end
   end)
   assert(client:wait_for_service_sync('/add') and client:wait_for_peer_sync('late', 5000))
   assert(publisher:wait_for_subscriber_sync() and subscriber:wait_for_publisher_sync())
   local cancellable = Gio.Cancellable()
   cancellable:cancel()
   assert_fails(Gio.IOErrorEnum, 'CANCELLED', client:wait_for_service_sync('/nothing', nil, cancellable))
   kept[3]:close()
end)

scenario('no_such_service', function()
   local client, calc = open('asking'), open('calc')
   calc:provide('/calc/add', function() return 0 end)
   run(function()
      local err = assert_fails(Minibus.ServiceError, 'NO_SUCH_SERVICE', client:async_call('/calc/ad', { 1 }, 30000))
      assert(err.message:find('“/calc/add”', 1, true), err.message)
   end)
end)

scenario('record_and_read', function()
   local client, path = open('recording'), temporary()
   run(function()
      assert(record(client, path, { 1, 2, 3, 4, 5 }).n_messages == 5)
      assert(read(Minibus.Recording.new(path)) == '1 2 3 4 5')
      local recording = Minibus.Recording { file = Gio.File.new_for_path(path) }
      assert(recording:async_open())
      assert(recording:async_next() and recording.message.data == 1)
      assert(read(recording) == '2 3 4 5')
      assert(read(recording) == '')
      assert(recording:async_seek(0))
      assert(recording:async_next() and recording.message.topic == '/values')
      local summary = assert(recording:async_summarize())
      assert(summary:get_topics()[1] == '/values' and summary:get_topic_count('/values') == 5)
      assert(summary:get_authors()[1] == 'recording' and summary:get_author_count('recording') == 5)
      assert(summary:get_topic_bytes('/values') > 0)

      local more = Minibus.Recorder.new(client, path)
      more.append = true
      assert(more:async_start())
      client:create_publisher('/values'):publish('more')
      until_(function() return more.n_messages == 1 end)
      assert(more:async_stop())
   end)
   -- Where nothing waits, reading blocks.
   local recording = Minibus.Recording.new(path)
   assert(read(recording) == '1 2 3 4 5 more')
   assert(recording:seek_sync(0) and recording:next_sync() and recording.message.data == 1)
   assert(recording:summarize_sync().n_messages == 6)
   os.remove(path)
end)

scenario('play', function()
   local client, path = open('playing'), temporary()
   local got, progress, skipped = {}, {}, {}
   client:subscribe('/again/.*').on_message = function(_, message)
      got[#got + 1] = message.topic .. ' ' .. message.data
   end
   run(function()
      record(client, path, { 1, 2, 3 })
      local file = assert(io.open(path, 'a'))
      file:write('{"at":0.5,"time":"2026-11-22T19:01:04.123456Z","topic":"/large","data":"', ('x'):rep(70000), '"}\n')
      file:close()
      local player = Minibus.Player { client = client, file = path, speed = 0, topic_prefix = '/again' }
      player.on_notify['progress'] = function() progress[#progress + 1] = player.progress end
      player.on_skipped = function(_, topic, err) skipped[#skipped + 1] = topic .. ' ' .. err.message end
      assert(player:async_play())
      assert(player.n_messages == 3 and player.n_skipped == 1 and not player.is_playing)
      local again = Minibus.Player.new(client, path)
      again.speed = 0
      again:map_topic('/values', '/again/mapped')
      again:seek(0)
      assert(again:async_play())
   end)
   until_(function() return #got == 6 end)
   assert(table.concat(got, ', ') == '/again/values 1, /again/values 2, /again/values 3, ' ..
      '/again/mapped 1, /again/mapped 2, /again/mapped 3', table.concat(got, ', '))
   assert(progress[#progress] == 1)
   assert(#skipped == 1 and skipped[1]:find('/large', 1, true))
   os.remove(path)
end)

scenario('recording_errors', function()
   local client, gone, photo = open('errors'), '/nowhere/gone.jsonl', temporary('no recording\n')
   local function raises(domain, code, path)
      local done, err = pcall(read, Minibus.Recording.new(path))
      return assert_fails(domain, code, done, err)
   end
   assert(raises(Gio.IOErrorEnum, 'NOT_FOUND', gone).message:find('gone.jsonl', 1, true))
   raises(Minibus.RecordingError, 'NOT_RECORDING', photo)
   run(function()
      assert_fails(Gio.IOErrorEnum, 'NOT_FOUND', Minibus.Recording.new(gone):async_open())
      assert_fails(Gio.IOErrorEnum, 'NOT_FOUND', Minibus.Player.new(client, gone):async_play())
      assert_fails(Minibus.RecordingError, 'NOT_RECORDING', Minibus.Recording.new(photo):async_open())
      assert_fails(Minibus.RecordingError, 'NOT_RECORDING', Minibus.Player.new(client, photo):async_play())
      assert_fails(Minibus.RecordingError, 'STATE', Minibus.Recording.new(photo):async_next())
      assert_fails(Minibus.RecordingError, 'EXISTS', Minibus.Recorder.new(client, photo):async_start())
      local recorder = Minibus.Recorder { client = client, file = gone, patterns = { '/(' } }
      assert_fails(Minibus.ClientError, 'INVALID_PATTERN', recorder:async_start())
   end)
   os.remove(photo)
   for _, make in ipairs {
      function() Minibus.Recording() end, function() Minibus.Recording('a') end, function() Minibus.Directory(client) end,
      function() Minibus.Recorder { file = 'a' } end,
   } do
      local done, err = pcall(make)
      assert(not done and err:find('Write Minibus.', 1, true), err)
   end
end)

if arg[1] then order = { arg[1] } end
local failed = false
print(('1..%d'):format(#order))
for i, name in ipairs(order) do
   address = 'memory:' .. name
   local done, what = xpcall(scenarios[name], debug.traceback)
   print(('%s %d %s'):format(done and 'ok' or 'not ok', i, name))
   if not done then print('# ' .. tostring(what):gsub('\n', '\n# ')) end
   failed = failed or not done
end
os.exit(not failed)
