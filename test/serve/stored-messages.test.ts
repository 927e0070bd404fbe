import { memoryConversations, memoryHost } from '@pawl/core';
import { expect, test } from 'vitest';
import { ADA, authorize, createWeatherAgent, startServer, withKey } from './serve-agents.ts';

test('with toolOutput "status" no stored result leaves by another route, or when its run is gone', async () => {
  const { send } = await startServer({
    agents: [createWeatherAgent()],
    host: memoryHost(),
    conversations: memoryConversations(),
    faces: ['responses', 'ag-ui', 'runs', 'ui'],
    toolOutput: 'status',
  });
  const ask = async (runId: string, texts: readonly string[]): Promise<string> => {
    const messages = texts.map((content) => ({ id: content, role: 'user', content }));
    return (await send('/ag-ui/weather', { threadId: 't', runId, messages })).text();
  };
  await ask('r1', ['One.']);
  await ask('r2', ['One.', 'Two.']);
  const [second, first] = (await (await send('/v1/runs')).json()).data;
  const items = await (await send(`/v1/responses/${second.id}/input_items`)).json();
  expect(items.data.map(({ content }: { content: unknown }) => content)).toEqual([
    [{ type: 'input_text', text: 'Two.' }],
  ]);
  await send(`/v1/runs/${first.id}`, undefined, { method: 'DELETE' });
  const shown = [
    await (await send('/v1/conversations/t')).text(),
    await (await send('/v1/conversations/t?format=ui')).text(),
    await ask('r3', []),
  ];
  for (const text of shown) {
    expect(text).toContain('get_weather');
    expect(text).toContain('finished');
    expect(text).not.toMatch(/"(sunny|\\"sunny\\")"/);
  }
});

test('what Pawl keeps for the model’s server does not leave with a conversation', async () => {
  const conversations = memoryConversations();
  const id = JSON.stringify([JSON.stringify([ADA.tenant, ADA.id]), 't']);
  const kept = { provider: 'responses:api.openai.com', parts: [{ encrypted_content: 'secret' }] };
  const messages = [
    { role: 'user', content: 'Hi.' },
    { role: 'assistant', content: 'Hello.' },
  ] as const;
  const stored = messages.map((each) => (each.role === 'user' ? each : { ...each, pawl_kept: kept }));
  await conversations.save(id, { version: 0, keep: 0, messages: stored });
  const { send } = await startServer({ agents: [createWeatherAgent()], host: memoryHost(), conversations, authorize });
  const found = await (await send('/v1/conversations/t', undefined, withKey('key-of-ada'))).json();
  expect(found.messages).toEqual(messages);
});
