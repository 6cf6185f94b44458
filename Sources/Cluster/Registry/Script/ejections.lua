-- What hosts must end, and who waits for it.

-- Who waits for the end of a session: nil where no host has asked for it.
local function waiters(session)
  local epoch, handle = parts(session)
  return call('HGET', space .. 'x:' .. epoch, handle)
end
local function has(list, who) return list and (' ' .. list .. ' '):find(' ' .. who .. ' ', 1, true) end
local function waits(session, who) return has(waiters(session), who) end
-- Asks the host of a session to end it, and to tell `who`. What it must do stands in its inbox until it has done it.
local function ask(session, who)
  local epoch, handle = parts(session)
  if call('HSETNX', space .. 'x:' .. epoch, handle, who) == 0 then
    local list = waiters(session)
    if not has(list, who) then call('HSET', space .. 'x:' .. epoch, handle, list .. ' ' .. who) end
  end
  if epoch ~= me then notify(epoch, 'eject ' .. handle) end
end

-- the reply: handles that this host must end
if operation == 'inbox' then
  local reply = call('HKEYS', space .. 'x:' .. me)
  table.insert(reply, 1, 'OK')
  return reply
end

-- handle, sessions that it waits for; asks again those that have not ended, and names them
if operation == 'waiting' then
  local reply = {'OK'}
  for index = 6, #ARGV do
    if read(ARGV[index]) then
      ask(ARGV[index], me .. '.' .. first)
      reply[#reply + 1] = ARGV[index]
    end
  end
  return reply
end
