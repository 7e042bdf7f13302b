// The MCP server under the protocol's own client.   node client.mjs LOGKIT LOG...
import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const [logkit, ...logs] = process.argv.slice(2);
const client = new Client({ name: "test", version: "1" });
await client.connect(new StdioClientTransport({ command: logkit, args: ["mcp", ...logs] }));
assert.equal(client.getServerVersion().name, "logkit");

const { tools } = await client.listTools();
assert.deepEqual(tools.map((tool) => tool.name).sort(), ["count", "diff", "digest", "errors", "fields", "search", "stats", "trace"]);
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

const document = async (name, args) => JSON.parse((await call(name, args)).text);

const trace = await document("trace", { id: errors.groups[0].trace_id });
assert.deepEqual(trace.spans.map((span) => [span.depth, span.span]), [[0, "http.request"], [1, "db.query"]]);
assert.equal((await document("trace", { last_error: true })).failed, true);

const found = await document("search", { filters: ["user=eve"], level: "error+", last: 2 });
assert.equal(found.records.length, 2);
assert.ok(found.records.every((record) => record.user === "eve" && record.level === "error"));

// Pages, to the first record.
const seen = [];
for (let cursor; ; ) {
  const page = await document("search", { last: 7, fields: ["timestamp"], ...(cursor && { cursor }) });
  assert.equal(page.matched, 54);
  seen.unshift(...page.records.map((record) => record.timestamp));
  if (!(cursor = page.cursor)) break;
}
assert.equal(seen.length, 54);
assert.deepEqual(seen, [...seen].sort());

assert.equal((await document("stats", { by: "user" })).seen, 54);
assert.equal((await document("count", { by: ["level"], of: ["dur_ms"] })).groups[0].values.level, "info");
assert.ok((await document("count", { every: "10ms" })).steps.length >= 8);
assert.ok((await document("fields", {})).fields.some((field) => field.key === "http_status" && field.types.number === 12));
assert.equal((await document("diff", { since: "2026-11-21T12:00:00.040Z", until: "2026-11-21T12:00:01Z" })).after.records, 28);

// However much there is, an answer keeps to its budget (four characters of JSON are more than a token).
for (const { name } of tools) {
  const given = { trace: { last_error: true }, diff: { since: "2026-11-21" } }[name] ?? {};
  for (const max_tokens of [300, 1000]) assert.ok((await call(name, { ...given, max_tokens })).text.length < 5 * max_tokens, name);
}

assert.equal((await document("search", { filters: ["user=nobody"] })).matched, 0);
for (const [name, args, reason] of [
  ["trace", {}, /exactly one/],
  ["search", { level: "loud" }, /'loud'/],
  ["search", { last: -1 }, /positive/],
  ["search", { filters: "user=eve" }, /array/],
  ["search", { filters: ["--follow"] }, null],
  ["search", { limit: 3 }, /no argument 'limit'/],
  ["search", { filter: ["a=1"] }, /did you mean 'filters'/],
  ["search", { cursor: "7" }, /cursor/],
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
  assert.equal(JSON.parse(answer.text).matched, 0, filter);
}
assert.match((await call("digest")).text, /54 records/); // it goes on after all that
await client.close();
console.log("the MCP server answers");
