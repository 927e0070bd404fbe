import { gzipSync } from 'node:zlib';
import { Agent, openai, tool, withFallback } from '@pawl/core';
import {
  memoryWireLog,
  readBody,
  type WireExchange,
  type WireLog,
  type WirePiece,
  type WireRequest,
} from '@pawl/core/wire-log';
import { manualClock, offlineServer, respond } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { hello, helloChunks, helloEvents, helloJson } from '../model/hello.ts';
import { startRawServer } from '../model/raw-server.ts';
import { type Responder, respondWithJson, serve, toEventText } from '../model/test-server.ts';

const read = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

const readResponse = ({ response }: WireExchange): string =>
  read(Buffer.concat(response.pieces.map(({ bytes }) => bytes)));

/** Describes the calls of a wire log in order, pieces of bytes joined. */
class CallLog implements WireLog {
  readonly calls: string[] = [];
  readonly requests: WireRequest[] = [];
  readonly pieces: WirePiece[] = [];

  sent(request: WireRequest): void {
    this.requests.push(request);
    this.calls.push('sent');
  }

  received(piece: WirePiece): void {
    this.pieces.push(piece);
    const { status, bytes, end, error } = piece;
    const call = status ?? (bytes && 'bytes') ?? (end && 'end') ?? error?.code ?? error?.message;
    if (call !== 'bytes' || this.calls.at(-1) !== 'bytes') this.calls.push(String(call));
  }
}

const noRetry = { retry: { maxAttempts: 1 } };

for (const transport of ['undici', 'fetch'] as const) {
  const options = transport === 'fetch' ? { fetch: globalThis.fetch } : {};

  test(`logs the bytes of an unstreamed request and its response (${transport})`, async () => {
    const server = await serve(helloJson);
    const log = new CallLog();
    const agent = new Agent({ model: openai('m', { baseURL: server.baseURL, ...options }), wireLog: log });
    const run = agent.run('Hi.');
    await run;
    expect(log.calls).toEqual(['sent', '200', 'bytes', 'end']);
    const [request] = log.requests;
    const [received] = server.received;
    expect(request).toMatchObject({ runId: run.runId, path: '', turn: 1, attempt: 1, method: 'POST' });
    expect(request?.url).toBe(`${server.baseURL}/chat/completions`);
    expect(read(request?.body)).toBe(received?.text);
    expect(log.pieces[0]?.headers?.['content-type']).toBe('application/json');
    expect(log.pieces.map((piece) => read(piece.bytes)).join('')).toBe(JSON.stringify(hello));
    expect(log.pieces.every((piece) => piece.request === request)).toBe(true);
  });

  test(`logs the bytes of a stream (${transport})`, async () => {
    const server = await serve(helloEvents);
    const log = new CallLog();
    const agent = new Agent({ model: openai('m', { baseURL: server.baseURL, ...options }) });
    await agent.run('Hi.', { stream: true, wireLog: log });
    expect(log.calls).toEqual(['sent', '200', 'bytes', 'end']);
    expect(log.pieces.map((piece) => read(piece.bytes)).join('')).toBe(toEventText(...helloChunks, '[DONE]'));
  });

  test(`logs a compressed response as its reader gets it (${transport})`, async () => {
    const zipped: Responder = (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync(JSON.stringify(hello)));
    };
    const server = await serve(zipped);
    const log = memoryWireLog();
    const model = openai('m', { baseURL: server.baseURL, ...options });
    await model.send({ messages: [] }, { wireLog: log });
    const [exchange] = await log.read('');
    expect(exchange?.response.headers?.['content-encoding']).toBe('gzip');
    expect(exchange && readResponse(exchange)).toBe(JSON.stringify(hello));
  });

  test(`logs each attempt of a repeated request (${transport})`, async () => {
    const server = await serve(respondWithJson({ error: { message: 'Overloaded.' } }, { status: 503 }), helloJson);
    const log = memoryWireLog();
    const model = openai('m', { baseURL: server.baseURL, ...options });
    const run = new Agent({ model, wireLog: log, retry: { initialDelayMs: 0 } }).run('Hi.');
    await run;
    const exchanges = await log.read(run.runId);
    expect(exchanges.map(({ attempt, response }) => [attempt, response.status])).toEqual([
      [1, 503],
      [2, 200],
    ]);
    expect(exchanges.map(({ response }) => response.error)).toEqual([undefined, undefined]);
    expect(exchanges.map((each) => read(readBody(each, exchanges)))).toEqual(server.received.map(({ text }) => text));
  });

  test(`logs what arrived before an abort, and the reason (${transport})`, async () => {
    const [first] = helloChunks;
    const endless: Responder = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(toEventText(first));
    };
    const server = await serve(endless);
    const log = new CallLog();
    const agent = new Agent({ model: openai('m', { baseURL: server.baseURL, ...options }), wireLog: log });
    const run = agent.run('Hi.');
    run.on('text.delta', () => run.abort(new Error('Enough.')));
    await run.outcome();
    expect(log.calls).toEqual(['sent', '200', 'bytes', 'Enough.']);
    expect(log.pieces.map((piece) => read(piece.bytes)).join('')).toBe(toEventText(first));
  });
}

