#!/usr/bin/env bash
# `logkit mcp` under the official client of the protocol, from npm.   mcp.sh LOGKIT PYTHON
set -euo pipefail
logkit=$(realpath "$1") python=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p client logs
cp "$here"/mcp/package.json "$here"/mcp/client.mjs client/
"$python" "$here/make_logs.py" logs
(cd client && { [ -d node_modules/@modelcontextprotocol/sdk ] || npm install --silent --no-audit --no-fund; })
timeout 120 node client/client.mjs "$logkit" "$PWD/logs/run.log*"
# What is not even JSON-RPC gets an answer, and does not end the server.
answers=$(printf '%s\n' 'nonsense' '[1,2]' '{"jsonrpc":"2.0","id":1}' '{"jsonrpc":"1.0","id":2,"method":"ping"}' '{"jsonrpc":"2.0","method":"notifications/initialized"}' \
    '{"jsonrpc":"2.0","id":3,"method":7}' '{"jsonrpc":"2.0","id":4,"method":"tools/call","params":[]}' '' '{"jsonrpc":"2.0","id":"last","method":"ping"}' | timeout 20 "$logkit" mcp "$PWD/logs/run.log")
[ "$(jq -c '[.id, .error.code]' <<<"$answers" | tr '\n' ' ')" = '[null,-32700] [null,-32600] [2,-32600] [3,-32600] [4,-32602] ["last",null] ' ]
