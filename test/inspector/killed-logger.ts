import { Agent, openai } from '@pawl/core';
import { sqliteWireLog } from '@pawl/inspector/sqlite';
import { offlineServer, respond } from '@pawl/testing';

// Logs a request with its response, then one whose response never comes, and waits to be killed: `node killed-logger.ts FILE`.

const log = sqliteWireLog(String(process.argv[2]));
const script = [
  respond.text('Hello.'),
  respond.delayed(respond.text('Never.'), { until: new Promise(() => undefined) }),
];
const server = await offlineServer({ script });
const agent = new Agent({ model: openai('m', { baseURL: server.baseURL, apiKey: 'k' }), wireLog: log });
await agent.run('Hi.', { runId: 'r' });
void agent.run('Again.', { runId: 'r' }).outcome();
for (let count = 0; count < 2; ) count = (await log.read('r')).length;
process.stdout.write('written\n');