test('logs a response whose attempt is discarded, and the one after it', async () => {
  const cut = { ...hello, choices: [{ index: 0, message: { role: 'assistant', content: '' }, finish_reason: 'stop' }] };
  const server = await serve(respondWithJson(cut), helloJson);
  const log = memoryWireLog();
  const run = new Agent({ model: openai('m', { baseURL: server.baseURL }), wireLog: log }).run('Hi.');
  await run;
  const exchanges = await log.read(run.runId);
  expect(exchanges.map(({ turn, attempt }) => `${turn}.${attempt}`)).toEqual(['1.1', '2.1']);
  expect(exchanges.map(readResponse)).toEqual([JSON.stringify(cut), JSON.stringify(hello)]);
});

test('logs a stream that breaks off with its error, and the next attempt', async () => {
  const broken: Responder = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(toEventText(helloChunks[0]), () => response.destroy());
  };
  const server = await serve(broken, helloEvents);
  const log = memoryWireLog();
  const agent = new Agent({ model: openai('m', { baseURL: server.baseURL }), retry: { initialDelayMs: 0 } });
  const discarded: unknown[] = [];
  const run = agent.run('Hi.', { wireLog: log, stream: true });
  run.on('attempt.discarded', ({ attempt }) => discarded.push(attempt));
  await run;
  const [first, second] = await log.read(run.runId);
  expect(discarded).toEqual([1]);
  expect(first?.response.error?.code).toBe('network.reset');
  expect(first && readResponse(first)).toBe(toEventText(helloChunks[0]));
  expect(second?.response.error).toBeUndefined();
});

test('logs a request that could not be sent, with the error', async () => {
  const log = new CallLog();
  const model = openai('m', { baseURL: 'http://127.0.0.1:1/v1' });
  await new Agent({ model, wireLog: log, ...noRetry }).run('Hi.').outcome();
  expect(log.calls[0]).toBe('sent');
  expect(log.pieces).toHaveLength(1);
  expect(log.pieces[0]?.error?.code).toMatch(/^network\./);
});

test('ends an exchange before the events of its response, although the server keeps the connection open', async () => {
  const server = await serve((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(toEventText(...helloChunks, '[DONE]'));
  });
  const log = new CallLog();
  const seen: string[] = [];
  const agent = new Agent({ model: openai('m', { baseURL: server.baseURL }), wireLog: log });
  await agent.run('Hi.', { stream: true }).on('model.responded', () => seen.push(...log.calls));
  expect(seen).toEqual(['sent', '200', 'bytes', 'end']);
});

test('logs the same bytes however the network splits them', async () => {
  const body = toEventText(...helloChunks, '[DONE]').replace('Hel', 'Hél…');
  const bytes = Buffer.from(body);
  const raw = await startRawServer(async (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n');
    for (const byte of bytes) await new Promise((resolve) => socket.write(Uint8Array.of(byte), resolve));
    socket.end();
  });
  const log = memoryWireLog();
  await openai('m', { baseURL: raw.baseURL }).send({ messages: [], stream: true }, { wireLog: log });
  const [exchange] = await log.read('');
  expect(exchange && readResponse(exchange)).toBe(body);
});

test('agents as tools and handoffs inherit the wire log of the run', async () => {
  const server = await offlineServer({
    script: [
      respond.call('research', { prompt: 'Look.' }),
      respond.text('Found.'),
      respond.call('transfer_to_billing', {}),
      respond.text('Paid.'),
    ],
  });
  onTestFinished(() => server.close());
  const model = openai('m', { baseURL: server.baseURL });
  const unused = memoryWireLog();
  const research = new Agent({ name: 'research', model, wireLog: unused });
  const billing = new Agent({ name: 'billing', model });
  const log = memoryWireLog();
  const agent = new Agent({
    name: 'front',
    model,
    tools: [research.asTool({ name: 'research', description: 'Looks.' })],
    handoffs: [billing],
  }).with({ wireLog: log });
  const run = agent.run('Pay.');
  await run;
  const exchanges = await log.read(run.runId);
  expect(exchanges.map(({ path, turn }) => `${path} ${turn}`)).toEqual([' 1', 'tool:1.0 1', ' 2', ' 3']);
  expect(await unused.read(run.runId)).toEqual([]);
});

