// Measures what serving costs, in a process of its own: CPU per streamed chunk and per request, for Chat Completions and for a bare `node:http`
// writer of the same bytes; the first byte; the memory of open streams; whether clients that do not read delay one that does.
// npm run bench -- serve [STREAMS]
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { Agent, type ChatModel, memoryHost } from '@pawl/core';
import { serve } from '@pawl/serve';
import { listen } from '@pawl/serve/node';
import { computeMedian } from './compare/statistics.ts';

const CHUNKS = 5_000;
const ROUNDS = 12;
const REQUESTS = 400;

if (process.argv[2] === 'server') await startServers();
else await compare(Number(process.argv[2] ?? 2_000));

/** The process that is measured. */
async function startServers(): Promise<void> {
  const createText = (pieces: number): string => Array.from({ length: pieces }, (_, index) => `word${index} `).join('');
  const held = Promise.withResolvers<void>();
  const model: ChatModel = {
    name: 'pieces',
    async send({ messages }, context) {
      const { content } = messages.at(-1) ?? {};
      const pieces = content === 'one' ? 1 : content === 'hold' ? 0 : CHUNKS;
      if (content === 'hold') await held.promise;
      for (let index = 0; index < pieces; index++) {
        await context?.onDelta?.({ type: 'text', delta: `word${index} ` });
        if (index % 8 === 0) await setImmediate(); // As from a socket.
      }
      const message = { role: 'assistant', content: createText(pieces) } as const;
      return { choices: [{ index: 0, message, finish_reason: 'stop' }] };
    },
  };
  const agent = new Agent({ name: 'bench', model });
  const caps = { total: 1_000_000, perPrincipal: 1_000_000 };
  const served = await listen(
    serve({ agents: [agent], host: memoryHost(), maxRunning: caps, maxStreams: caps, resumeEveryMs: 0 }),
    { port: 0, signals: false, graceMs: 0 },
  );
  const bare = createServer((incoming, outgoing) => void writeBare(incoming, outgoing));
  await once(bare.listen(0, '127.0.0.1'), 'listening');
  const { port } = bare.address() as AddressInfo;
  process.on('message', (what) => {
    if (what === 'gc') for (let times = 0; times < 4; times++) globalThis.gc?.();
    if (what === 'end') process.exit(0);
    if (what === 'many' || what === 'one') {
      void measureAgent(agent, what).then((cpuMicros) => process.send?.({ cpuMicros }));
      return;
    }
    const { user, system } = process.cpuUsage();
    process.send?.({
      cpuMicros: user + system,
      heapBytes: process.memoryUsage().heapUsed,
      rssBytes: process.memoryUsage().rss,
    });
  });
  process.send?.({ served: served.url, bare: `http://127.0.0.1:${port}` });
}

/** What the agent itself costs, for the same chunks or requests. */
async function measureAgent(agent: Agent, what: 'many' | 'one'): Promise<number> {
  const host = memoryHost();
  const before = process.cpuUsage();
  for (let round = 0; round < (what === 'many' ? ROUNDS : REQUESTS); round++) {
    const run = agent.run(what, { host });
    if (what === 'one') await run;
    else for await (const _ of run);
  }
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Writes the bytes that the face writes, chunk by chunk. */
async function writeBare(
  incoming: AsyncIterable<Uint8Array>,
  outgoing: import('node:http').ServerResponse,
): Promise<void> {
  const parts: Uint8Array[] = [];
  for await (const part of incoming) parts.push(part);
  const { stream, messages } = JSON.parse(Buffer.concat(parts).toString());
  const pieces = messages[0].content === 'one' ? 1 : CHUNKS;
  const id = crypto.randomUUID();
  const base = { id, object: 'chat.completion', created: 1_796_056_417, model: 'bench' };
  if (stream !== true) {
    const message = { role: 'assistant', content: 'word0 ', refusal: null };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
    outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ...base, choices }));
    return;
  }
  outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let index = 0; index < pieces; index++) {
    const choices = [{ index: 0, delta: { content: `word${index} ` }, logprobs: null, finish_reason: null }];
    const chunk = JSON.stringify({ ...base, object: 'chat.completion.chunk', choices });
    if (!outgoing.write(`data: ${chunk}\n\n`)) await once(outgoing, 'drain');
    if (index % 8 === 0) await setImmediate();
  }
  outgoing.end('data: [DONE]\n\n');
}

interface Usage {
  readonly cpuMicros: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
}

