/**
 * Fixed windows: a window opens with the first request of a key and ends with the key, by the clock of Redis. One call counts a request
 * for several limits in their order, up to the first that refuses it; a refusal writes nothing.
 * KEYS: one for each limit. ARGV: its limit and its window in milliseconds. Gives a count and the milliseconds left, for each limit
 * that was come to; a count above the limit is a refusal.
 */
export const countWindows = `
local answer = {}
for i, key in ipairs(KEYS) do
  local limit, window = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local count = tonumber(redis.call('GET', key) or '0')
  local left = window
  if count >= limit then
    count = limit + 1
    left = redis.call('PTTL', key)
  elseif redis.call('INCR', key) == 1 then
    count = 1
    redis.call('PEXPIRE', key, window)
  else
    count = count + 1
    left = redis.call('PTTL', key)
  end
  if left < 0 then
    redis.call('PEXPIRE', key, window)
    left = window
  end
  answer[2 * i - 1], answer[2 * i] = count, left
  if count > limit then break end
end
return answer
`
