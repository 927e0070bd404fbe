import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Agent, type Host, memoryHost, tool } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { type AgentServerOptions, type AnyAgent, createAgentServer } from '@pawl/mcp/server';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createFolder } from '../folder.ts';
import { callTool, connect, withoutMarks } from './kit.ts';
import { createRefundAgent } from './refund-agent.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const URL_OF_SERVER = 'http://127.0.0.1:3000/mcp';

/** Serves agents without a socket. */
function serve(agents: readonly AnyAgent[], options: AgentServerOptions = {}) {
  const server = createAgentServer(agents, { secret: SECRET, ...options });
  onTestFinished(() => server.close());
  const send = (url: string | URL, init?: RequestInit): Promise<Response> => {
    const headers = new Headers(init?.headers);
    if (!headers.has('host')) headers.set('host', new URL(url).host);
    return server.fetch(new Request(url, { ...init, headers }));
  };
  return { server, send };
}

/** Connects the SDK's client, of the revision 2026-07-28. It answers questions by hand. */
async function openSdkClient(send: ReturnType<typeof serve>['send'], token?: string): Promise<Client> {
  const client = new Client(
    { name: 'test', version: '1' },
    {
      capabilities: { elicitation: { form: {} } },
      versionNegotiation: { mode: { pin: '2026-07-28' } },
      inputRequired: { autoFulfill: false },
    },
  );
  const headers: Record<string, string> = token === undefined ? {} : { authorization: token };
  await client.connect(
    new StreamableHTTPClientTransport(new URL(URL_OF_SERVER), { fetch: send, requestInit: { headers } }),
  );
  onTestFinished(() => client.close());
  return client;
}

interface RawResult {
  readonly resultType?: string;
  readonly requestState?: string;
  readonly inputRequests?: Readonly<Record<string, { readonly params: unknown }>>;
  readonly content?: readonly { readonly text: string }[];
  readonly isError?: boolean;
  readonly structuredContent?: unknown;
}

async function call(client: Client, name: string, more: object = {}): Promise<RawResult> {
  const params = { name, arguments: { prompt: 'Go.' }, ...more };
  return (await client.callTool(params, { allowInputRequired: true })) as RawResult;
}

function createTalker(text = 'Hello.') {
  return new Agent({ name: 'talker', description: 'Talks.', model: scriptedModel(() => respond.text(text)) });
}

test('an agent is a tool of an MCP client', async () => {
  const { send } = serve([createTalker()], { instructions: 'Ask politely.' });
  const client = await connect({ name: 'team', url: URL_OF_SERVER, fetch: send });
  expect(client.instructions).toBe('Ask politely.');
  expect(client.definitions).toMatchObject([
    { name: 'talker', description: 'Talks.', inputSchema: { required: ['prompt'] } },
  ]);
  expect((await callTool(client, 'team__talker', { prompt: 'Hi.' })).content).toBe('Hello.');
});

test('a structured output of an agent is a structured result', async () => {
  const output = z.object({ sunny: z.boolean() });
  const model = scriptedModel(() => respond.text('{"sunny":true}'));
  const agent = new Agent({ name: 'weather', description: 'Knows the weather.', model, output });
  const { send } = serve([agent]);
  const client = await openSdkClient(send);
  const { tools } = await client.listTools();
  expect(tools[0]?.outputSchema).toMatchObject({ properties: { sunny: { type: 'boolean' } } });
  const result = await call(client, 'weather');
  expect(result.structuredContent).toEqual({ sunny: true });
  expect(result.content).toEqual([{ type: 'text', text: '{"sunny":true}' }]);
});

test('an agent has an input and a name of its own', async () => {
  const agent = createTalker();
  const seen: unknown[] = [];
  const server = createAgentServer(
    [
      {
        agent: agent.with({
          model: scriptedModel(({ messages }) => {
            seen.push(messages.at(-1)?.content);
            return respond.text('ok');
          }),
        }),
        name: 'city.weather',
        input: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        prompt: ({ city }) => `The weather in ${city}?`,
        annotations: { readOnlyHint: true },
      },
    ],
    { secret: SECRET },
  );
  onTestFinished(() => server.close());
  const send = (url: string | URL, init?: RequestInit) =>
    server.fetch(
      new Request(url, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), host: '127.0.0.1' } }),
    );
  const client = await connect({ name: 'w', url: URL_OF_SERVER, fetch: send });
  expect(client.definitions[0]?.annotations).toEqual({ readOnlyHint: true });
  await callTool(client, 'w__city_weather', { city: 'Rome' });
  expect(seen).toEqual(['The weather in Rome?']);
});

