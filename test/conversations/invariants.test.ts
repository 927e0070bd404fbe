import { Agent, conversation, tool } from '@pawl/core';
import { checkHistory, manualClock, respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { asAssistant, asUser, createEchoAgent, stores } from './stores.ts';

/** Creates an agent that makes two parallel calls, then one more. */
function createLookingAgent(): Agent {
  const look = tool({
    name: 'look',
    description: 'Looks.',
    input: z.object({}),
    effect: 'read',
    execute: () => 'seen',
  });
  const model = scriptedModel(({ messages }) => {
    const turn = messages.slice(messages.findIndex(({ content }) => content === 'Look.')).filter(isAssistant).length;
    if (turn === 0) return respond.calls([{ name: 'look' }, { name: 'look' }]);
    return turn === 1 ? respond.call('look') : respond.text('Seen.');
  });
  return new Agent({ model, tools: [look], clock: manualClock() });
}

function isAssistant({ role }: { readonly role: string }): boolean {
  return role === 'assistant';
}

const MOMENTS = ['before', 'within', 'after'] as const;
const BEFORE = [asUser('Hello.'), asAssistant('Hello.')];
const ROLES = ['user', 'assistant', 'tool', 'tool', 'assistant', 'tool', 'assistant'];

describe.each(stores)('a conversation on $name', ({ open }) => {
  test.each(MOMENTS)('is the same wherever a run crashed %s a step', async (moment) => {
    const ends = new Set<string>();
    for (let at = 1, hasDied = true; hasDied; at++) {
      const { host: inner, store } = open();
      const host = new FaultyHost(inner, { at, moment });
      const chat = conversation({ id: 'chat', store });
      await chat.append(BEFORE);
      const options = { conversation: chat, host };
      const end = createLookingAgent()
        .run('Look.', { ...options, runId: 'run' })
        .outcome();
      await end.catch(() => createLookingAgent().resume('run', options));
      hasDied = host.hasDied;
      expect(await store.load('chat')).toMatchObject({ version: 2 });
      ends.add(JSON.stringify(await chat.getMessages()));
    }
    const [only = '[]', ...others] = ends;
    expect(others).toEqual([]);
    expect(JSON.parse(only).map(({ role }: { readonly role: string }) => role)).toEqual([
      'user',
      'assistant',
      ...ROLES,
    ]);
  });

  test('can be continued after a run was aborted at any event', async () => {
    for (let at = 1, hasAborted = true; hasAborted; at++) {
      const { store } = open();
      const chat = conversation({ id: 'chat', store });
      await chat.append(BEFORE);
      const run = createLookingAgent().run('Look.', { conversation: chat, stream: true });
      hasAborted = false;
      let events = 0;
      run.on('*', ({ type }) => {
        if (type === 'run.finished' || ++events !== at) return;
        hasAborted = true;
        run.abort();
      });
      const outcome = await run.outcome();
      const messages = await chat.getMessages();
      expect(messages).toEqual(outcome.messages);
      expect(checkHistory(messages)).toEqual([]);
      expect(messages.slice(0, 3)).toEqual([...BEFORE, asUser('Look.')]);
      await createEchoAgent().run('And now?', { conversation: chat });
      expect((await chat.getMessages()).slice(0, messages.length)).toEqual(messages);
    }
  });
});
