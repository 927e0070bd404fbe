// An agent in an HTTP service: each request is a run whose text is streamed. The run is aborted if its client disconnects.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, openai } from '@pawl/core';
import { offlineServer } from '@pawl/testing';

const server = await offlineServer({ chunkDelayMs: 2 });
const agent = new Agent({ model: openai('any', { baseURL: server.baseURL }) }); // Shared by all requests: an agent has no state.

const statuses: string[] = [];
const service = createServer(async (request, response) => {
  const disconnected = new AbortController();
  response.on('close', () => disconnected.abort('the client disconnected'));
  const run = agent.run(`Tell me about ${request.url?.slice(1)}.`, { signal: disconnected.signal });
  try {
    for await (const event of run) if (event.type === 'text.delta') response.write(event.delta);
    response.end();
  } catch (error) {
    // The host failed. Destroying the response shows the client that it is incomplete.
    response.destroy(error instanceof Error ? error : undefined);
    return;
  }
  statuses.push(`${request.url} ${(await run.outcome()).status}`);
  service.emit('answered');
});
await once(service.listen(0, '127.0.0.1'), 'listening');
const { port } = service.address() as AddressInfo;
const ask = (topic: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}/${topic}`, init);

const answers = await Promise.all(['cogs', 'pawls'].map(async (topic) => (await ask(topic)).text()));
console.log(
  `${answers.length} answers at the same time, ${answers.every((text) => text.length > 20) ? 'whole' : 'cut'}`,
);

const impatient = new AbortController();
const answered = once(service, 'answered');
await (await ask('ratchets', { signal: impatient.signal })).body?.getReader().read(); // Reads the first words …
impatient.abort(); // … and disconnects.
await answered;
console.log(statuses.sort().join('\n'));
service.close();
await server.close();
