-- Moves workers' figures from the keys of the first versions, a hash for each worker, to those of today.
--
-- KEYS[1]  <prefix>layout
-- ARGV[1]  <prefix>
-- ARGV[2…] names of workers
-- Returns  how many of them there were
--
-- What has been counted since stays counted: moving a worker adds to it, and takes the old key away.

local prefix = ARGV[1]
local valid, best, seen = prefix .. 'workers:valid', prefix .. 'workers:best', prefix .. 'workers:seen'
local home, invalid, refused = prefix .. 'workers:home', prefix .. 'workers:invalid', prefix .. 'workers:refused'

local function hash_of(key)
  local fields, hash = redis.call('HGETALL', key), {}
  for i = 1, #fields, 2 do
    hash[fields[i]] = fields[i + 1]
  end
  return hash
end

local function raise(key, name, value)
  if tonumber(value) > tonumber(redis.call('HGET', key, name) or 0) then
    redis.call('HSET', key, name, value)
  end
end

local function move_refused(name, old)
  local before = redis.call('HGET', invalid, name)
  local sums = before and cjson.decode(before) or {}
  for field, count in pairs(old) do
    local reason = string.match(field, '^invalid:(.*)$')
    if reason then
      sums[reason] = (sums[reason] or 0) + tonumber(count)
    end
  end
  if next(sums) then
    redis.call('HSET', invalid, name, cjson.encode(sums))
    if redis.call('HEXISTS', valid, name) == 0 then
      redis.call('HSET', refused, name, redis.call('TIME')[1])
    end
  end
end

local function move(name)
  local key = prefix .. 'worker:' .. name
  local old = hash_of(key)
  if old.valid then
    redis.call('HINCRBY', valid, name, old.valid)
    raise(best, name, old.best or '0')
    raise(seen, name, old.last_ms or '0')
    if redis.call('HSETNX', home, name, (old.ip or '') .. ' ' .. (old.address or '')) == 1 then
      redis.call('SADD', prefix .. 'rigs:' .. (old.address or ''), name)
    end
  end
  move_refused(name, old)
  return redis.call('DEL', key)
end

local moved = 0
for i = 2, #ARGV do
  moved = moved + move(ARGV[i])
end
return moved
