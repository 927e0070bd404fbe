import { Agent, memoryHost } from '@pawl/core';
import { openaiResponses } from '@pawl/responses';
import type { ServeOptions } from '@pawl/serve';
import { respond, scriptedModel } from '@pawl/testing';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { inputItemProblems, responseEventProblems, responseObjectProblems } from '../reference/responses-validators.ts';
import { startFaultyProxy } from './faulty-proxy.ts';
import { createRecordingAgent } from './recording-agent.ts';
import {
  catchError,
  createClient,
  createClients,
  createHeldAgent,
  type ResponseBody,
  withoutParsed,
} from './responses-clients.ts';
import { collect, createEchoAgent, createWeatherAgent, startServer } from './serve-agents.ts';

describe('the official client for Node', () => {
  test('gets a response whose id is the run, and whose calls of tools are not for the client', async () => {
    const client = await createClient({ agents: [createWeatherAgent()] });
    const response = await client.responses.create({
      model: 'weather',
      input: 'Weather in Rome?',
      metadata: { shop: 'north' },
    });
    expect(responseObjectProblems(response)).toEqual([]);
    expect(response).toMatchObject({ status: 'completed', output_text: 'It is sunny in Rome.', model: 'weather' });
    expect(response.metadata).toEqual({ shop: 'north' });
    expect(response.output.map(({ type }) => type)).toEqual(['mcp_call', 'message']);
    expect(response.output[0]).toMatchObject({ name: 'get_weather', arguments: '{"city":"Rome"}', output: 'sunny' });
    expect(response.usage?.total_tokens).toBeGreaterThan(0);
    expect(await client.responses.retrieve(response.id)).toEqual(response);
  });

  test('adds a stream up to the response that it retrieves', async () => {
    const client = await createClient({ agents: [createWeatherAgent()] });
    const stream = client.responses.stream({ model: 'weather', input: 'Weather in Rome?' });
    const events = await collect(stream);
    const final = await stream.finalResponse();
    expect(final.output_text).toBe('It is sunny in Rome.');
    expect(events.flatMap(responseEventProblems)).toEqual([]);
    expect(await client.responses.retrieve(final.id)).toMatchObject({
      id: final.id,
      output: final.output.map(withoutParsed),
    });
    const again = client.responses.stream({ response_id: final.id });
    expect((await again.finalResponse()).output).toEqual(final.output);
  });

  test('polls a response in the background', async () => {
    const { agent, release } = createHeldAgent();
    const client = await createClient({ agents: [agent], onDisconnect: 'abort' });
    const { id, status } = await client.responses.create({ model: 'held', input: 'Go.', background: true });
    expect(status).toBe('in_progress');
    expect((await client.responses.retrieve(id)).background).toBe(true);
    release();
    await expect.poll(async () => (await client.responses.retrieve(id)).status).toBe('completed');
    expect((await client.responses.retrieve(id)).output_text).toBe('The end.');
  });

  test('cancels a response, and deletes it', async () => {
    const { agent } = createHeldAgent();
    const client = await createClient({ agents: [agent] });
    const { id } = await client.responses.create({ model: 'held', input: 'Go.', background: true });
    const busy = await catchError(client.responses.delete(id));
    expect(busy).toMatchObject({ status: 422, code: 'run.not_ended' });
    const cancelled = await client.responses.cancel(id);
    expect(responseObjectProblems(cancelled)).toEqual([]);
    expect(cancelled.status).toBe('cancelled');
    expect((await client.responses.cancel(id)).status).toBe('cancelled');
    await client.responses.delete(id);
    expect(await catchError(client.responses.retrieve(id))).toMatchObject({ status: 404, code: 'run.unknown' });
  });

  test('pages through the input', async () => {
    const client = await createClient({ agents: [createEchoAgent()] });
    const image = { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'auto' } as const;
    const { id } = await client.responses.create({
      model: 'echo',
      instructions: 'Be short.',
      input: [
        { role: 'user', content: 'One.' },
        { role: 'assistant', content: 'Two.' },
        { role: 'user', content: [{ type: 'input_text', text: 'Three.' }, image] },
      ],
    });
    const items = await collect(client.responses.inputItems.list(id, { limit: 1, order: 'asc' }));
    expect(items.flatMap(inputItemProblems)).toEqual([]);
    expect(items.map((item) => ('content' in item ? item.content : undefined))).toEqual([
      [{ type: 'input_text', text: 'One.' }],
      [{ type: 'output_text', text: 'Two.', annotations: [] }],
      [{ type: 'input_text', text: 'Three.' }, image],
    ]);
    const newest = await client.responses.inputItems.list(id, { limit: 2 });
    expect(newest.data.map((item) => item.id)).toEqual([items[2]?.id, items[1]?.id]);
    expect(newest.has_more).toBe(true);
    const unknown = await catchError(collect(client.responses.inputItems.list(id, { after: 'none' })));
    expect(unknown).toMatchObject({ status: 400, param: 'after' });
  });

  test('gets the error of a run that failed: as a status, a last event, and a response that says so', async () => {
    const model = scriptedModel([
      respond.httpError(400, { message: 'This model is broken.' }),
      respond.httpError(400, { message: 'This model is broken.' }),
    ]);
    const client = await createClient({ agents: [createEchoAgent({ model })] });
    const request = { model: 'echo', input: 'Hi.' };
    expect(await catchError(client.responses.create(request))).toMatchObject({ status: 424, code: 'run.failed' });
    const stream = await client.responses.create({ ...request, stream: true });
    const last = (await collect(stream)).at(-1);
    expect(last?.type).toBe('response.failed');
    const response = (last as { readonly response: ResponseBody }).response; // Of this type.
    expect(response).toMatchObject({ status: 'failed', error: { code: 'server_error' } });
    expect(response.error?.message).toContain('This model is broken.');
  });
});

