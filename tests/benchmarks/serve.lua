-- For wrk: the body in the file BODY, again and again, to TARGET.
local file = assert(io.open(os.getenv("BODY"), "rb"))
wrk.method = "POST"
wrk.path = os.getenv("TARGET")
wrk.body = file:read("a")
wrk.headers["Content-Type"] = os.getenv("TYPE")
file:close()
