// An application that is made into a bundle by scripts/installs/bundles.ts: an agent over HTTP, a host on SQLite, and every tool of
// @pawl/tools. Without top-level await, which CommonJS has not.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Agent, memoryConversations, openai, tool } from '@pawl/core';
import { createHost } from '@pawl/core/host';
import { sqliteHost } from '@pawl/core/sqlite';
import { zod3 } from '@pawl/core/zod3';
import { telemetry } from '@pawl/otel';
import { offlineServer, respond, testTool } from '@pawl/testing';
import * as tools from '@pawl/tools';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';

/** @param {unknown} actual @param {RegExp} expected @param {string} what */
function check(actual, expected, what) {
  if (!expected.test(String(actual))) throw new Error(`${what} does not work in a bundle: ${actual}`);
}

/** @param {string} folder */
async function runAgent(folder) {
  const add = tool({
    name: 'add',
    description: 'Adds.',
    input: z.object({ a: z.number() }),
    execute: ({ a }) => a + 1,
  });
  const input = zod3(z3.object({ b: z3.number() }));
  const old = tool({ name: 'old', description: 'Old.', input, execute: ({ b }) => b });
  const server = await offlineServer({
    script: [
      respond.httpError(503, { message: 'Busy.' }),
      respond.calls([
        { name: 'add', arguments: { a: 1 } },
        { name: 'old', arguments: { b: 5 } },
      ]),
      respond.text('Done.'),
    ],
  });
  const host = sqliteHost(join(folder, 'runs.db'));
  const model = openai('m', { baseURL: server.baseURL });
  const agent = new Agent({ model, tools: [add, old], retry: { initialDelayMs: 0 }, instrumentation: telemetry() });
  const { messages } = await agent.run('Go.', { host, runId: 'run' });
  check(typeof createHost, /function/, '@pawl/core/host');
  // Only fetch sends this header.
  console.log(`requests by ${server.requests.some(({ headers }) => 'sec-fetch-mode' in headers) ? 'fetch' : 'undici'}`);
  await host.close();
  await server.close();
  check(
    messages.flatMap(({ role, content }) => (role === 'tool' ? [content] : [])),
    /^2,5$/,
    'An agent',
  );
}

/** What the model reads of a call. @param {import('@pawl/core').Tool} given @param {import('@pawl/core').JsonObject} input */
async function call(given, input) {
  const answer = (/** @type {import('@pawl/core').PendingCall} */ { fingerprint }) => ({
    type: /** @type {const} */ ('approve'),
    fingerprint,
  });
  const isAsked = given.hasExternalResult ? {} : { answer };
  const called = await testTool(/** @type {import('@pawl/core').Tool<unknown>} */ (given), isAsked).call(input);
  return called.status === 'pending' ? 'pending' : called.content;
}

/** @param {string} folder @param {string} origin */
async function runTools(folder, origin) {
  const { port } = new URL(origin);
  const net = { allowAddresses: ['127.0.0.1'], ports: [Number(port)] };
  const database = { file: join(folder, 'data.db') };
  const read = await call(tools.readFile({ roots: folder, versions: 'include' }), { path: 'a.txt' });
  const [, version = ''] = /\[version (.*)\]/.exec(read) ?? [];
  const edits = [{ find: 'one', replace: 'two' }];
  /** @type {Readonly<Record<string, readonly [import('@pawl/core').Tool, import('@pawl/core').JsonObject, RegExp]>>} */
  const cases = {
    askUser: [tools.askUser(), { question: 'Well?' }, /^pending$/],
    readFile: [tools.readFile({ roots: folder }), { path: 'a.txt' }, /one/],
    editFile: [tools.editFile({ roots: folder }), { path: 'a.txt', version, edits }, /two/],
    listFiles: [tools.listFiles({ roots: folder }), {}, /a\.txt/],
    searchFiles: [tools.searchFiles({ roots: folder }), { pattern: 'tw.', kind: 'regex' }, /two/],
    writeFile: [tools.writeFile({ roots: folder }), { path: 'b.txt', content: 'new' }, /b\.txt/],
    fetchPage: [
      tools.fetchPage({ hostnames: ['127.0.0.1'], robots: 'ignore', ...net }),
      { url: `${origin}/` },
      /# Title\n\none \*\*two\*\*/,
    ],
    httpRequest: [
      tools.httpRequest({ allow: [{ hostname: '127.0.0.1', methods: ['GET'], paths: ['/'] }], ...net }),
      { url: `${origin}/`, method: 'GET' },
      /<h1>Title/,
    ],
    notes: [tools.notes({ store: memoryConversations(), id: 'u' }), { action: 'write', key: 'a', text: 'b' }, /./],
    readOutput: [tools.readOutput(new tools.OutputStore()), { call: 'none' }, /No output/],
    runCommand: [
      tools.runCommand({ roots: folder, allow: [['echo', 'hello']] }),
      { command: ['echo', 'hello'] },
      /hello/,
    ],
    runJavaScript: [tools.runJavaScript(), { code: 'return input.a + 1', input: { a: 1 } }, /^\[returned; .*\]\n2$/],
    sqlQuery: [tools.sqlQuery({ database }), { sql: 'SELECT a FROM t' }, /\[7\]/],
    sqlSchema: [tools.sqlSchema({ database }), {}, /\bt\b/],
    todo: [tools.todo(), { items: [{ text: 'Go.', status: 'open' }] }, /Go\./],
    webSearch: [
      tools.webSearch({ search: async () => [{ title: 'T', url: origin, snippet: 'S' }] }),
      { query: 'q' },
      /T/,
    ],
  };
  const made = Object.keys(tools).filter(
    (name) => /^[a-z]/.test(name) && !['brave', 'searxng', 'tavily'].includes(name),
  );
  check(
    made.filter((name) => !(name in cases)),
    /^$/,
    'What is not tried',
  );
  for (const [name, [given, input, expected]] of Object.entries(cases)) check(await call(given, input), expected, name);
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-bundled-'));
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Title</h1><p>one <b>two</b></p>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  try {
    writeFileSync(join(folder, 'a.txt'), 'one\n');
    const database = new DatabaseSync(join(folder, 'data.db'));
    database.exec('CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (7)');
    database.close();
    await runAgent(folder);
    await runTools(folder, `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`);
    check(
      stackOf(() => tool(/** @type {never} */ ({ name: 'a b' }))),
      /ConfigError/,
      'A stack',
    );
    console.log(`bundled ${stackOf(() => tool(/** @type {never} */ ({ name: 'a b' })))}`);
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
}

/** @param {() => unknown} work */
function stackOf(work) {
  try {
    work();
  } catch (error) {
    return /** @type {Error} */ (error).stack;
  }
  return undefined;
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
