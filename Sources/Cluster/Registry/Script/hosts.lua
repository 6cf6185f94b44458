-- The members, and their leases.

local function server() return call('INFO', 'server'):match('run_id:(%x+)') end

-- index, identity of the process, name, form of the registry, the beat of one who holds the index and has stood still, or -, and a key of
-- which the first one that comes is the cluster's
if operation == 'join' then
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
    -- What an earlier generation has left is on a list until a host has removed all of it: the first one may end before.
    if generation then call('SADD', root .. 'past', generation) end
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
  call('PUBLISH', space .. 'all', 'joined ' .. epoch)
  if ARGV[10] then call('HSETNX', root .. 'reg', 'key', ARGV[10]) end
  return {'OK', generation, epoch, old or '-', call('SMEMBERS', root .. 'past')[1] or '-', call('HGET', root .. 'reg', 'key')}
end

local last = call('HGET', space .. 'n:' .. me, 'link')
-- First on every connection of a member; what an older one has sent and what comes late changes nothing any more.
if operation == 'attach' then
  local known = call('HMGET', root .. 'reg', 'generation', 'home')
  if not last or known[1] ~= generation or known[2] ~= server() then return {'GONE'} end
  if tonumber(link) <= tonumber(last) then return {'STALE'} end
  call('HSET', space .. 'n:' .. me, 'link', link)
  return {'OK'}
end

-- A host that is no member any more, or speaks on an older connection, changes nothing.
if last ~= link then return {last and 'STALE' or 'GONE'} end

-- how many hosts are configured, 1 where this one has waited for them for a whole lease
if operation == 'live' then
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
if operation == 'renew' then
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

-- the host stops: its sessions go with its membership, and the others are told to see to it
if operation == 'leave' then
  call('HDEL', space .. 'i', call('HGET', space .. 'n:' .. me, 'index'))
  call('UNLINK', space .. 'n:' .. me)
  call('PUBLISH', space .. 'all', 'left ' .. me)
  return {'OK'}
end

-- an earlier generation, cursor; to be repeated until the cursor is 0 again. The last reply names another one that is left.
if operation == 'purge' then
  local found = call('SCAN', second, 'MATCH', root .. first .. ':*', 'COUNT', 500)
  for _, key in ipairs(found[2]) do call('UNLINK', key) end
  if found[1] ~= '0' then return {'OK', found[1]} end
  call('SREM', root .. 'past', first)
  return {'OK', '0', call('SMEMBERS', root .. 'past')[1] or '-'}
end
