-- Forgets workers that were not seen for long: a piece of one hash of times, as a cursor goes through it.
--
-- KEYS[1]  <prefix>workers:seen or <prefix>workers:refused: worker → time
-- ARGV[1]  <prefix>
-- ARGV[2]  cursor, 0 to begin
-- ARGV[3]  fields to look at, about
-- ARGV[4]  the oldest time to keep, in the unit of the hash
-- Returns  the next cursor, 0 at the end

local prefix, oldest = ARGV[1], tonumber(ARGV[4])
local valid, home, invalid = prefix .. 'workers:valid', prefix .. 'workers:home', prefix .. 'workers:invalid'
local is_of_shares = KEYS[1] == prefix .. 'workers:seen'

local function forget(name)
  redis.call('HDEL', KEYS[1], name)
  if is_of_shares then
    local address = string.match(redis.call('HGET', home, name) or '', '^%S* (.*)$')
    if address then
      redis.call('SREM', prefix .. 'rigs:' .. address, name)
    end
    for _, key in ipairs({valid, home, invalid, prefix .. 'workers:best'}) do
      redis.call('HDEL', key, name)
    end
  elseif redis.call('HEXISTS', valid, name) == 0 then
    redis.call('HDEL', invalid, name)
  end
end

local answer = redis.call('HSCAN', KEYS[1], ARGV[2], 'COUNT', ARGV[3])
local fields = answer[2]
for i = 1, #fields, 2 do
  if tonumber(fields[i + 1]) < oldest then
    forget(fields[i])
  end
end
return answer[1]
