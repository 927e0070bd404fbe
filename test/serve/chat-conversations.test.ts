import { type Host, memoryConversations, memoryHost } from '@pawl/core';
import { describe, expect, test } from 'vitest';
import { createRecordingAgent, type RecordingAgent } from './recording-agent.ts';
import { createRefundAgent, type RunningServer, startServer } from './serve-agents.ts';

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

function send(server: RunningServer, body: object): Promise<Response> {
  return server.send('/v1/chat/completions', body, { headers: { [header]: 'chat' } });
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
});
