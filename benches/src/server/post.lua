-- For wrk: posts the file that the first argument names, with the Content-Type that is the second, and prints what came of it in one
-- line: requests answered, microseconds, the 99th percentile of the latency in microseconds, replies other than 2xx, failed sockets.

wrk.method = "POST"
wrk.path = "/RPC2"

function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.body = file:read("*a")
  file:close()
  wrk.headers["Content-Type"] = args[2]
end

function done(summary, latency)
  local errors = summary.errors
  local sockets = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("outcome %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(99), errors.status, sockets))
end