test.each([
  ['approve', { action: 'accept', content: { decision: 'approve' } }, 'The tool says: refunded 5', 1],
  ['deny', { action: 'accept', content: { decision: 'deny', reason: 'Too much.' } }, 'Too much.', 0],
  ['decline', { action: 'decline' }, 'The tool says:', 0],
] as const)(
  'a pending approval is a question to the client, whose answer may be: %s',
  async (_, response, text, count) => {
    const refunds: number[] = [];
    const { send } = serve([createRefundAgent((amount) => refunds.push(amount))], { host: memoryHost() });
    const client = await openSdkClient(send);
    const asked = await call(client, 'refunds');
    expect(asked.resultType).toBe('input_required');
    const [[key, question]] = Object.entries(asked.inputRequests ?? {}) as [[string, { readonly params: unknown }]];
    expect(question.params).toMatchObject({ message: 'Approve the call of refund?\nRefund 5 EUR' });
    const { requestState } = asked;
    const done = await call(client, 'refunds', { inputResponses: { [key]: response }, requestState });
    expect(done.isError).toBeFalsy();
    expect(done.content?.[0]?.text).toContain(text);
    expect(refunds).toHaveLength(count);
  },
);

test('an answer to an agent goes on in another process, and counts once', async () => {
  const refunds: number[] = [];
  const file = join(createFolder(), 'runs.db');
  const open = (): Host => {
    const host = sqliteHost(file);
    onTestFinished(() => host.close());
    return host;
  };
  const agent = createRefundAgent((amount) => refunds.push(amount));
  const asked = await call(await openSdkClient(serve([agent], { host: open() }).send), 'refunds');
  const inputResponses = Object.fromEntries(
    Object.keys(asked.inputRequests ?? {}).map((key) => [key, { action: 'accept', content: { decision: 'approve' } }]),
  );
  const other = await openSdkClient(serve([agent], { host: open() }).send);
  const answer = { inputResponses, requestState: asked.requestState };
  expect((await call(other, 'refunds', answer)).content?.[0]?.text).toBe('The tool says: refunded 5');
  // The client did not get the response, and sends the answer again.
  expect((await call(other, 'refunds', answer)).content?.[0]?.text).toBe('The tool says: refunded 5');
  expect(refunds).toEqual([5]);
});

const authorize: AgentServerOptions['authorize'] = ({ headers }) => {
  const token = headers.get('authorization');
  return token === null
    ? undefined
    : { token, clientId: 'app', scopes: [], extra: { iss: 'https://id.example', sub: token } };
};

test('an answer of another caller is refused, and the run keeps waiting', async () => {
  const refunds: number[] = [];
  const host = memoryHost();
  const { send } = serve([createRefundAgent((amount) => refunds.push(amount))], { host, authorize });
  const asked = await call(await openSdkClient(send, 'ann'), 'refunds');
  const inputResponses = Object.fromEntries(
    Object.keys(asked.inputRequests ?? {}).map((key) => [key, { action: 'accept', content: { decision: 'approve' } }]),
  );
  const ben = await openSdkClient(send, 'ben');
  const answer = { inputResponses, requestState: asked.requestState };
  await expect(call(ben, 'refunds', answer)).rejects.toThrow('Invalid or expired requestState');
  const forged = { inputResponses, requestState: `${asked.requestState?.slice(0, -2)}xx` };
  await expect(call(ben, 'refunds', forged)).rejects.toThrow('Invalid or expired requestState');
  expect(refunds).toEqual([]);
  const [run] = await host.listRuns({ owner: '["https://id.example","ann"]' });
  expect(run?.status).toBe('suspended');
});

test('mayAnswer keeps a caller from approving its own call', async () => {
  const refunds: number[] = [];
  const options = { host: memoryHost(), mayAnswer: () => false };
  const { send } = serve([createRefundAgent((amount) => refunds.push(amount))], options);
  const client = await openSdkClient(send);
  const asked = await call(client, 'refunds');
  const inputResponses = Object.fromEntries(
    Object.keys(asked.inputRequests ?? {}).map((key) => [key, { action: 'accept', content: { decision: 'approve' } }]),
  );
  const again = await call(client, 'refunds', { inputResponses, requestState: asked.requestState });
  expect(again.resultType).toBe('input_required');
  expect(refunds).toEqual([]);
});

test('calls of one caller with one idempotency key are one run, and those of two callers two', async () => {
  let requestCount = 0;
  const model = scriptedModel(() => {
    requestCount += 1;
    return respond.text('Done.');
  });
  const host = memoryHost();
  const agent = new Agent({ name: 'once', description: 'Works once.', model });
  const { send } = serve([agent], { host, authorize });
  const key = { _meta: { idempotencyKey: 'k' } };
  const [ann, ben] = [await openSdkClient(send, 'ann'), await openSdkClient(send, 'ben')];
  await call(ann, 'once', key);
  expect((await call(ann, 'once', key)).content?.[0]?.text).toBe('Done.');
  expect(requestCount).toBe(1);
  await call(ben, 'once', key);
  expect(requestCount).toBe(2);
  const other = await call(ann, 'once', { ...key, arguments: { prompt: 'Something else.' } });
  expect(other.isError).toBe(true);
});

