-- The session registry of a cluster, form 1: every change of it is one run of this script.
--
-- KEYS[1] is {authhost:NAME}. ARGV has the operation, the generation, the host's epoch and the number of its connection, and
-- then what the operation takes. The first word of a reply says what came of it; docs/cluster.md has the keys.
local call, root = redis.call, KEYS[1] .. ':'
local operation, generation, me, link, first, second, third = unpack(ARGV, 1, 7)
local space = root .. generation .. ':'

-- A score above that of every age: who is reserved comes last. Ages are microseconds, below 2^53 like this.
local RESERVED = 9e15
-- The states of a session. It counts to every limit in each of them, until it has really ended.
local HELD, OPEN, CLAIMED, TOLD = 'reserved', 'open', 'claimed', 'told'
-- Where a session's record, a MessagePack array, has what.
local STATE, USER, APPLICATION, AGE, VICTIMS, CLAIMS = 1, 2, 3, 4, 5, 6

local function digits(number) return string.format('%.0f', number) end
local function clock()
  local time = call('TIME')
  return time[1] .. string.format('%06d', time[2])
end
local function parts(session) return session:match('^(%d+)%.(.*)$') end
local function read(session)
  local epoch, handle = parts(session)
  local packed = call('HGET', space .. 's:' .. epoch, handle)
  return packed and cmsgpack.unpack(packed)
end
local function write(session, record)
  local epoch, handle = parts(session)
  call('HSET', space .. 's:' .. epoch, handle, cmsgpack.pack(record))
end
local function notify(epoch, text) call('PUBLISH', space .. 'n:' .. epoch, text) end
local function userKey(record) return space .. 'u:' .. record[USER] end
-- The length keeps two pairs of names apart whose bytes are the same when written one after the other.
local function groupKey(record)
  return space .. 'g:' .. #record[APPLICATION] .. ':' .. record[APPLICATION] .. record[USER]
end
local function nextAge()
  local now, before = clock(), call('HGET', space .. 'c', 'age') or '0'
  local age = tonumber(now) > tonumber(before) and now or digits(before + 1)
  call('HSET', space .. 'c', 'age', age)
  return age
end

