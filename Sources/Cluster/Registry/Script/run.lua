-- Who asks, and what is asked.

if operation == 'join' then return join() end

local last = call('HGET', space .. 'n:' .. me, 'link')
if operation == 'attach' then return attach(last) end
if last ~= link then return {last and 'STALE' or 'GONE'} end
return operations[operation]()