/** An agent whose tool waits. */
function createWaitingAgent() {
  const begun = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<void>();
  const released = Promise.withResolvers<string>();
  const wait = tool({
    name: 'wait',
    input: z.object({}),
    execute: async (_, { signal }) => {
      begun.resolve();
      signal.addEventListener('abort', () => released.resolve('aborted'));
      return released.promise;
    },
  });
  const model = scriptedModel(({ messages }) => {
    if (messages.at(-1)?.role !== 'tool') return respond.call('wait');
    finished.resolve();
    return respond.text('Done.');
  });
  const agent = new Agent({ name: 'waiter', description: 'Waits.', model, tools: [wait] });
  return {
    agent,
    begun: begun.promise,
    finished: finished.promise,
    release: () => released.resolve('released'),
    released,
  };
}

test('a run of a client that disconnects goes on if the server has a host', async () => {
  const host = memoryHost();
  const { agent, begun, finished, release } = createWaitingAgent();
  const client = await openSdkClient(serve([agent], { host }).send);
  const calling = call(client, 'waiter').catch(() => 'gone');
  await begun;
  await client.close();
  await calling;
  release();
  await finished;
  await expect.poll(async () => (await host.listRuns())[0]?.status).toBe('completed');
});

test('a run of a client that disconnects is aborted if the server has no host', async () => {
  const { agent, begun, released } = createWaitingAgent();
  const client = await openSdkClient(serve([agent]).send);
  const calling = call(client, 'waiter').catch(() => 'gone');
  await begun;
  await client.close();
  await calling;
  expect(await released.promise).toBe('aborted');
});

test('progress of an agent reaches its client', async () => {
  const { send } = serve([createTalker()]);
  const client = await connect({ name: 'team', url: URL_OF_SERVER, fetch: send });
  const { events } = await callTool(client, 'team__talker', { prompt: 'Hi.' });
  const progress = events.flatMap((event) => (event.type === 'tool.progress' ? [event.progress] : []));
  expect(progress).toContainEqual({ progress: 1, message: 'turn 1' });
});

test('a failed run of an agent is an error result', async () => {
  const agent = new Agent({
    name: 'failing',
    description: 'Fails.',
    model: scriptedModel(() => respond.text('')),
    retry: { maxAttempts: 1 },
  });
  const client = await openSdkClient(serve([agent]).send);
  const result = await call(client, 'failing');
  expect(result.isError).toBe(true);
  expect(result.content?.[0]?.text).toContain('The agent failed');
});

test('the context of a run is made of its caller', async () => {
  const seen: unknown[] = [];
  const look = tool({
    name: 'look',
    input: z.object({}),
    execute: (_, { context }) => {
      seen.push(context);
      return 'seen';
    },
  });
  const model = scriptedModel([respond.call('look'), respond.text('Done.')]);
  const agent = new Agent({ name: 'looker', description: 'Looks.', model, tools: [look] });
  const options = { authorize, context: (authInfo: { readonly token: string } | undefined) => authInfo?.token };
  await call(await openSdkClient(serve([agent], options).send, 'ann'), 'looker');
  expect(seen).toEqual(['ann']);
});

test.each([
  ['another hostname', { host: 'evil.example' }, 403],
  ['a page of another site', { origin: 'https://evil.example' }, 403],
  ['no authorization', {}, 401],
])('the agent server refuses a request with %s', async (_, headers, status) => {
  const { send } = serve([createTalker()], { authorize });
  const response = await send(URL_OF_SERVER, { method: 'POST', headers, body: '{}' });
  expect(response.status).toBe(status);
});

test('questions of an agent reach a client of the revision 2025-11-25 over stdio', async () => {
  const asked: string[] = [];
  const client = await connect({
    name: 'team',
    command: process.execPath,
    args: [join(import.meta.dirname, 'stdio-agent-server.ts')],
    onElicitation: ({ message }) => {
      asked.push(message);
      return { action: 'accept', content: { decision: 'approve' } };
    },
  });
  expect(client.era).toBe('legacy');
  const { content } = await callTool(client, 'team__refunds', { prompt: 'Refund it.' });
  expect(content).toBe('The tool says: refunded 5');
  expect(asked).toEqual(['Approve the call of refund?\nRefund 5 EUR']);
});

test('an agent asks a person through another agent: both runs survive', async () => {
  const inner = memoryHost();
  const { send } = serve([createRefundAgent()], { host: inner });
  const client = await connect({ name: 'team', url: URL_OF_SERVER, fetch: send });
  const model = scriptedModel(({ messages }) =>
    messages.at(-1)?.role === 'tool' ? respond.text('Done.') : respond.call('team__refunds', { prompt: 'Refund it.' }),
  );
  const outer = new Agent({ name: 'outer', model, tools: client.tools });
  const host = memoryHost();
  const outcome = await outer.run('Go.', { host, runId: 'run' }).outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error('No call is pending.');
  const requests = Object.keys(Object((pending.preview as { readonly requests?: object }).requests));
  const value = Object.fromEntries(
    requests.map((key) => [key, { action: 'accept', content: { decision: 'approve' } }]),
  );
  await host.answer('run', pending.id, { type: 'resume', fingerprint: pending.fingerprint, value });
  const done = await outer.resume('run', { host }).outcome();
  const result = done.messages.find(({ role }) => role === 'tool');
  expect(withoutMarks(String(result?.content))).toBe('The tool says: refunded 5');
});
