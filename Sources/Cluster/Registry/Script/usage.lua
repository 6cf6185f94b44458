-- Who uses the cluster, for the host that counts it.

-- the age up to which log-ins are counted; the reply: age, application and user of those after it
if operation == 'used' then
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
if operation == 'people' then
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

-- Where hosts keep usage statistics, one of them asks for who has logged in at all: `v` has users and applications by the age of
-- their last log-in, until that host has them.
local function noteUse(record)
  if call('HGET', space .. 'c', 'counted') then
    call('ZADD', space .. 'v', digits(record[AGE]), #record[APPLICATION] .. ':' .. record[APPLICATION] .. record[USER])
  end
end
