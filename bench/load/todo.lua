-- wrk -s todo.lua URL -- create|read|list|bulk FIRST_ID LAST_ID
local request_of = {}
local what, first, last

local function todo(i)
   return string.format('{"title":"Buy milk and bread %d","description":"From the shop at the corner, before it closes.","priority":%d,"completed":false}', i, i % 10)
end

local json = { ["Content-Type"] = "application/json" }

function init(words)
   what, first, last = words[1], tonumber(words[2]), tonumber(words[3])
   math.randomseed(7)
   local rows = {}
   for i = 1, 100 do rows[i] = todo(i) end
   local body = "[" .. table.concat(rows, ",") .. "]"
   request_of.create = function() return wrk.format("POST", "/api/todo", json, todo(math.random(1000))) end
   request_of.read = function() return wrk.format("GET", "/api/todo/" .. math.random(first, last)) end
   request_of.list = function() return wrk.format("GET", "/api/todo?completed=false&priority=" .. math.random(0, 9) .. "&limit=50") end
   local bulk = wrk.format("POST", "/api/todo/bulk", json, body)
   request_of.bulk = function() return bulk end
   request_of.mix = function() return math.random(5) == 1 and request_of.create() or request_of.read() end
end

function request() return request_of[what]() end
