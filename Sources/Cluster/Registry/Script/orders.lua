-- Orders to eject the oldest sessions.

-- Only orders without a user need all sessions by age, so they are kept that way from the first such order on: `o`. Those that are
-- there already come in by as many calls as it takes. `aged` of `c` says how far they are: the epoch of a host and a cursor, or `all`.
local function isFull()
  local memory = call('INFO', 'memory')
  local most = tonumber(memory:match('maxmemory:(%d+)'))
  return most > 0 and tonumber(memory:match('used_memory:(%d+)')) >= most
end
-- The epoch of the host that comes after one.
local function following(epoch)
  local least
  for _, other in ipairs(call('SMEMBERS', space .. 'm')) do
    if tonumber(other) > tonumber(epoch) and (not least or tonumber(other) < tonumber(least)) then least = other end
  end
  return least
end
-- Puts the next sessions in; nil where all of them are.
local function whatIsMissing()
  local aged = call('HGET', space .. 'c', 'aged') or '0 0'
  if aged == 'all' then return nil end
  if isFull() then return 'FULL' end
  local epoch, cursor = aged:match('^(%d+) (%d+)$')
  local found = call('HSCAN', space .. 's:' .. epoch, cursor, 'COUNT', 200)
  for index = 1, #found[2], 2 do
    local record = cmsgpack.unpack(found[2][index + 1])
    if record[STATE] ~= HELD then call('ZADD', space .. 'o', record[AGE], epoch .. '.' .. found[2][index]) end
  end
  if found[1] == '0' then epoch = following(epoch) end
  call('HSET', space .. 'c', 'aged', epoch and epoch .. ' ' .. found[1] or 'all')
  return epoch and 'AGAIN' or nil
end

-- number, `=` and a user or nothing for any, the same for an application and a machine, how many, and where to go on, `-inf` at first:
-- the oldest that have not been told yet are to end, wherever they are. The reply: where to go on, or - for nowhere, and those that were
-- told. One call looks at 200. Asked again, the answer is the same. AGAIN: not all sessions are in `o` yet; FULL: nor is there
-- memory for them.
if operation == 'eject' then
  local member = space .. 'n:' .. me
  local last = call('HMGET', member, 'ejections', 'ejected')
  if first == last[1] then return cmsgpack.unpack(last[2]) end
  if call('HGET', space .. 'c', 'open') ~= '1' then return {'WARM'} end
  local missing = second == '' and whatIsMissing()
  if missing then return {missing} end
  local wanted, machine, left, from = {false, second:sub(2), third:sub(2)}, ARGV[8], tonumber(ARGV[9]), ARGV[10]
  local key, found, reply = space .. 'o', {}, {'OK', '-'}
  if second ~= '' then key = third == '' and userKey(wanted) or groupKey(wanted) end
  -- An application without sessions need not be looked for among all.
  if third == '' or call('HEXISTS', space .. 'a', wanted[APPLICATION]) == 1 then
    found = call('ZRANGEBYSCORE', key, from, '(' .. digits(RESERVED), 'WITHSCORES', 'LIMIT', 0, 200)
  end
  for index = 1, #found, 2 do
    local session = found[index]
    local known = left > 0 and read(session)
    if known and known[STATE] ~= TOLD and (third == '' or known[APPLICATION] == wanted[APPLICATION])
      and (machine == '' or machine == '=' .. (known[MACHINE] or '')) then
      left = left - 1
      known[STATE] = TOLD
      place(session, known)
      write(session, known)
      ask(session, me .. '.e' .. first)
      reply[#reply + 1] = session
    end
  end
  -- Sessions of one age may go on in the next slice; more of them than a slice has would end it.
  if left > 0 and #found == 400 then reply[2] = found[400] == from and '(' .. from or found[400] end
  call('HSET', member, 'ejections', first, 'ejected', cmsgpack.pack(reply))
  return reply
end
