import { setImmediate } from 'node:timers/promises';
import { Agent, type Host, jsonSchema, memoryConversations, memoryHost, tool } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { createRecordingAgent, type RecordingAgent } from './recording-agent.ts';
import { createRefundAgent, type JsonResponse, type RunningServer, startServer } from './serve-agents.ts';

interface ChatSetting extends RecordingAgent {
  readonly host: Host;
  /** Sends a history under the id of a conversation. Resolves the contents of the messages that the model got. */
  readonly ask: (texts: readonly string[]) => Promise<readonly unknown[]>;
}

const header = 'x-openwebui-chat-id';

/** Users at even places, assistants, whose text the client has rewritten, at odd ones. */
function toHistory(texts: readonly string[]): readonly object[] {
  return texts.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }));
}

async function startChat(): Promise<ChatSetting> {
  const { agent, requests } = createRecordingAgent();
  const host = memoryHost();
  const server = await startServer({
    agents: [agent],
    host,
    conversations: memoryConversations(),
    conversation: ({ headers }) => headers.get(header) ?? undefined,
  });
  const ask = async (texts: readonly string[]): Promise<readonly unknown[]> => {
    const answer = await send(server, { model: 'recorder', messages: toHistory(texts) });
    expect(answer.status).toBe(200);
    return (requests.at(-1)?.messages ?? []).slice(1).map(({ content }) => content);
  };
  return { agent, requests, host, ask };
}

