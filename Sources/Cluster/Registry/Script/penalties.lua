-- Wrong passwords and where users log in, which belong to no generation: they outlive sessions.
--
-- `until` has subjects by the millisecond in which they are forgotten, `count` their wrong passwords, `used` users and sources by the
-- millisecond of the log-in. What they are called is the hosts' own business. Nothing here is needed by a log-in that waits.
local penalties, MOST = root .. 'p:', 100000
local USED_FOR = 90 * 86400 * 1000

local function milliseconds()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
-- Where hosts are gone, so is what they have counted. A server that does not let them say so keeps what is bounded.
local function outlive(name, time) redis.pcall('PEXPIRE', penalties .. name, digits(time)) end
local function forget(subject)
  call('ZREM', penalties .. 'until', subject)
  call('HDEL', penalties .. 'count', subject)
end
-- One of 16 drawn by lot makes room, the one with the fewest wrong passwords: who floods it does not choose what is forgotten.
local function makeRoom()
  if call('ZCARD', penalties .. 'until') < MOST then return end
  local drawn = call('ZRANDMEMBER', penalties .. 'until', 16)
  local counts, least = call('HMGET', penalties .. 'count', unpack(drawn)), 1
  for index = 2, #drawn do
    if tonumber(counts[index] or 0) < tonumber(counts[least] or 0) then least = index end
  end
  forget(drawn[least])
end
local function count(subject, now, time, hasReached)
  local ends = call('ZSCORE', penalties .. 'until', subject)
  if ends and tonumber(ends) <= now then forget(subject) end
  local isNew = not ends or tonumber(ends) <= now
  if isNew then makeRoom() end
  -- A clock that was put back does not make it count for longer.
  if isNew or hasReached or tonumber(ends) > now + time then call('ZADD', penalties .. 'until', digits(now + time), subject) end
  call('HINCRBY', penalties .. 'count', subject, 1)
end
local function tellPenalty(text) call('PUBLISH', space .. 'all', 'penalty ' .. me .. ' ' .. text) end

-- number, milliseconds that it counts, what the others are told, subjects, each with 1 where it has reached its limit by this
if operation == 'guess' then
  local member, now, time = space .. 'n:' .. me, milliseconds(), tonumber(second)
  if tonumber(first) <= tonumber(call('HGET', member, 'guesses') or 0) then return {'OK'} end
  call('HSET', member, 'guesses', first)
  for _, past in ipairs(call('ZRANGEBYSCORE', penalties .. 'until', '-inf', digits(now), 'LIMIT', 0, 20)) do forget(past) end
  for index = 8, #ARGV - 1, 2 do count(ARGV[index], now, time, ARGV[index + 1] == '1') end
  outlive('until', time)
  outlive('count', time)
  tellPenalty(third)
  return {'OK'}
end

-- what the others are told, which is kept too: who has logged in where
if operation == 'use' then
  local key, now = penalties .. 'used', milliseconds()
  call('ZREMRANGEBYSCORE', key, '-inf', digits(now - USED_FOR))
  if call('ZCARD', key) >= MOST then call('ZPOPMIN', key) end
  call('ZADD', key, digits(now), first)
  outlive('used', USED_FOR)
  tellPenalty(first)
  return {'OK'}
end

-- subjects that an operator has cleared
if operation == 'forgive' then
  for index = 5, #ARGV do forget(ARGV[index]) end
  return {'OK'}
end

-- `until` or `used`, cursor; the reply: the next cursor, what is kept, its count, and its millisecond seen from now; to be repeated
-- until the cursor is 0 again
if operation == 'penalties' then
  local now, found = milliseconds(), call('ZSCAN', penalties .. first, second, 'COUNT', 200)
  local reply = {'OK', found[1]}
  for index = 1, #found[2], 2 do
    local number = first == 'until' and call('HGET', penalties .. 'count', found[2][index]) or '1'
    for _, text in ipairs({found[2][index], number or '0', digits(found[2][index + 1] - now)}) do reply[#reply + 1] = text end
  end
  return reply
end
