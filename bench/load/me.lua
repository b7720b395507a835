-- wrk -s me.lua URL -- ACCESS_TOKEN
function init(words)
   wrk.headers["Authorization"] = "Bearer " .. words[1]
end
