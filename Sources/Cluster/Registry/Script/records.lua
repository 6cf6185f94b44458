-- The session registry of a cluster, form 3: every change of it is one run of this script.
--
-- KEYS[1] is {authhost:NAME}. ARGV has the operation, the generation, the host's epoch and the number of its connection, and
-- then what the operation takes. The first word of a reply says what came of it; docs/cluster.md has the keys.
--
-- A run ends where its operation stands. What is defined before that is made anew with every run, and costs a log-in more than its
-- commands do: so operations are no functions, and what few of them need stands behind the others.
local call, root = redis.call, KEYS[1] .. ':'
local operation, generation, me, link, first, second, third = unpack(ARGV, 1, 7)
local space = root .. generation .. ':'

-- A score above that of every age: who is reserved comes last. Ages are microseconds, below 2^53 like this.
local RESERVED = 9e15
-- The states of a session. It counts to every limit in each of them, until it has really ended.
local HELD, OPEN, CLAIMED, TOLD = 'reserved', 'open', 'claimed', 'told'
-- Where a session's record, a MessagePack array, has what.
local STATE, USER, APPLICATION, AGE, VICTIMS, CLAIMS, MACHINE = 1, 2, 3, 4, 5, 6, 7

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
