-- The places of sessions: reserved, taken, and given back.

-- Puts a session where its state and age belong: those that are to end first, then the others by age, reserved ones last.
local function place(session, record)
  local user, group, score = userKey(record), groupKey(record), RESERVED
  if record[STATE] == OPEN then
    score = record[AGE] + 0
    if call('HGET', space .. 'c', 'aged') then call('ZADD', space .. 'o', digits(score), session) end
  elseif record[STATE] ~= HELD then score = record[AGE] - RESERVED end
  local added = call('ZADD', user, digits(score), session)
  call('ZADD', group, digits(score), session)
  if added == 1 then
    if call('ZCARD', group) == 1 then call('HINCRBY', space .. 'a', record[APPLICATION], 1) end
    call('HINCRBY', space .. 'c', 'held', 1)
  end
end

-- A reservation comes to nothing: no session is ejected for it.
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
  call('ZREM', space .. 'o', session)
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

-- handle; the reply has the session's age, and those whose end must be waited for
if operation == 'commit' then
  local session = me .. '.' .. first
  local record = read(session)
  if not record then return {'NONE'} end
  if record[STATE] ~= HELD then
    local reply = {'OK', record[AGE]}
    for _, other in ipairs(record[VICTIMS]) do
      if waits(other, session) then reply[#reply + 1] = other end
    end
    return reply
  end
  record[STATE], record[AGE] = OPEN, nextAge()
  noteUse(record)
  place(session, record)
  write(session, record)
  local reply = {'OK', record[AGE]}
  for _, other in ipairs(record[VICTIMS]) do
    local victim = read(other)
    if victim then
      -- It stands where it did, since it was claimed.
      victim[STATE] = TOLD
      write(other, victim)
      ask(other, session)
      reply[#reply + 1] = other
    end
  end
  return reply
end

-- handles of sessions that have ended and of reservations that are given back
if operation == 'end' then
  for index = 5, #ARGV do finish(me .. '.' .. ARGV[index]) end
  return {'OK'}
end

-- handle, user, application, age, machine, and so on, of open sessions; age 0 is that of a session that the registry never saw
if operation == 'register' then
  local reply = {'OK'}
  for index = 5, #ARGV, 5 do
    local session = me .. '.' .. ARGV[index]
    local record = read(session)
    if not record then
      local age = ARGV[index + 3]
      if age == '0' then age = nextAge() end
      record = {OPEN, ARGV[index + 1], ARGV[index + 2], age, {}, 0, ARGV[index + 4]}
      if tonumber(age) > tonumber(call('HGET', space .. 'c', 'age') or 0) then call('HSET', space .. 'c', 'age', age) end
      place(session, record)
      write(session, record)
      noteUse(record)
    end
    reply[#reply + 1] = record[AGE]
  end
  return reply
end

-- epoch, the beat that stood still, cursor; to be repeated until the cursor is 0 again
if operation == 'expel' then
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

-- The limits in their order: of user and application, of its licence, of the user, of users of the application, of all.
local function excess(record, limits, mayEject)
  local user, group, needed = userKey(record), groupKey(record), 0
  local function ofGroup() return call('ZCARD', group) end
  local held = {
    ofGroup, ofGroup, function() return call('ZCARD', user) end,
    function() return tonumber(call('HGET', space .. 'a', record[APPLICATION]) or 0) - (ofGroup() > 0 and 1 or 0) end,
    function() return tonumber(call('HGET', space .. 'c', 'held') or 0) end
  }
  for kind = 1, 5 do
    local allowed = limits[kind]
    local over = allowed > 0 and held[kind]() + 1 - allowed or 0
    if over > 0 then
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
    local oldest = {}
    if #victims < needed then oldest = call('ZRANGEBYSCORE', key, '-inf', '(' .. digits(RESERVED), 'LIMIT', 0, needed) end
    for _, session in ipairs(oldest) do
      if #victims < needed and not chosen[session] then
        chosen[session] = true
        victims[#victims + 1] = session
        local victim = read(session)
        if victim[STATE] ~= TOLD then
          local isFirst = victim[STATE] == OPEN
          victim[STATE], victim[CLAIMS] = CLAIMED, victim[CLAIMS] + 1
          if isFirst then place(session, victim) end
          write(session, victim)
        end
      end
    end
  end
end

-- handle, user, application, the five limits, 1 where older sessions may be ejected, machine
if operation == 'reserve' then
  local session = me .. '.' .. first
  local known = read(session)
  if known then return {'OK', #known[VICTIMS]} end
  if call('HGET', space .. 'c', 'open') ~= '1' then return {'WARM'} end
  local record = {HELD, second, third, '0', {}, 0, ARGV[14]}
  local limits = {}
  for kind = 1, 5 do limits[kind] = tonumber(ARGV[7 + kind]) end
  local needed, refusal = excess(record, limits, ARGV[13] == '1')
  if not needed then return refusal end
  if needed > 0 then claim(record, needed) end
  place(session, record)
  write(session, record)
  return {'OK', needed}
end
