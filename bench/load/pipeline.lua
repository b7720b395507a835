local depth = 16
init = function()
    local requests = {}
    for i = 1, depth do requests[i] = wrk.format("GET", "/health") end
    batch = table.concat(requests)
end
request = function() return batch end
