#!/usr/bin/env bash
# `logkit mcp` under the official client of the protocol, from npm.   mcp.sh LOGKIT PYTHON
set -euo pipefail
logkit=$(realpath "$1") python=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p client logs
cp "$here"/mcp/package.json "$here"/mcp/package-lock.json "$here"/mcp/client.mjs client/
"$python" "$here/make_logs.py" logs
(cd client && { [ -d node_modules/@modelcontextprotocol/sdk ] || npm ci --silent --no-audit --no-fund; })
timeout 120 node client/client.mjs "$logkit" "$PWD/logs/run.log*"
# A log that is not there is an error, and never another log.
answer=$(cd logs && printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"digest"}}' | timeout 20 "$logkit" mcp nowhere)
[ "$(jq -r '[.result.isError, .result.content[0].text] | @tsv' <<<"$answer")" = "true	nowhere: No such file or directory" ]
# An id that nests too deep to be given back.
"$python" -c "print('{\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"id\":' + '[' * 300000 + ']' * 300000 + '}')" | timeout 20 "$logkit" mcp logs/run.log | jq -e '.error.code == -32600' >/dev/null
# What is not even JSON-RPC gets an answer, and does not end the server.
answers=$(printf '%s\n' 'nonsense' '[1,2]' '{"jsonrpc":"2.0","id":1}' '{"jsonrpc":"1.0","id":2,"method":"ping"}' '{"jsonrpc":"2.0","method":"notifications/initialized"}' \
    '{"jsonrpc":"2.0","id":3,"method":7}' '{"jsonrpc":"2.0","id":4,"method":"tools/call","params":[]}' '' '{"jsonrpc":"2.0","id":"last","method":"ping"}' | timeout 20 "$logkit" mcp "$PWD/logs/run.log")
[ "$(jq -c '[.id, .error.code]' <<<"$answers" | tr '\n' ' ')" = '[null,-32700] [null,-32600] [2,-32600] [3,-32600] [4,-32602] ["last",null] ' ]
