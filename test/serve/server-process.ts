// Serves an agent with its runs in a SQLite file, until a signal: server-process.ts FILE LEDGER MODEL_URL
import { appendFileSync } from 'node:fs';
import { Agent, jsonSchema, openai, tool } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { serve } from '@pawl/serve';
import { listen } from '@pawl/serve/node';

const [file = '', ledger = '', baseURL = ''] = process.argv.slice(2);

const pay = tool({
  name: 'pay',
  description: 'Pays.',
  input: jsonSchema({ type: 'object', properties: {} }),
  execute: () => {
    appendFileSync(ledger, 'paid\n');
    return 'Paid.';
  },
});
const agent = new Agent({ name: 'payer', model: openai('m', { baseURL, apiKey: 'unused' }), tools: [pay] });
const faces = ['chat', 'runs', 'ui', 'responses'] as const;
const server = serve({ agents: [agent], host: sqliteHost(file), faces, resumeEveryMs: 50 });
const { url } = await listen(server, { port: 0, graceMs: 100 });
process.stdout.write(`${url}\n`);
