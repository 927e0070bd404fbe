import { Agent, type AgentOptions, customTool, openai, type Run } from '@pawl/core';
import type { CustomToolObject, Message } from '@pawl/core/chat';
import { checkHistory, type OfflineServer, offlineServer, respond, type ScriptedResponse } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { weather } from './weather.ts';

const QUERY = 'SELECT "a" -- {\n';
const user = { role: 'user', content: 'Go.' } as const;
const done = { role: 'assistant', content: 'Done.' } as const;

function sqlTool(ran: string[] = []): ReturnType<typeof customTool> {
  return customTool({
    name: 'sql',
    description: 'Runs a query.',
    format: { type: 'grammar', grammar: { syntax: 'regex', definition: 'SELECT .+' } },
    effect: 'read',
    execute(text) {
      ran.push(text);
      return `Ran ${text.length} characters.`;
    },
  });
}

const offered: CustomToolObject = {
  type: 'custom',
  custom: {
    name: 'sql',
    description: 'Runs a query.',
    format: { type: 'grammar', grammar: { syntax: 'regex', definition: 'SELECT .+' } },
  },
};

/** For servers that know functions only. */
const asFunction = {
  type: 'function',
  function: {
    name: 'sql',
    description: 'Runs a query.',
    parameters: {
      type: 'object',
      properties: {
        input: { type: 'string', description: 'Text that matches this regular expression as a whole: SELECT .+' },
      },
      required: ['input'],
      additionalProperties: false,
    },
  },
};

interface Started {
  readonly server: OfflineServer;
  readonly run: Run;
}

interface StartOptions {
  readonly profile: 'openai' | 'compatible';
  readonly stream: boolean;
  readonly agent?: Omit<AgentOptions<unknown, string>, 'model'>;
  readonly input?: readonly Message[];
}

async function started(
  script: readonly ScriptedResponse[],
  { profile, stream, agent, input }: StartOptions,
): Promise<Started> {
  const server = await offlineServer({ script });
  onTestFinished(() => server.close());
  const model = openai('m', { baseURL: server.baseURL, apiKey: 'none', profile });
  const run = new Agent({ tools: [sqlTool(), weather], ...agent, model }).run(input ?? [user], { stream });
  return { server, run };
}

function wrote(input: string, name = 'sql'): Message {
  return {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'call_1', type: 'custom', custom: { name, input } }],
  };
}

function called(text: string, name = 'sql'): Message {
  return {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'call_1', type: 'function', function: { name, arguments: text } }],
  };
}

function result(content: string): Message {
  return { role: 'tool', tool_call_id: 'call_1', content };
}

