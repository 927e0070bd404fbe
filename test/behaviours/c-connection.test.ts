import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { Agent, openai, type RunEvent, tool } from '@pawl/core';
import { manualClock, type OfflineServer, offlineServer, respond } from '@pawl/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';

const KEY = 'sk-very-secret-1234567890';

/** Everything visible in a value. */
function everything(value: unknown): string {
  const seen = inspect(value, {
    depth: Number.POSITIVE_INFINITY,
    showHidden: true,
    maxStringLength: null,
    maxArrayLength: null,
  });
  return seen + (JSON.stringify(value) ?? '');
}

describe.each([{ stream: true }, { stream: false }])('the key, stream: $stream', (run) => {
  test.each([
    { what: 'a refused key', script: [respond.httpError(401, { message: `Incorrect API key provided: ${KEY}.` })] },
    {
      what: 'an error inside a 200',
      script: [respond.errorBody({ message: `Bearer ${KEY}`, code: 'invalid_request' })],
    },
    { what: 'garbage', script: Array.from({ length: 3 }, () => respond.body(`<html>${KEY}</html>`)) },
    { what: 'a success', script: [respond.call('look', {}), respond.text('Done.')] },
  ])('C6: the key is in no error, event or outcome of a run with $what', async ({ script }) => {
    const server = await offlineServer({ script });
    const model = openai('m', { baseURL: server.baseURL, apiKey: KEY });
    const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), execute: () => 'nothing' });
    const agent = new Agent({ model, tools: [look], clock: manualClock() });
    const running = agent.run('Go.', run);
    const events: RunEvent[] = [];
    running.on('*', (event) => events.push(event));
    const outcome = await running.outcome();
    const error = await running.then(
      () => undefined,
      (reason: unknown) => reason,
    );

    for (const thing of [events, outcome, error, model, agent, running]) expect(everything(thing)).not.toContain(KEY);
    expect(server.requests[0]?.headers['authorization']).toBe(`Bearer ${KEY}`);
    await server.close();
  });
});

describe('a kept-alive connection', () => {
  let server: OfflineServer | undefined;
  afterEach(() => server?.close());

  test('C7: a request on a connection that the server has closed is sent again once, reported and not counted', async () => {
    const used = new Map<number | undefined, number>();
    const choices = [{ index: 0, message: { role: 'assistant', content: 'Here.' }, finish_reason: 'stop' }];
    const answer = respond.raw((response, { port }) => {
      const count = (used.get(port) ?? 0) + 1;
      used.set(port, count);
      // The second request uses a connection that the server has closed in the meantime.
      if (count === 2) response.socket?.destroy();
      else response.setHeader('content-type', 'application/json').end(JSON.stringify({ choices }));
    });
    server = await offlineServer({ script: () => answer });
    const clock = manualClock();
    const agent = new Agent({
      model: openai('m', { baseURL: server.baseURL }),
      clock,
      retry: { maxAttempts: 1 },
    });

    expect((await agent.run('First.')).output).toBe('Here.');
    const second = agent.run('Second.');
    const failed: unknown[] = [];
    second.on('attempt.failed', ({ counted, retryInMs, error }) => failed.push([counted, retryInMs, error.name]));
    const { output, usage } = await second;

    expect(output).toBe('Here.');
    expect(failed).toEqual([[false, 0, 'NetworkError']]);
    expect(usage.requests).toBe(1);
    expect(clock.slept).toEqual([]);
  });
});

describe.each([{ stream: true }, { stream: false }])('an abort, stream: $stream', (run) => {
  test('C9: before the run starts, no request is sent', async () => {
    const server = await offlineServer();
    const agent = new Agent({ model: openai('m', { baseURL: server.baseURL }) });
    const outcome = await agent.run('Go.', { ...run, signal: AbortSignal.abort('too late') }).outcome();
    expect(outcome).toMatchObject({ status: 'aborted', reason: 'too late', turnCount: 0 });
    expect(server.requests).toEqual([]);
    await server.close();
  });

  test('C9: while the server responds, the socket is closed and nothing is left open', async () => {
    const arrived = Promise.withResolvers<void>();
    const stalled = respond.stall(respond.text('A long answer'), { afterChunks: 1 });
    const server = await offlineServer({
      script: () => {
        arrived.resolve();
        return stalled;
      },
    });
    const clock = manualClock();
    const controller = new AbortController();
    const agent = new Agent({ model: openai('m', { baseURL: server.baseURL }), clock });
    const running = agent.run('Go.', { ...run, signal: controller.signal });
    await arrived.promise;
    controller.abort('enough');
    const outcome = await running.outcome();

    expect(outcome).toMatchObject({ status: 'aborted', reason: 'enough' });
    await server.waitForIdle();
    expect(server.disconnects).toBe(1);
    expect(server.requests.length).toBe(1);
    expect(clock.pending).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    await server.close();
  });

  test('C9: in the pause between two attempts, no further attempt starts', async () => {
    const clock = manualClock({ sleeps: 'held' });
    const server = await offlineServer({ script: [respond.httpError(503)] });
    const agent = new Agent({ model: openai('m', { baseURL: server.baseURL }), clock, random: () => 1 });
    const running = agent.run('Go.', run);
    running.on('attempt.failed', () => setImmediate(() => running.abort('enough')));
    expect(await running.outcome()).toMatchObject({ status: 'aborted', reason: 'enough' });
    expect(server.requests.length).toBe(1);
    expect(clock.pending).toBe(0);
    await server.close();
  });

  test('C9: after the run, an abort has no effect', async () => {
    const server = await offlineServer({ script: [respond.text('Done.')] });
    const controller = new AbortController();
    const running = new Agent({ model: openai('m', { baseURL: server.baseURL }) }).run('Go.', {
      ...run,
      signal: controller.signal,
    });
    const before = await running.outcome();
    controller.abort();
    running.abort();
    expect(await running.outcome()).toBe(before);
    expect(before.status).toBe('completed');
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    await server.close();
  });
});