function send(
  server: RunningServer,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<JsonResponse> {
  return server.send('/v1/chat/completions', body, { headers: { [header]: 'chat', ...headers } });
}

describe('a conversation of Chat Completions', () => {
  test('gets only the new message, and keeps what the assistant really wrote', async () => {
    const { ask } = await startChat();
    expect(await ask(['One.'])).toEqual(['One.']);
    expect(await ask(['One.', 'rewritten', 'Two.'])).toEqual(['One.', 'Noted.', 'Two.']);
    expect(await ask(['One.', 'rewritten', 'Two.', 'again', 'Three.'])).toEqual([
      'One.',
      'Noted.',
      'Two.',
      'Noted.',
      'Three.',
    ]);
  });

  test('begins a branch where a message was edited, and goes back to the first', async () => {
    const { ask } = await startChat();
    expect(await ask(['One.'])).toHaveLength(1);
    expect(await ask(['One.', 'x', 'Two.'])).toHaveLength(3);
    expect(await ask(['One.', 'x', 'Deux.'])).toEqual(['One.', 'Noted.', 'Deux.']);
    expect(await ask(['One.', 'x', 'Deux.', 'x', 'Trois.'])).toEqual(['One.', 'Noted.', 'Deux.', 'Noted.', 'Trois.']);
    expect(await ask(['One.', 'x', 'Two.', 'x', 'Three.'])).toEqual(['One.', 'Noted.', 'Two.', 'Noted.', 'Three.']);
  });

  test('answers the last message again in a branch of its own', async () => {
    const { ask } = await startChat();
    expect(await ask(['One.'])).toHaveLength(1);
    expect(await ask(['One.', 'x', 'Two.'])).toHaveLength(3);
    expect(await ask(['One.', 'x', 'Two.'])).toEqual(['One.', 'Noted.', 'Two.']);
    expect(await ask(['Other.'])).toEqual(['Other.']);
  });

  test('without the header the history of the caller is everything', async () => {
    const { agent, requests } = createRecordingAgent();
    const server = await startServer({
      agents: [agent],
      conversations: memoryConversations(),
      host: memoryHost(),
      conversation: () => undefined,
    });
    await send(server, { model: 'recorder', messages: toHistory(['One.', 'rewritten', 'Two.']) });
    expect(requests[0]?.messages.slice(1).map(({ content }) => content)).toEqual(['One.', 'rewritten', 'Two.']);
  });

  test('sends a message to the run that waits for an approval, which is then not given', async () => {
    const refunds: number[] = [];
    const host = memoryHost();
    const server = await startServer({
      agents: [createRefundAgent({ refunds })],
      host,
      conversations: memoryConversations(),
      conversation: () => 'chat',
    });
    const first = await (await send(server, { model: 'refunds', messages: toHistory(['Refund.']) })).json();
    const second = await (
      await send(server, { model: 'refunds', messages: toHistory(['Refund.', 'x', 'No, leave it.']) })
    ).json();
    expect(second).toMatchObject({ id: (first as { id: string }).id });
    expect(refunds).toEqual([]);
    expect(await host.listRuns()).toHaveLength(1);
  });

  test('sends each further message to a run that still waits, although the store has none of them yet', async () => {
    const host = memoryHost();
    const server = await startServer({
      agents: [createRefundAgent()],
      host,
      conversations: memoryConversations(),
      conversation: () => 'chat',
    });
    const ids = new Set<string>();
    for (const texts of [['Refund.'], ['Refund.', 'x', 'No.'], ['Refund.', 'x', 'No.', 'x', 'Leave it.']]) {
      ids.add((await (await send(server, { model: 'refunds', messages: toHistory(texts) })).json()).id);
    }
    expect(ids.size).toBe(1);
    const [open = ''] = ids;
    const { events } = await host.getRun(open);
    const sent = events.flatMap(({ event }) => (event.type === 'user.interrupted' ? [event.message.content] : []));
    expect(sent).toEqual(['No.', 'Leave it.']);
    expect(await host.listRuns()).toHaveLength(1);
    const both = ['Refund.', 'x', 'No.', 'x', 'Leave it.', 'x', 'Really.', 'x', 'Please.'];
    expect(await (await send(server, { model: 'refunds', messages: toHistory(both) })).json()).toMatchObject({
      id: open,
    });
    expect(await host.listRuns()).toHaveLength(1);
  });

  test('sends a message to the run at work, whose own message is not stored yet', async () => {
    const begun = Promise.withResolvers<void>();
    let isStopped = false;
    const model = scriptedModel(({ messages }) => {
      begun.resolve();
      isStopped ||= messages.some(({ content }) => content === 'Stop.');
      return isStopped ? respond.text('Stopped.') : respond.call('wait', {});
    });
    const wait = tool({
      name: 'wait',
      description: 'Waits.',
      input: jsonSchema<object>({ type: 'object', properties: {}, additionalProperties: false }),
      execute: async () => setImmediate('Waited.'),
    });
    const host = memoryHost();
    const server = await startServer({
      agents: [new Agent({ name: 'waiter', model, tools: [wait], limits: { turns: 100_000 } })],
      host,
      conversations: memoryConversations(),
      conversation: () => 'chat',
    });
    const ask = async (texts: readonly string[]): Promise<string> =>
      (await (await send(server, { model: 'waiter', messages: toHistory(texts) })).json()).id;
    const first = ask(['Begin.']);
    await begun.promise;
    expect(await ask(['Begin.', 'x', 'Stop.'])).toBe(await first);
    expect(await host.listRuns()).toHaveLength(1);
    const { messages } = await (await server.send('/v1/conversations/chat')).json();
    const users = messages.filter(({ role }: Message) => role === 'user');
    expect(users.map(({ content }: Message) => content)).toEqual(['Begin.', 'Stop.']);
  });

  test('with an Idempotency-Key gets only the new message too, and one run for each key', async () => {
    const { agent, requests } = createRecordingAgent();
    const host = memoryHost();
    const { send: sendTo } = await startServer({
      agents: [agent],
      host,
      conversations: memoryConversations(),
      conversation: () => 'chat',
    });
    const ask = async (texts: readonly string[], key: string): Promise<string> => {
      const body = { model: 'recorder', messages: toHistory(texts) };
      const response = await sendTo('/v1/chat/completions', body, { headers: { 'idempotency-key': key } });
      return (await response.json()).id;
    };
    await ask(['One.'], 'a');
    const second = await ask(['One.', 'rewritten', 'Two.'], 'b');
    expect(
      requests
        .at(-1)
        ?.messages.slice(1)
        .map(({ content }) => content),
    ).toEqual(['One.', 'Noted.', 'Two.']);
    expect(await ask(['One.', 'rewritten', 'Two.'], 'b')).toBe(second);
    const third = ['One.', 'rewritten', 'Two.', 'x', 'Three.'];
    expect(new Set(await Promise.all([1, 2, 3].map(() => ask(third, 'c')))).size).toBe(1);
    expect(await host.listRuns()).toHaveLength(3);
    const { messages } = await (await sendTo('/v1/conversations/chat')).json();
    expect(messages).toHaveLength(6);
  });

  test.each([
    ['the same key', { 'idempotency-key': 'k' }, { 'idempotency-key': 'k' }],
    ['the count of a retry', {}, { 'x-stainless-retry-count': '1' }],
  ])('a message to an open run that is sent again with %s reaches it once', async (_, first, again) => {
    const host = memoryHost();
    const server = await startServer({
      agents: [createRefundAgent()],
      host,
      conversations: memoryConversations(),
      conversation: () => 'chat',
    });
    const open = await (await send(server, { model: 'refunds', messages: toHistory(['Refund.']) })).json();
    const body = { model: 'refunds', messages: toHistory(['Refund.', 'x', 'No, leave it.']) };
    const answers = [];
    for (const headers of [first, again]) answers.push(await (await send(server, body, headers)).json());
    expect(answers.map(({ id }) => id)).toEqual([open.id, open.id]);
    expect(answers[1]).toEqual(answers[0]);
    const { events } = await host.getRun(open.id);
    expect(events.filter(({ event }) => event.type === 'user.interrupted')).toHaveLength(1);
    expect(await host.listRuns()).toHaveLength(1);
  });

  test('GET shows the branch that was used last, or the one that is asked for', async () => {
    const { agent } = createRecordingAgent();
    const server = await startServer({
      agents: [agent],
      host: memoryHost(),
      conversations: memoryConversations(),
      conversation: () => 'chat',
    });
    const read = async (query: string): Promise<unknown> => {
      const { branch, messages } = await (await server.send(`/v1/conversations/chat${query}`)).json();
      return { branch, texts: messages.map(({ content }: { content: string }) => content) };
    };
    const one = { branch: 0, texts: ['One.', 'Noted.', 'Two.', 'Noted.'] };
    const other = { branch: 1, texts: ['One.', 'Noted.', 'Deux.', 'Noted.'] };
    for (const texts of [['One.'], ['One.', 'x', 'Two.'], ['One.', 'x', 'Deux.']]) {
      await (await send(server, { model: 'recorder', messages: toHistory(texts) })).json();
    }
    expect(await read('')).toEqual(other);
    expect(await read('?branch=0')).toEqual(one);
    await (await send(server, { model: 'recorder', messages: toHistory(['One.', 'x', 'Two.', 'x', 'Three.']) })).json();
    expect(await read('')).toMatchObject({ branch: 0 });
    expect((await server.send('/v1/conversations/chat?branch=7')).status).toBe(404);
    expect((await server.send('/v1/conversations/chat?branch=-1')).status).toBe(400);
    const { data } = await (await server.send('/v1/runs?conversation=chat&branch=1')).json();
    expect(data).toHaveLength(1);
  });
});
