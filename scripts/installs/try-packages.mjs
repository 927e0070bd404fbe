// Run by scripts/try-installs.ts in an empty project that has the packed packages: an agent, its tools and the offline server, as published.
import { Agent, openai, tool } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { zod3 } from '@pawl/core/zod3';
import { dbosClient } from '@pawl/dbos';
import { inspect } from '@pawl/inspector';
import { sqliteWireLog } from '@pawl/inspector/sqlite';
import { createMcpClient } from '@pawl/mcp';
import { telemetry } from '@pawl/otel';
import { serve } from '@pawl/serve';
import { listen } from '@pawl/serve/node';
import { offlineServer, respond } from '@pawl/testing';
import { readFile } from '@pawl/tools/read-file';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';

const add = tool({ name: 'add', description: 'Adds.', input: z.object({ a: z.number() }), execute: ({ a }) => a + 1 });
const old = tool({
  name: 'old',
  description: 'Old.',
  input: zod3(z3.object({ b: z3.number() })),
  execute: ({ b }) => b,
});
const server = await offlineServer({
  script: [
    respond.calls([
      { name: 'add', arguments: { a: 1 } },
      { name: 'old', arguments: { b: 5 } },
    ]),
    respond.text('Done.'),
    respond.text('Served.'),
  ],
});
const tools = [add, old, readFile({ roots: '.' })];
// Without an SDK it records nothing, and changes nothing.
const agent = new Agent({ model: openai('m', { baseURL: server.baseURL }), tools, instrumentation: telemetry() });
const host = sqliteHost('runs.db');
await agent.run('Go.', { host, runId: 'run' });
const { output, messages } = await agent.resume('run', { host });
const { url, close } = await listen(serve({ agents: [agent], host }), { port: 0 });
const served = await fetch(`${url}/v1/chat/completions`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: agent.name, messages: [{ role: 'user', content: 'Go.' }] }),
});
const completion = await served.text();
if (!completion.includes('"content":"Served."')) throw new Error(`@pawl/serve does not work: ${completion}`);
await close();
const wireLog = sqliteWireLog('runs.db-wire');
const inspector = inspect({ host, agents: [agent], wireLog, authorize: () => ({ id: 'operator', isOperator: true }) });
const ask = async (/** @type {string} */ path) =>
  (await inspector.fetch(new Request(`http://localhost${path}`))).text();
const page = await ask('/inspector.js');
const listed = await ask('/v1/runs');
if (page.length < 10_000 || !listed.includes('"id":"run"')) throw new Error(`@pawl/inspector does not work: ${listed}`);
if ((await wireLog.read('run')).length > 0) throw new Error('The wire log has a run that it did not get.');
await wireLog.close();
await host.close();
await server.close();
const refused = await dbosClient({ url: 'postgresql://127.0.0.1:1/none' }).catch(({ code }) => code);
if (refused !== 'host.unreachable') throw new Error(`@pawl/dbos does not work: ${refused}`);
const mcp = await createMcpClient({
  name: 'server',
  client: {
    listTools: async () => ({ tools: [{ name: 'look', inputSchema: { type: 'object' } }] }),
    callTool: async () => ({ content: [] }),
    close: async () => {},
  },
});
if (mcp.tools[0]?.name !== 'server__look') throw new Error('@pawl/mcp does not work.');
await mcp.close();
const results = messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
if (output !== 'Done.' || results.join() !== '2,5') throw new Error(`The packages do not work: ${output} ${results}`);
