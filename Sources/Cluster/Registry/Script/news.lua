-- What all hosts are told.

-- number, text, 1 where it must be kept for hosts that do not listen now: something that all hosts are told
if operation == 'say' then
  local id = '-'
  if third == '1' then
    id = call('XADD', space .. 'log', 'MAXLEN', '~', 10000, '*', 'from', me, 'number', first, 'text', second)
  end
  call('PUBLISH', space .. 'all', 'say ' .. id .. ' ' .. me .. ' ' .. first .. ' ' .. second)
  return {'OK', id}
end

-- epoch, number, text: the answer to what that host has said
if operation == 'answer' then
  notify(first, 'answer ' .. second .. ' ' .. me .. ' ' .. third)
  return {'OK'}
end

-- the last entry read, or - : what was said since; the first entry that is there tells whether some are gone
if operation == 'heard' then
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
