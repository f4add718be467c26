-- Applies one stretch of a pool's share log to its tallies: all of it, once, or nothing.
--
-- KEYS[1]  <prefix>sequence: the log's sequence up to which the tallies are complete; absent means 0. A "+"
--          behind it: that far the log was taken over, and the rest of it waits in <prefix>waiting
-- ARGV[1]  what KEYS[1] has to be: if it is anything else, nothing is done
-- ARGV[2]  <prefix>: all keys of a pool begin with it and share its hash tag, so a cluster keeps them in one slot
-- ARGV[3]  the first piece of the stretch as msgpack (tally_form.py); empty: the next one that waits
-- ARGV[4]  a list of the other pieces, which will wait; empty if there are none
-- ARGV[5]  how many they are: if some are not there any more, nothing is done
-- Returns  {1, KEYS[1] as it is now} if applied, {0, KEYS[1]} if refused
--
-- A script is not rolled back when it fails: everything that can fail is done before the first write. That is a
-- step's, because Redis looks for room in its memory only then.
-- A call costs more than a field does, so hashes are read and written many fields at a time.

local stored = redis.call('GET', KEYS[1]) or '0'
if stored ~= ARGV[1] then
  return {0, stored}
end

local prefix, piece = ARGV[2], ARGV[3]
local waiting = prefix .. 'waiting'
local rest = 0
if piece == '' then
  piece = redis.call('LINDEX', waiting, 0)
  rest = redis.call('LLEN', waiting) - 1
elseif ARGV[4] ~= '' then
  rest = redis.call('LLEN', ARGV[4])
  if rest ~= tonumber(ARGV[5]) then
    return {0, stored}
  end
end
local stretch = cmsgpack.unpack(piece)

-- Adds to a decimal text a number below LIMB, or another text. Lua's numbers are doubles, exact to 2^53: two
-- limbs of 15 digits each add exactly, and below 2^53 Redis writes a double as the integer that it is.
local LIMB = 1000000000000000
local function add(a, b)
  local is_short = type(b) == 'number'
  if is_short and #a <= 15 then
    return a + b
  end
  local low = tonumber(string.sub(a, -15)) + (is_short and b or tonumber(string.sub(b, -15)))
  local high = tonumber(string.sub(a, 1, -16)) or 0
  if not is_short then
    high = high + (tonumber(string.sub(b, 1, -16)) or 0)
  end
  if low >= LIMB then
    low, high = low - LIMB, high + 1
  end
  if high == 0 then
    return string.format('%.0f', low)
  end
  return string.format('%.0f%015.0f', high, low)
end

local steps = {}

function steps.write(key, names, values)
  local fields, size = {}, 0
  for i = 1, #names do
    fields[size + 1], fields[size + 2] = names[i], values[i]
    size = size + 2
  end
  redis.call('HSET', prefix .. key, unpack(fields, 1, size))
end

function steps.grow(key, names, works)
  local before = redis.call('HMGET', prefix .. key, unpack(names))
  for i = 1, #names do
    if before[i] then
      works[i] = add(before[i], works[i])
    end
  end
  steps.write(key, names, works)
end

-- Writes some of the fields: those of `names` for which changed(i, value before) is true.
local function write_changed(key, names, values, changed)
  local before = redis.call('HMGET', prefix .. key, unpack(names))
  local fields, size = {}, 0
  for i = 1, #names do
    if changed(i, before[i]) then
      fields[size + 1], fields[size + 2] = names[i], values[i]
      size = size + 2
    end
  end
  if size > 0 then
    redis.call('HSET', prefix .. key, unpack(fields, 1, size))
  end
end

function steps.raise(key, names, values)
  write_changed(key, names, values, function(i, before)
    return values[i] > tonumber(before or 0)
  end)
end

local function address_in(home)
  return string.match(home, '^%S* (.*)$')
end

-- Where a worker is: its miner's set of rigs follows.
local function follow(name, before, home)
  local was, is = before and address_in(before), address_in(home)
  if was ~= is then
    if was then
      redis.call('SREM', prefix .. 'rigs:' .. was, name)
    end
    redis.call('SADD', prefix .. 'rigs:' .. is, name)
  end
end

function steps.move(names, homes)
  write_changed('workers:home', names, homes, function(i, before)
    if before == homes[i] then
      return false
    end
    follow(names[i], before, homes[i])
    return true
  end)
end

function steps.workers(names, valid, best, homes, seen)
  steps.grow('workers:valid', names, valid)
  steps.raise('workers:best', names, best)
  steps.move(names, homes)
  steps.write('workers:seen', names, seen)
end

function steps.expire(key, at)
  redis.call('EXPIREAT', prefix .. key, at)
end

function steps.group(name)
  redis.call('SADD', prefix .. 'groups', name)
end

-- The running round of a group ends with a candidate. One seen before is an ordinary share: its round is closed.
steps['end'] = function(suffix, group, hash, meta, mark)
  if redis.call('SADD', prefix .. 'candidates', hash) == 0 then
    return
  end
  redis.call('RENAME', prefix .. 'round:current' .. suffix, prefix .. 'round:' .. hash)
  redis.call('HSET', prefix .. 'rounds', hash, meta)
  redis.call('DEL', prefix .. 'round:workers' .. suffix)
  local began = redis.call('HGET', prefix .. 'began', group)
  if began then
    redis.call('HSET', prefix .. 'rounds:began', hash, began)
  end
  redis.call('HSET', prefix .. 'began', group, mark)
end

local function refuse(name, counts)
  local before = redis.call('HGET', prefix .. 'workers:invalid', name)
  local sums = before and cjson.decode(before) or {}
  for reason, count in pairs(counts) do
    sums[reason] = (sums[reason] or 0) + count
  end
  redis.call('HSET', prefix .. 'workers:invalid', name, cjson.encode(sums))
  -- Names that only ever had shares refused cost their senders nothing, so they are not remembered for long.
  if redis.call('HEXISTS', prefix .. 'workers:valid', name) == 0 then
    redis.call('HSET', prefix .. 'workers:refused', name, redis.call('TIME')[1])
  end
end

function steps.refused(workers)
  for name, counts in pairs(workers) do
    refuse(name, counts)
  end
end

function steps.count(valid, invalid, last_share_ms)
  redis.call('HINCRBY', prefix .. 'counters', 'valid', valid)
  redis.call('HINCRBY', prefix .. 'counters', 'invalid', invalid)
  steps.raise('counters', {'last_share_ms'}, {last_share_ms})
end

for _, step in ipairs(stretch.steps) do
  steps[step[1]](unpack(step, 2))
end
-- Nothing waits where KEYS[1] was a number: what is there all the same is of tallies that are gone.
if ARGV[3] == '' then
  redis.call('LPOP', waiting)
elseif rest > 0 then
  redis.call('RENAME', ARGV[4], waiting)
  redis.call('PERSIST', waiting)
else
  redis.call('DEL', waiting)
end
local now = stretch.last .. (rest > 0 and '+' or '')
redis.call('SET', KEYS[1], now)
return {1, now}
