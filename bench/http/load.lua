-- wrk: sends the requests of a file (separated by NUL) in turn from the one whose number is given, and prints what came of it as JSON.
local requests, at = {}, 0
function init(args)
  at = tonumber(args[2])
  for text in io.open(args[1], 'rb'):read('*a'):gmatch('[^%z]+') do requests[#requests + 1] = text end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\n{"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"failed":%d}\n', summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, e.status + e.connect + e.read + e.write + e.timeout))
end
