import { Agent, type Host, memoryHost } from '@pawl/core';
import type { ServeOptions } from '@pawl/serve';
import { respond, scriptedModel } from '@pawl/testing';
import OpenAI from 'openai';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Fault, type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts';
import { collect, createWeatherAgent, createWeatherTool, type RunningServer, startServer } from './serve-agents.ts';

interface Setting {
  readonly client: OpenAI;
  readonly host: Host;
  readonly proxy: FaultyProxy;
}

async function startBehindFaults(agent: Agent, faults: readonly Fault[]): Promise<Setting> {
  const host = memoryHost();
  const { url } = await startServer({ agents: [agent], host });
  const proxy = await startFaultyProxy(url, faults);
  const client = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: 'unused', maxRetries: 2, timeout: 2_000 });
  return { client, host, proxy };
}

const messages = [{ role: 'user' as const, content: 'Weather in Rome?' }];

describe("a client's retry attaches to the run of its first try", () => {
  test.each([
    ['a 503 in place of the response', { type: '503' }],
    ['a connection that ends before the response', { type: 'reset', afterBytes: 0 }],
  ] as const)('after %s: one run, each tool once', async (_, fault) => {
    const calls: string[] = [];
    const { client, host, proxy } = await startBehindFaults(createWeatherAgent({ calls }), [fault]);
    const completion = await client.chat.completions.create({ model: 'weather', messages });
    expect(completion.choices[0]?.message.content).toBe('It is sunny in Rome.');
    expect(calls).toEqual(['Rome']);
    expect((await host.listRuns()).map(({ runId }) => runId)).toEqual([completion.id]);
    expect(proxy.requests).toHaveLength(2);
  });

  test('after two failures', async () => {
    const calls: string[] = [];
    const faults = [{ type: '503' }, { type: 'reset', afterBytes: 0 }] as const;
    const { client, host, proxy } = await startBehindFaults(createWeatherAgent({ calls }), faults);
    const completion = await client.chat.completions.create({ model: 'weather', messages });
    expect(completion.choices[0]?.message.content).toBe('It is sunny in Rome.');
    expect(calls).toEqual(['Rome']);
    expect(await host.listRuns()).toHaveLength(1);
    expect(proxy.requests.map((headers) => headers['x-stainless-retry-count'])).toEqual(['0', '1', '2']);
  });

  test('after its own timeout, while the run goes on', async () => {
    const calls: string[] = [];
    const { promise, resolve: release } = Promise.withResolvers<void>();
    onTestFinished(() => release());
    const { host, url } = await startSlow(calls, promise);
    const proxy = await startFaultyProxy(url, [{ type: 'hang' }]);
    const client = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: 'unused', maxRetries: 2, timeout: 300 });
    const coming = client.chat.completions.create({ model: 'slow', messages });
    await expect.poll(() => proxy.requests.length).toBe(2);
    release();
    expect((await coming).choices[0]?.message.content).toBe('Done.');
    expect(calls).toEqual(['Rome']);
    expect(await host.listRuns()).toHaveLength(1);
  });

  test('of a request that never arrived: a run begins', async () => {
    const calls: string[] = [];
    const { client, host } = await startBehindFaults(createWeatherAgent({ calls }), [{ type: 'refuse' }]);
    await client.chat.completions.create({ model: 'weather', messages });
    expect(calls).toEqual(['Rome']);
    expect(await host.listRuns()).toHaveLength(1);
  });

  test('of a stream whose response was lost', async () => {
    const calls: string[] = [];
    const { client, host } = await startBehindFaults(createWeatherAgent({ calls }), [{ type: 'reset', afterBytes: 0 }]);
    const stream = await client.chat.completions.create({ model: 'weather', messages, stream: true });
    const chunks = await collect(stream);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('It is sunny in Rome.');
    expect(calls).toEqual(['Rome']);
    expect(await host.listRuns()).toHaveLength(1);
  });

  test('of a tool result: the run continues once', async () => {
    const host = memoryHost();
    const model = scriptedModel(({ messages: sent }) =>
      sent.at(-1)?.role === 'tool' ? respond.text('Red it is.') : respond.call('pick'),
    );
    const { url } = await startServer({ agents: [new Agent({ name: 'painter', model })], host });
    const proxy = await startFaultyProxy(url, [{ type: 'pass' }, { type: '503' }]);
    const client = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: 'unused', maxRetries: 2 });
    const tools = [
      { type: 'function' as const, function: { name: 'pick', parameters: { type: 'object', properties: {} } } },
    ];
    const first = await client.chat.completions.create({ model: 'painter', messages, tools });
    const call = first.choices[0]?.message;
    const results =
      call?.tool_calls?.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'red' })) ?? [];
    const second = await client.chat.completions.create({
      model: 'painter',
      messages: [...messages, ...(call === undefined ? [] : [call]), ...results],
      tools,
    });
    expect(second.choices[0]?.message.content).toBe('Red it is.');
    expect(second.id).toBe(first.id);
    expect(await host.listRuns()).toHaveLength(1);
    expect(proxy.requests).toHaveLength(3);
  });

  test('two equal requests that are no retries are two runs', async () => {
    const { client, host } = await startBehindFaults(createWeatherAgent(), []);
    await Promise.all([1, 2].map(() => client.chat.completions.create({ model: 'weather', messages })));
    expect(await host.listRuns()).toHaveLength(2);
  });

  test('a failure before a tool has begun is tried again, in a new run', async () => {
    const model = scriptedModel([
      respond.httpError(503),
      respond.httpError(503),
      respond.httpError(503),
      respond.text('Up again.'),
    ]);
    const agent = new Agent({ name: 'flaky', model, retry: { maxAttempts: 1 } });
    const { client, host } = await startBehindFaults(agent, []);
    const error = await client.chat.completions.create({ model: 'flaky', messages }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 503, type: 'run_error' });
    expect((await host.listRuns()).map(({ status }) => status)).toEqual(['failed', 'failed', 'failed']);
    const completion = await client.chat.completions.create({ model: 'flaky', messages });
    expect(completion.choices[0]?.message.content).toBe('Up again.');
  });

  test('a failure after a tool has begun is final: the client does not try again', async () => {
    const calls: string[] = [];
    const model = scriptedModel([respond.call('get_weather', { city: 'Rome' }), respond.httpError(503)]);
    const agent = new Agent({ name: 'flaky', model, tools: [createWeatherTool(calls)], retry: { maxAttempts: 1 } });
    const { client, host, proxy } = await startBehindFaults(agent, []);
    const error = await client.chat.completions.create({ model: 'flaky', messages }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 424, code: 'run.failed', type: 'run_error' });
    expect(calls).toEqual(['Rome']);
    expect(await host.listRuns()).toHaveLength(1);
    expect(proxy.requests).toHaveLength(1);
  });
});