async function compare(streams: number): Promise<void> {
  const child = fork(import.meta.filename, ['server'], { execArgv: ['--expose-gc'] });
  const [{ served, bare }] = (await once(child, 'message')) as [{ served: string; bare: string }];
  const chunks = { served: [] as number[], bare: [] as number[] };
  const requests = { served: [] as number[], bare: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, url] of Object.entries({ served, bare }) as ['served' | 'bare', string][]) {
      chunks[name].push((await measure(child, () => send(url, { content: 'many', stream: true }))) / CHUNKS);
    }
  }
  // The first requests of a process cost more: they are not counted.
  for (const counted of [false, true, true, true]) {
    for (const [name, url] of Object.entries({ served, bare }) as ['served' | 'bare', string][]) {
      const work = async (): Promise<void> => {
        for (let index = 0; index < REQUESTS; index++) await send(url, { content: 'one', stream: false });
      };
      const cpuMicros = await measure(child, work);
      if (counted) requests[name].push(cpuMicros / REQUESTS);
    }
  }
  const alone = (await ask<Pick<Usage, 'cpuMicros'>>(child, 'many')).cpuMicros / (ROUNDS * CHUNKS);
  const runAlone = (await ask<Pick<Usage, 'cpuMicros'>>(child, 'one')).cpuMicros / REQUESTS;
  print('a streamed chunk, µs of CPU', { served: computeMedian(chunks.served), bare: computeMedian(chunks.bare) });
  print('the same without the agent', {
    served: computeMedian(chunks.served) - alone,
    bare: computeMedian(chunks.bare),
  });
  print('an unstreamed request, µs of CPU', {
    served: computeMedian(requests.served),
    bare: computeMedian(requests.bare),
  });
  print('the same without the agent', {
    served: computeMedian(requests.served) - runAlone,
    bare: computeMedian(requests.bare),
  });
  const first = await measureFirstByte(served);
  console.log(`first byte: ${first.toFixed(2)} ms`);
  await measureSlow(served);
  await measureStreams(child, served, streams);
  child.send('end');
}

function print(what: string, { served, bare }: { readonly served: number; readonly bare: number }): void {
  console.log(`${what}: served ${served.toFixed(1)}, bare ${bare.toFixed(1)}, ${(served / bare).toFixed(2)} times`);
}

async function ask<T>(child: ChildProcess, what: string): Promise<T> {
  const answer = once(child, 'message');
  child.send(what);
  const [message] = await answer;
  return message as T; // What `startServers` sends.
}

async function measure(child: ChildProcess, work: () => Promise<unknown>): Promise<number> {
  const before = await ask<Usage>(child, 'usage');
  await work();
  return (await ask<Usage>(child, 'usage')).cpuMicros - before.cpuMicros;
}

function post(url: string, { content, stream }: { readonly content: string; readonly stream: boolean }) {
  const sent = request(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  sent.end(JSON.stringify({ model: 'bench', messages: [{ role: 'user', content }], stream }));
  return sent;
}

async function send(url: string, body: { readonly content: string; readonly stream: boolean }): Promise<number> {
  const [response] = await once(post(url, body), 'response');
  let size = 0;
  for await (const part of response) size += part.length;
  return size;
}

async function measureFirstByte(url: string): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < 50; index++) {
    const before = performance.now();
    const [response] = await once(post(url, { content: 'one', stream: true }), 'response');
    await once(response, 'data');
    times.push(performance.now() - before);
    response.destroy();
  }
  return computeMedian(times);
}

async function measureStreams(child: ChildProcess, url: string, streams: number): Promise<void> {
  const before = await ask<Usage>(child, 'gc');
  const open = [];
  for (let index = 0; index < streams; index++) {
    const [response] = await once(post(url, { content: 'hold', stream: true }), 'response');
    response.on('error', () => undefined);
    open.push(response);
  }
  const during = await ask<Usage>(child, 'gc');
  const perStream = (during.heapBytes - before.heapBytes) / streams / 1_024;
  const rss = (during.rssBytes - before.rssBytes) / streams / 1_024;
  console.log(
    `${streams} open streams, each of a run: ${perStream.toFixed(1)} KiB of heap each, ${rss.toFixed(1)} KiB of RSS`,
  );
  for (const response of open) response.destroy();
}

/** Times a stream alone, and beside fifty clients that ask for one and read nothing. */
async function measureSlow(url: string): Promise<void> {
  const time = async (): Promise<number> => {
    const before = performance.now();
    await send(url, { content: 'many', stream: true });
    return performance.now() - before;
  };
  const alone = await time();
  const body = JSON.stringify({ model: 'bench', messages: [{ role: 'user', content: 'many' }], stream: true });
  const { hostname, port } = new URL(url);
  const before = await listEnded(url);
  const slow = Array.from({ length: 50 }, () => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    return socket;
  });
  // Their runs do not wait for them: all end, unread.
  while ((await listEnded(url)).filter((id) => !before.includes(id)).length < slow.length);
  console.log(
    `a stream of ${CHUNKS} chunks: ${alone.toFixed(0)} ms alone, ${(await time()).toFixed(0)} ms beside 50 clients that read nothing`,
  );
  for (const socket of slow) socket.destroy();
}

/** The ids of the newest runs that have ended. */
async function listEnded(url: string): Promise<readonly string[]> {
  const [response] = await once(request(`${url}/v1/runs?status=completed&limit=100`).end(), 'response');
  const parts: Uint8Array[] = [];
  for await (const part of response) parts.push(part);
  const { data } = JSON.parse(Buffer.concat(parts).toString()) as { data: readonly { id: string }[] };
  return data.map(({ id }) => id);
}
