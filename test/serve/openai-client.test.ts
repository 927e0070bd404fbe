import { Agent, memoryHost } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import OpenAI, { APIError } from 'openai';
import { describe, expect, onTestFinished, test } from 'vitest';
import { chunkProblems, errorProblems, responseProblems } from '../reference/validators.ts';
import {
  collect,
  createEchoAgent,
  createRefundAgent,
  createWeatherAgent,
  readData,
  startServer,
} from './serve-agents.ts';

async function createClient(agents: readonly Agent[]): Promise<OpenAI> {
  const { url } = await startServer({ agents, host: memoryHost() });
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused', maxRetries: 0 });
}

const hello = [{ role: 'user' as const, content: 'Weather in Rome?' }];

describe('the official client for Node', () => {
  test('gets a completion whose id is the run', async () => {
    const calls: string[] = [];
    const client = await createClient([createWeatherAgent({ calls })]);
    const completion = await client.chat.completions.create({ model: 'weather', messages: hello });
    expect(completion.choices[0]).toEqual({
      index: 0,
      message: { role: 'assistant', content: 'It is sunny in Rome.', refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    });
    expect(calls).toEqual(['Rome']);
    expect(await client.chat.completions.retrieve(completion.id)).toEqual(completion);
  });

  test('streams one message under one id, with one reason to stop and the usage at the end', async () => {
    const client = await createClient([createWeatherAgent()]);
    const stream = await client.chat.completions.create({
      model: 'weather',
      messages: hello,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await collect(stream);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('It is sunny in Rome.');
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toEqual(['stop']);
    expect(chunks.at(-1)?.usage?.total_tokens).toBeGreaterThan(0);
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  test('executes its own tool with runTools, in the run that asked for it', async () => {
    const model = scriptedModel(({ messages }) => {
      const last = messages.at(-1);
      return last?.role === 'tool'
        ? respond.text(`The color is ${String(last.content)}.`)
        : respond.call('pick_color', { kind: 'warm' });
    });
    const agent = new Agent({ name: 'painter', model });
    const host = memoryHost();
    const { url } = await startServer({ agents: [agent], host });
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused', maxRetries: 0 });
    const picked: unknown[] = [];
    const runner = client.chat.completions.runTools({
      model: 'painter',
      messages: [{ role: 'user', content: 'Pick a color.' }],
      tools: [
        {
          type: 'function',
          function: {
            name: 'pick_color',
            description: 'Picks a color.',
            parameters: { type: 'object', properties: { kind: { type: 'string' } } },
            parse: (text: string): unknown => JSON.parse(text),
            function: (input: unknown) => {
              picked.push(input);
              return 'red';
            },
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe('The color is red.');
    expect(picked).toEqual([{ kind: 'warm' }]);
    const [run, ...more] = await host.listRuns();
    expect(more).toEqual([]);
    expect(run?.status).toBe('completed');
    const ids = new Set(runner.allChatCompletions().map(({ id }) => id));
    expect(ids).toEqual(new Set([run?.runId]));
  });

  test('streams with its own tool', async () => {
    const model = scriptedModel(({ messages }) =>
      messages.at(-1)?.role === 'tool'
        ? respond.text('Done.')
        : respond.calls(
            [
              { name: 'mark', arguments: { at: 1 } },
              { name: 'mark', arguments: { at: 2 } },
            ],
            { text: 'I mark both.' },
          ),
    );
    const client = await createClient([new Agent({ name: 'marker', model })]);
    const marks: unknown[] = [];
    const runner = client.chat.completions.runTools({
      model: 'marker',
      stream: true,
      messages: [{ role: 'user', content: 'Mark.' }],
      tools: [
        {
          type: 'function',
          function: {
            name: 'mark',
            description: 'Marks.',
            parameters: { type: 'object', properties: { at: { type: 'number' } } },
            parse: (text: string): unknown => JSON.parse(text),
            function: (input: unknown) => {
              marks.push(input);
              return 'marked';
            },
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe('Done.');
    expect(marks).toEqual([{ at: 1 }, { at: 2 }]);
    expect(runner.messages.flatMap((message) => (message.role === 'assistant' ? [message.content] : []))).toEqual([
      'I mark both.',
      'Done.',
    ]);
  });

  test('lists the agents as models', async () => {
    const client = await createClient([createWeatherAgent(), createEchoAgent()]);
    const models = await collect(client.models.list());
    expect(models.map(({ id, object, owned_by: owner }) => ({ id, object, owner }))).toEqual([
      { id: 'weather', object: 'model', owner: 'pawl' },
      { id: 'echo', object: 'model', owner: 'pawl' },
    ]);
    expect((await client.models.retrieve('echo')).id).toBe('echo');
  });

  test('gets its own classes of errors, with the field and the code', async () => {
    const client = await createClient([createEchoAgent()]);
    const unknown = await client.chat.completions
      .create({ model: 'none', messages: hello })
      .catch((error: unknown) => error);
    expect(unknown).toBeInstanceOf(OpenAI.NotFoundError);
    expect(unknown).toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'model',
      type: 'invalid_request_error',
    });
    const several = await client.chat.completions
      .create({ model: 'echo', messages: hello, n: 2 })
      .catch((error: unknown) => error);
    expect(several).toBeInstanceOf(OpenAI.BadRequestError);
    expect(several).toMatchObject({ code: 'unsupported_parameter', param: 'n' });
    const missing = await client.chat.completions.retrieve('none').catch((error: unknown) => error);
    expect(missing).toMatchObject({ status: 404, code: 'run.unknown' });
    expect(missing).toHaveProperty('requestID', expect.stringMatching(/^[\da-f-]{36}$/));
  });

  test('gets the error of a run that failed while it streamed', async () => {
    const model = scriptedModel([respond.httpError(400, { message: 'This model is broken.' })]);
    const client = await createClient([createEchoAgent({ model })]);
    const stream = await client.chat.completions.create({ model: 'echo', messages: hello, stream: true });
    const error = await collect(stream).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect(String(error)).toContain('This model is broken.');
  });

  test('twenty requests at once get twenty runs', async () => {
    const { url } = await startServer({
      agents: [createEchoAgent()],
      host: memoryHost(),
      maxRunning: { perPrincipal: 20 },
    });
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused', maxRetries: 0 });
    const completions = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        client.chat.completions.create({ model: 'echo', messages: [{ role: 'user', content: `Number ${index}.` }] }),
      ),
    );
    expect(completions.map(({ choices }) => choices[0]?.message.content)).toEqual(
      Array.from({ length: 20 }, (_, index) => `You wrote: Number ${index}.`),
    );
    expect(new Set(completions.map(({ id }) => id)).size).toBe(20);
  });

  test('a client that aborts a stream does not end the run', async () => {
    const host = memoryHost();
    const { promise, resolve: goOn } = Promise.withResolvers<void>();
    onTestFinished(() => goOn());
    const model = scriptedModel([respond.delayed(respond.text('The end.'), { until: promise })]);
    const { url } = await startServer({ agents: [createEchoAgent({ model })], host });
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused', maxRetries: 0 });
    const stream = await client.chat.completions.create({ model: 'echo', messages: hello, stream: true });
    let id = '';
    for await (const chunk of stream) {
      ({ id } = chunk);
      break;
    }
    stream.controller.abort();
    goOn();
    const completion = await client.chat.completions.retrieve(id);
    expect(completion.choices[0]?.message.content).toBe('The end.');
  });
});

describe('what is sent is valid by the schema of OpenAI', () => {
  test('for a completion and for each chunk, also of a suspended run', async () => {
    const agents = [createWeatherAgent(), createRefundAgent()];
    const { send } = await startServer({ agents, host: memoryHost() });
    for (const { name } of agents) {
      const body = { model: name, messages: hello, stream_options: { include_usage: true } };
      const whole: unknown = await (await send('/v1/chat/completions', body)).json();
      expect(responseProblems(whole)).toEqual([]);
      const text = await (
        await send('/v1/chat/completions', { ...body, stream: true }, { headers: { 'pawl-events': '1' } })
      ).text();
      const chunks = readData(text);
      expect(chunks.length).toBeGreaterThan(3);
      for (const chunk of chunks) expect(chunkProblems(chunk)).toEqual([]);
      expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    }
  });

  test('for an error', async () => {
    const { send } = await startServer({ agents: [createEchoAgent()] });
    const refused = await send('/v1/chat/completions', {
      model: 'echo',
      messages: [{ role: 'robot', content: 'Hi.' }],
    });
    expect(refused.status).toBe(400);
    const body: unknown = await refused.json();
    expect(errorProblems(body)).toEqual([]);
    expect(body).toMatchObject({ error: { param: 'messages[0].role' } });
  });

  test('a suspended run is no success without words: it says what waits, and where to answer', async () => {
    const { send } = await startServer({ agents: [createRefundAgent()], host: memoryHost() });
    const response = await send('/v1/chat/completions', { model: 'refunds', messages: hello });
    const { id, choices, pawl } = (await response.json()) as OpenAI.ChatCompletion & { readonly pawl: unknown };
    expect(choices[0]?.finish_reason).toBe('stop');
    expect(choices[0]?.message.content).toContain('refund({"order":7}): needs approval');
    expect(choices[0]?.message.content).toContain(`POST /v1/runs/${id}/answers`);
    expect(pawl).toMatchObject({
      run: id,
      status: 'suspended',
      pending: [{ reason: 'approval' }],
    });
  });
});