describe('what a request asks for', () => {
  const refuse = async (body: object, options: Partial<ServeOptions> = {}): Promise<unknown> => {
    const client = await createClient({ agents: [createEchoAgent()], ...options });
    return catchError(client.responses.create({ model: 'echo', input: 'Hi.', ...body } as never)); // Also what the types refuse.
  };

  test.each([
    ['conversation', { conversation: 'conv_1' }],
    ['prompt', { prompt: { id: 'pmpt_1' } }],
    ['top_logprobs', { top_logprobs: 2 }],
    ['text.format', { text: { format: { type: 'json_object' } } }],
    ['tool_choice', { tool_choice: 'required' }],
    ['tools[0].type', { tools: [{ type: 'web_search' }] }],
    [
      'input[0].content[0].file_id',
      { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-1' }] }] },
    ],
    [
      'input[0].content[0].file_id',
      { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'file-1' }] }] },
    ],
    ['input[0].type', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
  ])('%s is not supported', async (param, body) => {
    expect(await refuse(body)).toMatchObject({ status: 400, code: 'unsupported_parameter', param });
  });

  test.each([
    ['input', { input: [] }],
    ['store', { background: true, store: false }],
    ['stream', { stream: 'yes' }],
    ['store', { store: 'no' }],
    ['tool_choice', { tool_choice: 'never' }],
    ['max_tool_calls', { max_tool_calls: 0 }],
    ['input[0].role', { input: [{ role: 'robot', content: 'Hi.' }] }],
    ['input[0].approve', { input: [{ type: 'mcp_approval_response', approval_request_id: 'x' }] }],
  ])('a wrong %s is refused', async (param, body) => {
    expect(await refuse(body)).toMatchObject({ status: 400, code: 'invalid_value', param });
  });

  test('only allowed settings reach the model, under the names that it knows', async () => {
    const { agent, requests } = createRecordingAgent();
    const client = await createClient({ agents: [agent], allowedModelSettings: ['max_output_tokens', 'reasoning'] });
    const settings = { max_output_tokens: 50, temperature: 1, reasoning: { effort: 'low' } } as const;
    await client.responses.create({ model: 'recorder', input: 'Hi.', user: 'u', ...settings });
    expect(requests[0]).toMatchObject({ max_completion_tokens: 50, reasoning_effort: 'low' });
    expect(requests[0]).not.toHaveProperty('temperature');
  });

  test('instructions follow those of the agent, for one request', async () => {
    const { agent, requests } = createRecordingAgent();
    const client = await createClient({ agents: [agent] });
    const { id } = await client.responses.create({ model: 'recorder', input: 'One.', instructions: 'In French.' });
    await client.responses.create({ model: 'recorder', input: 'Two.', previous_response_id: id });
    const read = requests.map(({ messages }) => messages.map(({ content }) => content));
    expect(read).toEqual([
      ['Take notes.', 'In French.', 'One.'],
      ['Take notes.', 'One.', 'Noted.', 'Two.'],
    ]);
  });

  test('a limit is only lowered', async () => {
    const agent = createWeatherAgent();
    const host = memoryHost();
    const client = await createClient({ agents: [agent.with({ limits: { toolCalls: 2 } }) as Agent], host });
    for (const [asked, limit] of [
      [1_000, 2],
      [1, 1],
    ] as const) {
      const { id } = await client.responses.create({ model: 'weather', input: 'Go.', max_tool_calls: asked });
      expect((await host.getRun(id)).record.limits).toMatchObject({ toolCalls: limit });
    }
  });

  test('a response that is not stored cannot be read, cancelled, deleted or continued', async () => {
    const client = await createClient({ agents: [createEchoAgent()] });
    const { id } = await client.responses.create({ model: 'echo', input: 'Hi.', store: false });
    const works: readonly Promise<unknown>[] = [
      client.responses.retrieve(id),
      client.responses.cancel(id),
      client.responses.delete(id),
      collect(client.responses.inputItems.list(id)),
      client.responses.create({ model: 'echo', input: 'On.', previous_response_id: id }),
    ];
    for (const error of await Promise.all(works.map(catchError))) expect(error).toMatchObject({ status: 404 });
  });
});

