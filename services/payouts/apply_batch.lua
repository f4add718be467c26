-- Applies one reading of a pool's share log to its tallies: all of it, or nothing.
--
-- KEYS[1]  <prefix>sequence: the log's sequence up to which the tallies are complete; absent means 0
-- ARGV[1]  the sequence after which the reading began: if the stored one differs, nothing is done
-- ARGV[2]  the reading as JSON (tally_batch.py)
-- ARGV[3]  <prefix>: all keys of a pool begin with it and share its hash tag, so a cluster keeps them in one slot
-- ARGV[4]  seconds a hashrate bucket is kept after its end
-- ARGV[5]  seconds a worker's figures are kept after its last share
-- ARGV[6]  seconds of a hashrate bucket
-- Returns  {1, new sequence} if applied, {0, stored sequence} if refused
--
-- A script is not rolled back when it fails: everything that can fail is done before the first write.

local stored = redis.call('GET', KEYS[1]) or '0'
if stored ~= ARGV[1] then
  return {0, stored}
end

local batch = cjson.decode(ARGV[2])
local prefix, bucket_life, worker_life, bucket_seconds = ARGV[3], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])

-- Adds decimal texts. Lua's numbers are doubles, exact to 2^53: two limbs of 15 digits each add exactly.
local LIMB = 1000000000000000
local function add(a, b)
  local low = tonumber(string.sub(a, -15)) + tonumber(string.sub(b, -15))
  local high = (tonumber(string.sub(a, 1, -16)) or 0) + (tonumber(string.sub(b, 1, -16)) or 0)
  if low >= LIMB then
    low, high = low - LIMB, high + 1
  end
  if high == 0 then
    return string.format('%.0f', low)
  end
  return string.format('%.0f%015.0f', high, low)
end

local function grow(key, works)
  for name, work in pairs(works) do
    local before = redis.call('HGET', key, name)
    redis.call('HSET', key, name, before and add(before, work) or work)
  end
end

-- The pool's own group has no name, and its keys are those of pools without groups.
local function apply_part(part)
  local suffix = ''
  if part.group ~= '' then
    suffix = ':' .. part.group
    redis.call('SADD', prefix .. 'groups', part.group)
  end
  local current, workers = prefix .. 'round:current' .. suffix, prefix .. 'round:workers' .. suffix
  grow(current, part.addresses)
  grow(workers, part.workers)
  local candidate = part.candidate
  -- A candidate seen before is an ordinary share: its round is closed already.
  if candidate and redis.call('SADD', prefix .. 'candidates', candidate.hash) == 1 then
    redis.call('RENAME', current, prefix .. 'round:' .. candidate.hash)
    redis.call('HSET', prefix .. 'rounds', candidate.hash, candidate.meta)
    redis.call('DEL', workers)
    local began = redis.call('HGET', prefix .. 'began', part.group)
    if began then
      redis.call('HSET', prefix .. 'rounds:began', candidate.hash, began)
    end
    redis.call('HSET', prefix .. 'began', part.group, candidate.mark)
  end
end

local function apply_bucket(bucket, works)
  local key = prefix .. 'bucket:' .. bucket
  grow(key, works)
  -- By the shares' own time, so that a replay of the whole log does not fill the memory with old buckets.
  redis.call('EXPIREAT', key, string.format('%.0f', (tonumber(bucket) + 1) * bucket_seconds + tonumber(bucket_life)))
end

local function raise(key, field, value)
  local before = tonumber(redis.call('HGET', key, field) or '0')
  if tonumber(value) > before then
    redis.call('HSET', key, field, value)
  end
end

local REFUSED_LIFE = 3600

local function apply_worker(name, tally)
  local key = prefix .. 'worker:' .. name
  for reason, count in pairs(tally.invalid) do
    redis.call('HINCRBY', key, 'invalid:' .. reason, count)
  end
  if tally.valid > 0 then
    redis.call('HINCRBY', key, 'valid', tally.valid)
    redis.call('HSET', key, 'address', tally.address, 'ip', tally.ip)
    raise(key, 'best', tally.best)
    raise(key, 'last_ms', tally.last_ms)
    redis.call('ZADD', prefix .. 'miner:' .. tally.address, tally.last_ms, name)
    redis.call('ZREMRANGEBYSCORE', prefix .. 'miner:' .. tally.address, '-inf', tonumber(tally.last_ms) - worker_life * 1000)
    redis.call('EXPIRE', prefix .. 'miner:' .. tally.address, worker_life)
  end
  -- Names that only ever had shares refused cost their senders nothing, so they are not remembered for long.
  redis.call('EXPIRE', key, redis.call('HEXISTS', key, 'valid') == 1 and worker_life or REFUSED_LIFE)
end

for _, part in ipairs(batch.parts) do
  apply_part(part)
end
for bucket, works in pairs(batch.buckets) do
  apply_bucket(bucket, works)
end
for name, tally in pairs(batch.workers) do
  apply_worker(name, tally)
end
redis.call('HINCRBY', prefix .. 'counters', 'valid', batch.valid)
redis.call('HINCRBY', prefix .. 'counters', 'invalid', batch.invalid)
raise(prefix .. 'counters', 'last_share_ms', batch.last_share_ms)
redis.call('SET', KEYS[1], batch.last)
return {1, batch.last}
