-- Puts tallies that were made aside in the place of a pool's own: all of them, or nothing.
--
-- KEYS[1]  <prefix>sequence: of the pool's own
-- KEYS[2]  <aside>sequence: of the others, complete up to there
-- ARGV[1]  <prefix>
-- ARGV[2]  <aside>
-- ARGV[3]  the lowest sequence at which the pool's own may be: below it, the log is another one than it was
-- ARGV[4]  keys to take from aside, without their prefix, as msgpack
-- ARGV[5]  keys of the pool's own to remove, likewise
-- Returns  1 if done, 0 if refused: the pool's own went on further than the others, or is elsewhere

-- A "+" behind the position says that a stretch is being added: the others have all of it.
local own = tonumber((string.gsub(redis.call('GET', KEYS[1]) or '0', '%+$', '')))
local aside = tonumber(redis.call('GET', KEYS[2]) or '-1') or -1
if own > aside or own < tonumber(ARGV[3]) then
  return 0
end

local prefix, from = ARGV[1], ARGV[2]
local take, remove = cmsgpack.unpack(ARGV[4]), cmsgpack.unpack(ARGV[5])
for _, key in ipairs(take) do
  if redis.call('EXISTS', from .. key) == 0 and string.sub(key, 1, 7) ~= 'bucket:' then
    return 0
  end
end
for _, key in ipairs(remove) do
  redis.call('DEL', prefix .. key)
end
for _, key in ipairs(take) do
  if redis.call('EXISTS', from .. key) == 1 then
    redis.call('RENAME', from .. key, prefix .. key)
  end
end
redis.call('DEL', prefix .. 'waiting')
redis.call('RENAME', KEYS[2], KEYS[1])
return 1
