// The MCP server under the protocol's own client.   node client.mjs LOGKIT LOG...
import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const [logkit, ...logs] = process.argv.slice(2);
const client = new Client({ name: "test", version: "1" });
await client.connect(new StdioClientTransport({ command: logkit, args: ["mcp", ...logs] }));
assert.equal(client.getServerVersion().name, "logkit");

const { tools } = await client.listTools();
assert.deepEqual(tools.map((tool) => tool.name).sort(), ["digest", "errors", "search", "stats", "trace"]);
for (const tool of tools) assert.ok(tool.description.length > 20 && tool.inputSchema.type === "object");

const call = async (name, args = {}) => {
  const result = await client.callTool({ name, arguments: args });
  assert.equal(result.content.length, 1);
  return { text: result.content[0].text, isError: result.isError === true };
};

const digest = await call("digest", { max_tokens: 600 });
assert.match(digest.text, /^logkit digest: 54 records/);
assert.match(digest.text, /payment_declined/);

const errors = JSON.parse((await call("errors")).text);
assert.ok(errors.failures > 0);
assert.equal(errors.groups[0].type, "payment_declined");

const trace = await call("trace", { id: errors.groups[0].trace_id });
assert.match(trace.text, /http\.request[^]*db\.query/);
assert.match((await call("trace", { last_error: true })).text, /failed/);

const found = (await call("search", { filters: ["user=eve"], level: "error+", last: 2 })).text.trim().split("\n").map(JSON.parse);
assert.equal(found.length, 2);
assert.ok(found.every((record) => record.user === "eve" && record.level === "error"));

const stats = JSON.parse((await call("stats", { by: "user" })).text);
assert.equal(stats.seen, 54);

assert.match((await call("search", { filters: ["user=nobody"] })).text, /nothing was found/);
for (const [name, args, reason] of [
  ["trace", {}, /exactly one/],
  ["search", { level: "loud" }, /'loud'/],
  ["search", { last: -1 }, /positive/],
  ["search", { filters: "user=eve" }, /array/],
  ["search", { filters: ["--follow"] }, null],
  ["digest", { max_tokens: 1 }, /at least/],
  ["nonsense", {}, /no tool/],
]) {
  const answer = await call(name, args);
  if (reason) assert.ok(answer.isError, `${name} ${JSON.stringify(args)}`);
  if (reason) assert.match(answer.text, reason);
}
await assert.rejects(client.request({ method: "logs/burn", params: {} }, { parse: (x) => x }), /no method/);
// Filters are never files, however they are spelled.
for (const filter of [logs[0], `[${logs[0].replace("*", "")}]`, "/etc/passwd", "[/etc/passwd]"]) {
  const answer = await call("search", { filters: [filter] });
  assert.equal(answer.text, "nothing was found", filter);
}
assert.match((await call("digest")).text, /54 records/); // it goes on after all that
await client.close();
console.log("the MCP server answers");