describe('an equal request after one whose client has gone', () => {
  test.each([
    ['/v1/chat/completions', { model: 'slow', messages }],
    ['/v1/runs', { agent: 'slow', messages }],
  ] as const)('%s gets the run that nobody has the answer of', async (path, body) => {
    const calls: string[] = [];
    const { promise, resolve: release } = Promise.withResolvers<void>();
    onTestFinished(() => release());
    const gone = Promise.withResolvers<void>();
    const { host, send } = await startSlow(calls, promise, ({ status }) => {
      if (status === 499) gone.resolve();
    });
    const leaving = new AbortController();
    const first = send(path, body, { signal: leaving.signal }).catch(() => undefined);
    await expect.poll(() => calls.length).toBe(1);
    leaving.abort();
    await Promise.all([first, gone.promise]);
    const second = send(path, body);
    release();
    expect((await second).ok).toBe(true);
    expect(calls).toEqual(['Rome']);
    expect(await host.listRuns()).toHaveLength(1);
    // The answer has arrived: a third request is a new one.
    await send(path, body);
    expect(await host.listRuns()).toHaveLength(2);
  });
});

describe('Idempotency-Key', () => {
  test('names one run for good', async () => {
    const calls: string[] = [];
    const host = memoryHost();
    const { send } = await startServer({ agents: [createWeatherAgent({ calls })], host });
    const headers = { 'idempotency-key': 'order-7' };
    const sendOnce = async (): Promise<string> => {
      const response = await send('/v1/chat/completions', { model: 'weather', messages }, { headers });
      const { id } = (await response.json()) as { readonly id: string };
      return id;
    };
    const ids = await Promise.all([1, 2, 3].map(sendOnce));
    ids.push(await sendOnce());
    expect(new Set(ids).size).toBe(1);
    expect(calls).toEqual(['Rome']);
    expect(await host.listRuns()).toHaveLength(1);
  });

  test('makes it safe to send again what was cut within the response', async () => {
    const calls: string[] = [];
    const { client, host } = await startBehindFaults(createWeatherAgent({ calls }), [
      { type: 'reset', afterBytes: 100 },
    ]);
    const create = () =>
      client.chat.completions.create({ model: 'weather', messages }, { headers: { 'Idempotency-Key': 'a' } });
    await expect(create()).rejects.toThrow();
    expect((await create()).choices[0]?.message.content).toBe('It is sunny in Rome.');
    expect(calls).toEqual(['Rome']);
    expect(await host.listRuns()).toHaveLength(1);
  });

  test('with another body is a conflict', async () => {
    const { send } = await startServer({ agents: [createWeatherAgent()] });
    const headers = { 'idempotency-key': 'order-7' };
    await send('/v1/chat/completions', { model: 'weather', messages }, { headers });
    const other = [{ role: 'user', content: 'Weather in Oslo?' }];
    const refused = await send('/v1/chat/completions', { model: 'weather', messages: other }, { headers });
    expect(refused.status).toBe(422);
    expect(refused.headers.get('x-should-retry')).toBe('false');
    expect(await refused.json()).toMatchObject({ error: { code: 'run.conflict' } });
  });

  test('of a run that failed is final, also if no tool has begun', async () => {
    const model = scriptedModel([respond.httpError(503)]);
    const { send } = await startServer({ agents: [new Agent({ name: 'flaky', model, retry: { maxAttempts: 1 } })] });
    const init = { headers: { 'idempotency-key': 'k' } };
    const statuses = [];
    for (let tries = 0; tries < 2; tries++)
      statuses.push((await send('/v1/chat/completions', { model: 'flaky', messages }, init)).status);
    expect(statuses).toEqual([424, 424]);
  });

  test.each(['', 'x'.repeat(256), 'ä', 'a b'])('%j is refused', async (key) => {
    const { send } = await startServer({ agents: [createWeatherAgent()] });
    const refused = await send(
      '/v1/chat/completions',
      { model: 'weather', messages },
      { headers: { 'idempotency-key': key } },
    );
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { param: 'Idempotency-Key' } });
  });
});

async function startSlow(
  calls: string[],
  until: Promise<void>,
  onRequest: ServeOptions['onRequest'] & {} = () => undefined,
): Promise<RunningServer & { readonly host: Host }> {
  const model = scriptedModel([
    respond.call('get_weather', { city: 'Rome' }),
    respond.delayed(respond.text('Done.'), { until }),
    respond.text('Again.'),
  ]);
  const host = memoryHost();
  const agent = new Agent({ name: 'slow', model, tools: [createWeatherTool(calls)] });
  return { host, ...(await startServer({ agents: [agent], host, onRequest })) };
}
