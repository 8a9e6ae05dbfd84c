-- For wrk: on each thread's one connection every second request is for another server than the one before. What is
-- asked for beyond REQUESTS-A-THREAD is not looked at: wrk goes on until its duration is over.
-- wrk --threads 4 --connections 4 --duration 10s --script every_second_request.lua http://192.0.2.1 -- REQUESTS-A-THREAD

local paths = { "/accounts/list.html", "/accounts/list.html", "/images/picture.svg", "/images/picture.svg" }
local servers = { "server 1", "server 1", "server 2", "server 2" }
local asked, answered, wrong, last = 0, 0, 0, 0

function init(arguments)
  last = tonumber(arguments[1])
end

function request()
  asked = asked + 1
  return wrk.format("GET", paths[(asked - 1) % #paths + 1])
end

function response(status, headers, body)
  answered = answered + 1
  if answered > last then return end
  -- The request that is answered is the last one made; of these wrk makes one more than it sends on its first thread.
  local server = servers[(asked - 1) % #servers + 1]
  if status ~= 200 or not body:find(server, 1, true) then wrong = wrong + 1 end
  if answered == last then
    io.write(string.format("answered %d wrong %d\n", answered, wrong))
    wrk.thread:stop()
  end
end

function done(summary)
  local e = summary.errors
  io.write(string.format("errors %d\n", e.connect + e.read + e.write + e.status + e.timeout))
end