test('a response of another owner does not exist', async () => {
  const clients = await createClients({ agents: [createEchoAgent()] });
  const { id } = await clients('key-of-ada').responses.create({ model: 'echo', input: 'Mine.' });
  for (const key of ['key-of-bob', 'key-of-eve', 'key-of-other-lead']) {
    const { responses } = clients(key);
    const works: readonly Promise<unknown>[] = [
      responses.retrieve(id),
      responses.retrieve(id, { stream: true }),
      responses.retrieve(`${id}~1`),
      responses.cancel(id),
      responses.delete(id),
      collect(responses.inputItems.list(id)),
    ];
    for (const error of await Promise.all(works.map(catchError))) {
      expect(error).toMatchObject({ status: 404, code: 'run.unknown' });
    }
  }
  const lead = clients('key-of-lead').responses;
  expect((await lead.retrieve(id)).id).toBe(id);
  expect(await catchError(lead.retrieve(`${id}~999`))).toMatchObject({ status: 404 });
});

describe('the gate of the server holds', () => {
  test('for bodies, origins and types', async () => {
    const { send } = await startServer({ agents: [createEchoAgent()], faces: ['responses'], maxBodyBytes: 1_000 });
    const body = { model: 'echo', input: 'Hi.' };
    expect((await send('/v1/responses', { ...body, input: 'x'.repeat(2_000) })).status).toBe(413);
    expect((await send('/v1/responses', body, { headers: { 'content-type': 'text/plain' } })).status).toBe(415);
    expect((await send('/v1/responses', body, { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
    expect((await send('/v1/responses/a/b/c')).status).toBe(404);
    expect((await send('/v1/responses')).status).toBe(405);
    const many = Array.from({ length: 20 }, () => ({ role: 'user', content: '' }));
    const small = await startServer({ agents: [createEchoAgent()], faces: ['responses'], maxMessages: 10 });
    expect((await small.send('/v1/responses', { ...body, input: many })).status).toBe(400);
    const off = await startServer({ agents: [createEchoAgent()] });
    expect((await off.send('/v1/responses', body)).status).toBe(404);
  });

  test('for runs and streams above the cap', async () => {
    const { agent, release } = createHeldAgent();
    const caps = { maxRunning: { perPrincipal: 1 }, maxStreams: { perPrincipal: 1 } };
    const client = await createClient({ agents: [agent], ...caps });
    const { id } = await client.responses.create({ model: 'held', input: 'Go.', background: true });
    const more = await catchError(client.responses.create({ model: 'held', input: 'Go.' }));
    expect(more).toMatchObject({ status: 429 });
    const open = await client.responses.retrieve(id, { stream: true });
    expect(await catchError(client.responses.retrieve(id, { stream: true }))).toMatchObject({ status: 429 });
    release();
    expect((await collect(open)).at(-1)?.type).toBe('response.completed');
  });
});

test("a client's retry, and one with the same key, attach to the run of the first try", async () => {
  const calls: string[] = [];
  const host = memoryHost();
  const { url } = await startServer({ agents: [createWeatherAgent({ calls })], host, faces: ['responses'] });
  const proxy = await startFaultyProxy(url, [{ type: '503' }]);
  const client = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: 'unused', maxRetries: 2 });
  const retried = await client.responses.create({ model: 'weather', input: 'Weather?' });
  expect(retried.output_text).toBe('It is sunny in Rome.');
  expect(calls).toEqual(['Rome']);
  const keyed = { headers: { 'idempotency-key': 'k' } };
  const first = await client.responses.create({ model: 'weather', input: 'Weather?' }, keyed);
  expect((await client.responses.create({ model: 'weather', input: 'Weather?' }, keyed)).id).toBe(first.id);
  const other = await catchError(client.responses.create({ model: 'weather', input: 'Other.' }, keyed));
  expect(other).toMatchObject({ status: 422, code: 'run.conflict' });
  expect(await host.listRuns()).toHaveLength(2);
});

test('an agent that asks the served agent gets its text and its usage', async () => {
  const { url } = await startServer({ agents: [createWeatherAgent()], host: memoryHost(), faces: ['responses'] });
  const model = openaiResponses('weather', { baseURL: `${url}/v1`, apiKey: 'unused' });
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused' });
  const { usage } = await client.responses.create({ model: 'weather', input: 'Weather?' });
  for (const stream of [false, true]) {
    const outcome = await new Agent({ model }).run('Weather?', { stream }).outcome();
    expect(outcome).toMatchObject({ status: 'completed', output: 'It is sunny in Rome.' });
    expect(outcome.usage).toMatchObject({ inputTokens: usage?.input_tokens, outputTokens: usage?.output_tokens });
    const [, answer] = outcome.messages;
    expect(JSON.stringify(answer)).toContain('"output":"sunny"');
  }
});