-- Where hosts keep usage statistics, one of them asks for who has logged in at all: `v` has users and applications by the age of
-- their last log-in, until that host has them.
local function noteUse(record)
  if call('HGET', space .. 'c', 'counted') then
    call('ZADD', space .. 'v', digits(record[AGE]), #record[APPLICATION] .. ':' .. record[APPLICATION] .. record[USER])
  end
end

-- Who waits for the end of a session: nil where nobody has asked for it.
local function waiters(session)
  local epoch, handle = parts(session)
  return call('HGET', space .. 'x:' .. epoch, handle)
end
local function waits(session, who)
  local list = waiters(session)
  return list and (' ' .. list .. ' '):find(' ' .. who .. ' ', 1, true)
end
-- Asks the host of a session to end it, and to tell `who`. What it must do stands in its inbox until it has done it.
local function ask(session, who)
  local epoch, handle = parts(session)
  if not waits(session, who) then
    local list = waiters(session)
    call('HSET', space .. 'x:' .. epoch, handle, list and list .. ' ' .. who or who)
  end
  if epoch ~= me then notify(epoch, 'eject ' .. handle) end
end

-- Puts a session where its state and age belong: those that are to end first, then the others by age, reserved ones last.
local function place(session, record)
  local user, group, score = userKey(record), groupKey(record), RESERVED
  if record[STATE] == OPEN then score = record[AGE] + 0
  elseif record[STATE] ~= HELD then score = record[AGE] - RESERVED end
  local added = call('ZADD', user, digits(score), session)
  call('ZADD', group, digits(score), session)
  if added == 1 then
    if call('ZCARD', group) == 1 then call('HINCRBY', space .. 'a', record[APPLICATION], 1) end
    call('HINCRBY', space .. 'c', 'held', 1)
  end
end

-- A reservation comes to nothing: nobody is ejected for it.
local function unclaim(record)
  for _, session in ipairs(record[VICTIMS]) do
    local victim = read(session)
    if victim and victim[STATE] == CLAIMED then
      victim[CLAIMS] = victim[CLAIMS] - 1
      if victim[CLAIMS] == 0 then
        victim[STATE] = OPEN
        place(session, victim)
      end
      write(session, victim)
    end
  end
end

-- A session has ended, or a reservation is given back; done twice it is done once.
local function finish(session)
  local record = read(session)
  if not record then return end
  local epoch, handle = parts(session)
  local group, application = groupKey(record), record[APPLICATION]
  call('HDEL', space .. 's:' .. epoch, handle)
  call('ZREM', userKey(record), session)
  call('ZREM', group, session)
  if call('EXISTS', group) == 0 and call('HINCRBY', space .. 'a', application, -1) <= 0 then
    call('HDEL', space .. 'a', application)
  end
  call('HINCRBY', space .. 'c', 'held', -1)
  if record[STATE] == HELD then unclaim(record) end
  local list = waiters(session)
  if not list then return end
  call('HDEL', space .. 'x:' .. epoch, handle)
  for who in list:gmatch('%S+') do notify(parts(who), 'ended ' .. session .. ' ' .. who) end
end

-- The limits in their order: of user and application, of its licence, of the user, of users of the application, of all.
local function excess(record, limits, mayEject)
  local user, group = userKey(record), groupKey(record)
  local ofUser, ofGroup = call('ZCARD', user), call('ZCARD', group)
  local users = tonumber(call('HGET', space .. 'a', record[APPLICATION]) or 0) - (ofGroup > 0 and 1 or 0)
  local held = {ofGroup, ofGroup, ofUser, users, tonumber(call('HGET', space .. 'c', 'held') or 0)}
  local needed = 0
  for kind = 1, 5 do
    local allowed = limits[kind]
    local over = held[kind] + 1 - allowed
    if allowed > 0 and over > 0 then
      local ejectable = 0
      if kind ~= 4 then ejectable = call('ZCOUNT', kind <= 2 and group or user, '-inf', '(' .. digits(RESERVED)) end
      if not mayEject or over > ejectable then return nil, {'OVER', kind, allowed} end
      needed = math.max(needed, over)
    end
  end
  return needed
end

-- Chooses the oldest of the user and application, then the oldest of the user.
local function claim(record, needed)
  local chosen, victims = {}, record[VICTIMS]
  for _, key in ipairs({groupKey(record), userKey(record)}) do
    local oldest = call('ZRANGEBYSCORE', key, '-inf', '(' .. digits(RESERVED), 'LIMIT', 0, needed)
    for _, session in ipairs(oldest) do
      if #victims < needed and not chosen[session] then
        chosen[session] = true
        victims[#victims + 1] = session
        local victim = read(session)
        if victim[STATE] ~= TOLD then
          victim[STATE], victim[CLAIMS] = CLAIMED, victim[CLAIMS] + 1
          place(session, victim)
          write(session, victim)
        end
      end
    end
  end
end

local function server() return call('INFO', 'server'):match('run_id:(%x+)') end

local operations = {}

-- handle, user, application, the five limits, 1 where older sessions may be ejected
function operations.reserve()
  local session = me .. '.' .. first
  local known = read(session)
  if known then return {'OK', #known[VICTIMS]} end
  if call('HGET', space .. 'c', 'open') ~= '1' then return {'WARM'} end
  local record = {HELD, second, third, '0', {}, 0}
  local limits = {}
  for kind = 1, 5 do limits[kind] = tonumber(ARGV[7 + kind]) end
  local needed, refusal = excess(record, limits, ARGV[13] == '1')
  if not needed then return refusal end
  if needed > 0 then claim(record, needed) end
  place(session, record)
  write(session, record)
  return {'OK', needed}
end

-- handle; the reply has the session's age, and those whose end must be waited for
function operations.commit()
  local session = me .. '.' .. first
  local record = read(session)
  if not record then return {'NONE'} end
  if record[STATE] == HELD then
    record[STATE], record[AGE] = OPEN, nextAge()
    noteUse(record)
    place(session, record)
    write(session, record)
    for _, other in ipairs(record[VICTIMS]) do
      local victim = read(other)
      if victim then
        victim[STATE] = TOLD
        place(other, victim)
        write(other, victim)
        ask(other, session)
      end
    end
  end
  local reply = {'OK', record[AGE]}
  for _, other in ipairs(record[VICTIMS]) do
    if waits(other, session) then reply[#reply + 1] = other end
  end
  return reply
end

-- handles of sessions that have ended and of reservations that are given back
operations['end'] = function()
  for index = 5, #ARGV do finish(me .. '.' .. ARGV[index]) end
  return {'OK'}
end

-- handle, user, application, age, and so on, of open sessions; age 0 is that of a session that the registry never saw
function operations.register()
  local reply = {'OK'}
  for index = 5, #ARGV, 4 do
    local session = me .. '.' .. ARGV[index]
    local record = read(session)
    if not record then
      local age = ARGV[index + 3]
      if age == '0' then age = nextAge() end
      record = {OPEN, ARGV[index + 1], ARGV[index + 2], age, {}, 0}
      if tonumber(age) > tonumber(call('HGET', space .. 'c', 'age') or 0) then call('HSET', space .. 'c', 'age', age) end
      place(session, record)
      write(session, record)
      noteUse(record)
    end
    reply[#reply + 1] = record[AGE]
  end
  return reply
end

-- how many hosts are configured, 1 where this one has waited for them for a whole lease
function operations.live()
  call('HSET', space .. 'n:' .. me, 'live', 1)
  local live = 0
  for _, epoch in ipairs(call('SMEMBERS', space .. 'm')) do
    if call('HGET', space .. 'n:' .. epoch, 'live') then live = live + 1 end
  end
  if second == '1' or live >= tonumber(first) then call('HSET', space .. 'c', 'open', 1) end
  return {'OK', call('HGET', space .. 'c', 'open') or '0', live}
end

-- the reply: whether log-ins are let in, sessions of all, of this host, how many it must end, and of each member epoch, beat,
-- index and name
function operations.renew()
  local counts = call('HMGET', space .. 'c', 'open', 'held')
  local reply = {
    'OK', counts[1] or '0', counts[2] or '0', call('HLEN', space .. 's:' .. me), call('HLEN', space .. 'x:' .. me)
  }
  notify(me, 'beat ' .. call('HINCRBY', space .. 'n:' .. me, 'beat', 1))
  for _, epoch in ipairs(call('SMEMBERS', space .. 'm')) do
    local member = call('HMGET', space .. 'n:' .. epoch, 'beat', 'index', 'name')
    for _, text in ipairs({epoch, member[1] or '-', member[2] or '-', member[3] or '-'}) do reply[#reply + 1] = text end
  end
  return reply
end

-- epoch, the beat that stood still, cursor; to be repeated until the cursor is 0 again
function operations.expel()
  local beat = call('HGET', space .. 'n:' .. first, 'beat')
  if beat and beat ~= second then return {'ALIVE'} end
  call('UNLINK', space .. 'n:' .. first)
  local found = call('HSCAN', space .. 's:' .. first, third, 'COUNT', 200)
  for index = 1, #found[2], 2 do finish(first .. '.' .. found[2][index]) end
  if found[1] == '0' and call('EXISTS', space .. 's:' .. first) == 0 then
    call('SREM', space .. 'm', first)
    call('UNLINK', space .. 'x:' .. first)
    return {'OK', '0'}
  end
  return {'OK', found[1] == '0' and '0+' or found[1]}
end

-- the host stops: its sessions go with its membership, and the others are told to see to it
function operations.leave()
  call('HDEL', space .. 'i', call('HGET', space .. 'n:' .. me, 'index'))
  call('UNLINK', space .. 'n:' .. me)
  call('PUBLISH', space .. 'all', 'left ' .. me)
  return {'OK'}
end

-- the reply: handles that this host must end
function operations.inbox()
  local reply = call('HKEYS', space .. 'x:' .. me)
  table.insert(reply, 1, 'OK')
  return reply
end

-- handle, sessions that it waits for; asks again those that have not ended, and names them
function operations.waiting()
  local reply = {'OK'}
  for index = 6, #ARGV do
    if read(ARGV[index]) then
      ask(ARGV[index], me .. '.' .. first)
      reply[#reply + 1] = ARGV[index]
    end
  end
  return reply
end

-- number, text, 1 where it must be kept for hosts that do not listen now: something that all hosts are told
function operations.say()
  local id = '-'
  if third == '1' then
    id = call('XADD', space .. 'log', 'MAXLEN', '~', 10000, '*', 'from', me, 'number', first, 'text', second)
  end
  call('PUBLISH', space .. 'all', 'say ' .. id .. ' ' .. me .. ' ' .. first .. ' ' .. second)
  return {'OK', id}
end

-- epoch, number, text: the answer to what that host has said
function operations.answer()
  notify(first, 'answer ' .. second .. ' ' .. me .. ' ' .. third)
  return {'OK'}
end

-- the last entry read, or - : what was said since; the first entry that is there tells whether some are gone
function operations.heard()
  local log = space .. 'log'
  local newest = call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
  local oldest = call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  local reply = {'OK', oldest and oldest[1] or '-', newest and newest[1] or '-'}
  if first == '-' then return reply end
  for _, entry in ipairs(call('XRANGE', log, '(' .. first, '+', 'COUNT', 1000)) do
    local fields = {}
    for index = 1, #entry[2], 2 do fields[entry[2][index]] = entry[2][index + 1] end
    for _, text in ipairs({entry[1], fields.from, fields.number, fields.text}) do reply[#reply + 1] = text end
  end
  return reply
end

-- the age up to which log-ins are counted; the reply: age, application and user of those after it
function operations.used()
  call('HSET', space .. 'c', 'counted', 1)
  call('ZREMRANGEBYSCORE', space .. 'v', '-inf', first)
  local reply = {'OK'}
  local found = call('ZRANGEBYSCORE', space .. 'v', '(' .. first, '+inf', 'WITHSCORES', 'LIMIT', 0, 500)
  for index = 1, #found, 2 do
    local length, rest = found[index]:match('^(%d+):(.*)$')
    for _, text in ipairs({found[index + 1], rest:sub(1, length), rest:sub(length + 1)}) do reply[#reply + 1] = text end
  end
  return reply
end

-- epoch, cursor; the reply: the next cursor, application and user of open sessions; to be repeated until the cursor is 0 again
function operations.people()
  local found = call('HSCAN', space .. 's:' .. first, second, 'COUNT', 200)
  local reply = {'OK', found[1]}
  for index = 2, #found[2], 2 do
    local record = cmsgpack.unpack(found[2][index])
    if record[STATE] ~= HELD then
      reply[#reply + 1] = record[APPLICATION]
      reply[#reply + 1] = record[USER]
    end
  end
  return reply
end

-- an earlier generation, cursor; to be repeated until the cursor is 0 again
function operations.purge()
  local found = call('SCAN', second, 'MATCH', root .. first .. ':*', 'COUNT', 500)
  for _, key in ipairs(found[2]) do call('UNLINK', key) end
  return {'OK', found[1]}
end

-- index, identity of the process, name, form of the registry, the beat of one who holds the index and has stood still, or -
local function join()
  local home, known = server(), call('HMGET', root .. 'reg', 'generation', 'home', 'epoch', 'form')
  if known[4] and known[4] ~= ARGV[8] then return {'FORM', known[4]} end
  local now = clock()
  local epoch = tonumber(now) > tonumber(known[3] or 0) and now or digits(known[3] + 1)
  generation = known[1]
  if known[2] ~= home then
    -- Another process of the server, which may hold what was so a while ago: everybody begins again.
    for _, old in ipairs(generation and call('SMEMBERS', root .. generation .. ':m') or {}) do
      call('UNLINK', root .. generation .. ':n:' .. old)
    end
    generation = epoch
  end
  space = root .. generation .. ':'
  local old = call('HGET', space .. 'i', first)
  if old then
    local member = call('HMGET', space .. 'n:' .. old, 'identity', 'beat', 'name')
    if member[1] and member[1] ~= second and member[2] ~= ARGV[9] then return {'TAKEN', generation, old, member[2], member[3]} end
    call('UNLINK', space .. 'n:' .. old)
  end
  call('HSET', root .. 'reg', 'generation', generation, 'home', home, 'epoch', epoch, 'form', ARGV[8])
  call('HSET', space .. 'i', first, epoch)
  call('SADD', space .. 'm', epoch)
  call('HSET', space .. 'n:' .. epoch, 'link', link, 'beat', 0, 'identity', second, 'index', first, 'name', third)
  return {'OK', generation, epoch, old or '-', known[1] or '-'}
end

if operation == 'join' then return join() end

local last = call('HGET', space .. 'n:' .. me, 'link')
-- First on every connection of a member; what an older one has sent and what comes late changes nothing any more.
if operation == 'attach' then
  local known = call('HMGET', root .. 'reg', 'generation', 'home')
  if not last or known[1] ~= generation or known[2] ~= server() then return {'GONE'} end
  if tonumber(link) <= tonumber(last) then return {'STALE'} end
  call('HSET', space .. 'n:' .. me, 'link', link)
  return {'OK'}
end
if last ~= link then return {last and 'STALE' or 'GONE'} end
return operations[operation]()