describe.each([{ stream: true }, { stream: false }])('custom tools, stream: $stream', ({ stream }) => {
  test('runs a custom call with its exact text, and sends it back unchanged', async () => {
    const ran: string[] = [];
    const script = [respond.custom('sql', QUERY), respond.text('Done.')];
    const { run, server } = await started(script, { profile: 'openai', stream, agent: { tools: [sqlTool(ran)] } });
    const { messages, toolCallCount: toolCalls } = await run;

    expect(ran).toEqual([QUERY]);
    expect(toolCalls).toBe(1);
    const conversation = [user, wrote(QUERY), result('Ran 16 characters.')];
    expect(messages).toEqual([...conversation, done]);
    expect(server.requests.map(({ body }) => [body.tools, body.messages])).toEqual([
      [[offered], [user]],
      [[offered], conversation],
    ]);
  });

  test('sends a custom tool as a function to a server that knows only functions', async () => {
    const ran: string[] = [];
    const script = [respond.call('sql', { input: QUERY }), respond.text('Done.')];
    const { run, server } = await started(script, { profile: 'compatible', stream, agent: { tools: [sqlTool(ran)] } });
    const { messages } = await run;

    expect(ran).toEqual([QUERY]);
    const conversation = [user, called(JSON.stringify({ input: QUERY })), result('Ran 16 characters.')];
    expect(messages).toEqual([...conversation, done]);
    expect(server.requests.map(({ body }) => [body.tools, body.messages])).toEqual([
      [[asFunction], [user]],
      [[asFunction], conversation],
    ]);
  });

  test('continues a conversation with custom calls on a server that knows only functions', async () => {
    const input = [user, wrote(QUERY), result('Ran.'), done, user];
    const { run, server } = await started([respond.text('Done.')], { profile: 'compatible', stream, input });
    const { messages } = await run;

    expect(messages).toEqual([...input, done]);
    expect(server.requests[0]?.body.messages).toEqual([
      user,
      called(JSON.stringify({ input: QUERY })),
      result('Ran.'),
      done,
      user,
    ]);
  });

  test('reads a missing text as empty', async () => {
    const { run } = await started([respond.custom('sql', ''), respond.text('Done.')], { profile: 'openai', stream });
    expect((await run).messages).toEqual([user, wrote(''), result('Ran 0 characters.'), done]);
  });

  test('reads the text of a custom call to a function as arguments', async () => {
    const text = '{"city":"Oslo"}';
    const script = [respond.custom('get_weather', text), respond.text('Done.')];
    const { run } = await started(script, { profile: 'openai', stream });
    expect((await run).messages).toEqual([user, wrote(text, 'get_weather'), result('Rain in Oslo.'), done]);
  });

  test('changes a call name that servers reject', async () => {
    const script = [respond.custom('functions.run', QUERY), respond.text('Done.')];
    const { run } = await started(script, { profile: 'openai', stream });
    const { messages } = await run;
    const received = 'There is no tool "functions_run". The tools are: sql, get_weather.';

    expect(messages).toEqual([user, wrote(QUERY, 'functions_run'), result(received), done]);
    expect(checkHistory(messages)).toEqual([]);
  });

  test('finds the tool of a name with the functions namespace', async () => {
    const script = [respond.custom('functions.sql', QUERY), respond.text('Done.')];
    const { run } = await started(script, { profile: 'openai', stream });
    expect((await run).messages).toEqual([user, wrote(QUERY), result('Ran 16 characters.'), done]);
  });

  test('returns an error for arguments without the text, which counts as an input retry', async () => {
    const wrong = respond.call('sql', { query: QUERY });
    const agent = { tools: [{ ...sqlTool(), maxInputRetries: 0 }] };
    const { run } = await started([wrong], { profile: 'compatible', stream, agent });
    const outcome = await run.outcome();

    expect(outcome).toMatchObject({ status: 'failed', error: { name: 'InvalidToolInputError' } });
    expect(outcome.messages.at(-1)).toEqual(result('input: expected string, got undefined'));
  });

  test('sends the choice of a custom tool in its own form, or as a function', async () => {
    const agent = { tools: [sqlTool()], toolChoice: { type: 'custom', custom: { name: 'sql' } } } as const;
    const sent = async (profile: StartOptions['profile']): Promise<unknown> => {
      const { run, server } = await started([respond.text('Done.')], { profile, stream, agent });
      await run;
      return server.requests[0]?.body.tool_choice;
    };

    expect(await sent('openai')).toEqual({ type: 'custom', custom: { name: 'sql' } });
    expect(await sent('compatible')).toEqual({ type: 'function', function: { name: 'sql' } });
  });
});

test('emits the deltas of a custom call as they arrive, with the kind custom', async () => {
  const script = [respond.custom('sql', QUERY), respond.text('Done.')];
  const { run } = await started(script, { profile: 'openai', stream: true });
  const received: string[] = [];
  run.on('tool_call.delta', ({ name, kind, delta }) => received.push(`${name} ${kind}: ${delta}`));
  await run;

  expect(received).toEqual(['sql custom: SELECT "a" -', 'sql custom: - {\n']);
});

test('emits deltas of the kind function if the server has no custom tools', async () => {
  const script = [respond.call('sql', { input: QUERY }), respond.text('Done.')];
  const { run } = await started(script, { profile: 'compatible', stream: true });
  const received: string[] = [];
  let text = '';
  run.on('tool_call.delta', ({ kind, delta }) => {
    received.push(kind);
    text += delta;
  });
  await run;

  expect(new Set(received)).toEqual(new Set(['function']));
  expect(JSON.parse(text)).toEqual({ input: QUERY });
});

test('ends the run if a custom call fails repeatedly', async () => {
  const broken = customTool({
    name: 'sql',
    description: 'Runs a query.',
    effect: 'read',
    execute() {
      throw new Error('No such table.');
    },
  });
  const script = ['call_1', 'call_2', 'call_3', 'call_4'].map((id) => respond.custom('sql', QUERY, { id }));
  const { run } = await started(script, { profile: 'openai', stream: false, agent: { tools: [broken] } });
  const stuck: unknown[] = [];
  run.on('tool.repeated_failure', ({ tool, count }) => stuck.push({ tool, count }));

  expect(await run.outcome()).toMatchObject({ status: 'failed', error: { name: 'RepeatedToolFailureError' } });
  expect(stuck).toEqual([{ tool: 'sql', count: 3 }]);
});

test('sends a wrapped custom tool under its new name', async () => {
  const agent = { tools: [{ ...sqlTool(), name: 'query', description: 'Asks.' }] };
  const script = [respond.custom('query', QUERY), respond.text('Done.')];
  const { run, server } = await started(script, { profile: 'openai', stream: false, agent });
  const { messages } = await run;

  expect(server.requests[0]?.body.tools).toEqual([
    { type: 'custom', custom: { ...offered.custom, name: 'query', description: 'Asks.' } },
  ]);
  expect(messages).toEqual([user, wrote(QUERY, 'query'), result('Ran 16 characters.'), done]);
});