test('logs the attempts of a fallback under the numbers of the events', async () => {
  const { baseURL } = await serve(respondWithJson({}, { status: 400 }), helloJson);
  const model = withFallback(openai('a', { baseURL }), openai('b', { baseURL }));
  const numbers: number[] = [];
  const log = new CallLog();
  const run = new Agent({ model, wireLog: log })
    .run('Hi.')
    .on('attempt.started', (event) => numbers.push(event.attempt));
  await run;
  expect(log.requests.map(({ attempt }) => attempt)).toEqual(numbers);
  expect(numbers).toEqual([1, 2]);
});

test('a wire log that throws is reported once and does not affect the run', async () => {
  const server = await serve(helloJson);
  const failures: unknown[] = [];
  const broken: WireLog = {
    sent: () => {
      throw new Error('disk full');
    },
    received: async () => {
      throw new Error('disk full');
    },
  };
  const log = new CallLog();
  const agent = new Agent({ model: openai('m', { baseURL: server.baseURL }), wireLog: broken });
  const run = agent.run('Hi.', { wireLog: log });
  run.on('listener.failed', ({ event, error }) => failures.push([event, error.message]));
  expect((await run).text).toBe('Hello');
  expect(failures).toEqual([['wireLog.sent', 'disk full']]);
  expect(log.calls).toEqual(['sent', '200', 'bytes', 'end']);
});

test('a wire log that rejects is reported and does not affect the run', async () => {
  const server = await serve(helloJson);
  const failures: unknown[] = [];
  const received = (): Promise<void> => Promise.reject(new Error('disk full'));
  const agent = new Agent({ model: openai('m', { baseURL: server.baseURL }) });
  const run = agent.run('Hi.', { wireLog: { sent: () => undefined, received } });
  await run.on('listener.failed', ({ event }) => failures.push(event));
  expect(failures).toEqual(['wireLog.received']);
});

test('a wire log that throws outside a run does not affect the request', async () => {
  const server = await serve(helloJson);
  const fail = (): never => {
    throw new Error('disk full');
  };
  const model = openai('m', { baseURL: server.baseURL });
  expect(await model.send({ messages: [] }, { wireLog: { sent: fail, received: fail } })).toEqual(hello);
});

test('stamps requests and pieces with the time of the clock', async () => {
  const server = await serve(helloJson);
  const log = new CallLog();
  const clock = manualClock({ startMs: 5_000 });
  await openai('m', { baseURL: server.baseURL }).send({ messages: [] }, { wireLog: log, clock });
  expect([...log.requests, ...log.pieces].map(({ at }) => at)).toEqual(Array(4).fill(5_000));
});

test('refuses a value that is not a wire log', () => {
  const model = openai('m', { baseURL: 'http://127.0.0.1:1/v1' });
  const wrong = { sent: () => undefined } as unknown as WireLog;
  expect(() => new Agent({ model, wireLog: wrong })).toThrow('Agent "agent": wireLog is');
  expect(() => new Agent({ model }).run('Hi.', { wireLog: wrong })).toThrow('Pass memoryWireLog()');
});

test('a run of 200 turns takes about as many bytes as its last request', async () => {
  const note = 'A sentence of a tool. '.repeat(20);
  const lookUp = tool({
    name: 'look_up',
    description: 'Looks up.',
    input: z.object({ page: z.number() }),
    effect: 'read',
    execute: ({ page }) => `${page}: ${note}`,
  });
  const server = await offlineServer({
    script: [...Array.from({ length: 199 }, (_, page) => respond.call('look_up', { page })), respond.text('Done.')],
  });
  onTestFinished(() => server.close());
  const log = memoryWireLog();
  const agent = new Agent({ model: openai('m', { baseURL: server.baseURL }), tools: [lookUp], limits: { turns: 201 } });
  const run = agent.run('Read all.', { wireLog: log });
  await run;
  const exchanges = await log.read(run.runId);
  const bodies = exchanges.map((each) => read(readBody(each, exchanges)));
  expect(bodies).toEqual(server.requests.map(({ text }) => text));
  const stored = exchanges.reduce((sum, { body }) => sum + (body?.suffix.length ?? 0), 0);
  const last = bodies.at(-1)?.length ?? 0;
  expect(exchanges).toHaveLength(200);
  expect(stored).toBeGreaterThanOrEqual(last);
  expect(stored).toBeLessThan(last * 1.1);
});
