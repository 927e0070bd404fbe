import { memoryConversations, memoryHost, tool, UnknownOutcomeError } from '@pawl/core';
import { compactBySummary } from '@pawl/core/middleware';
import { sqliteConversations, sqliteHost } from '@pawl/core/sqlite';
import { manualClock, respond } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createFile } from '../durable/hosts.ts';
import { NOTHING, openShop, type Shop, type StoredChat, send, show } from './ui-shop.ts';

function writeMessage(text: string): object {
  return { id: 'a', messages: [{ id: '1', role: 'user', parts: [{ type: 'text', text }] }] };
}

async function showChat(shop: Shop): Promise<readonly string[]> {
  return (await shop.read('a')).messages.map((message) => show(JSON.parse(JSON.stringify(message))));
}

test('a message that arrives while the last answer is written is shown after that answer, live and reloaded', async () => {
  const gate = Promise.withResolvers<void>();
  const shop = await openShop([
    respond.stall(respond.text('One two three.'), { afterChunks: 2, until: gate.promise }),
    respond.text('Four.'),
  ]);
  const chat = await shop.open('a');
  const first = chat.sendMessage({ text: 'Count.' });
  await expect.poll(() => show(chat.messages.at(-1) ?? NOTHING)).toBe('assistant: One two ');
  const second = chat.sendMessage({ text: 'Go on.' });
  await expect.poll(() => chat.messages.length).toBe(3);
  gate.resolve();
  await Promise.all([first, second]);

  const answer = 'assistant: One two three. | > [{"type":"text","text":"Go on."}] | Four.';
  expect(chat.messages.map(show)).toEqual(['user: Count.', answer, 'user: Go on.']);
  expect(await showChat(shop)).toEqual(['user: Count.', answer]);
});

test('a message after one that reached the model while it worked can be edited', async () => {
  const gate = Promise.withResolvers<void>();
  const shop = await openShop([
    respond.stall(respond.text('One two three.'), { afterChunks: 2, until: gate.promise }),
    respond.text('Four.'),
    respond.text('Five.'),
    respond.expecting(
      { messages: [{ content: 'Count.' }, {}, { content: 'Go on.' }, { content: 'Four.' }, { content: 'And stop.' }] },
      respond.text('Stopped.'),
    ),
  ]);
  const chat = await shop.open('a');
  const first = chat.sendMessage({ text: 'Count.' });
  await expect.poll(() => show(chat.messages.at(-1) ?? NOTHING)).toBe('assistant: One two ');
  const second = chat.sendMessage({ text: 'Go on.' });
  await expect.poll(() => chat.messages.length).toBe(3);
  gate.resolve();
  await Promise.all([first, second]);
  await chat.sendMessage({ text: 'And on.' });

  await chat.sendMessage({ text: 'And stop.', messageId: chat.messages[3]?.id ?? '' });

  expect(chat.error).toBeUndefined();
  expect(show(chat.messages.at(-1) ?? NOTHING)).toBe('assistant: Stopped.');
});

test('a text that reached the model while it worked can be sent again', async () => {
  const gate = Promise.withResolvers<void>();
  const shop = await openShop([
    respond.stall(respond.text('One two three.'), { afterChunks: 2, until: gate.promise }),
    respond.text('Four.'),
    respond.text('Six.'),
    respond.expecting(
      { messages: [{}, {}, { content: 'Go on.' }, {}, { content: 'Skip five.' }, {}, { content: 'Go on.' }] },
      respond.text('Seven.'),
    ),
  ]);
  const chat = await shop.open('a');
  const first = chat.sendMessage({ text: 'Count.' });
  await expect.poll(() => show(chat.messages.at(-1) ?? NOTHING)).toBe('assistant: One two ');
  const second = chat.sendMessage({ text: 'Go on.' });
  await expect.poll(() => chat.messages.length).toBe(3);
  gate.resolve();
  await Promise.all([first, second]);
  const again = await shop.open('a');
  await again.sendMessage({ text: 'Skip five.' });

  await again.sendMessage({ text: 'Go on.' });

  expect(again.error).toBeUndefined();
  expect(show(again.messages.at(-1) ?? NOTHING)).toBe('assistant: Seven.');
});

test('takes no result from a page for a call whose outcome is unknown', async () => {
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({}),
    onUnknownOutcome: 'ask',
    execute: () => {
      throw new UnknownOutcomeError('The bank did not answer.');
    },
  });
  const shop = await openShop([respond.call('pay'), respond.text('Done.')], { agent: { tools: [pay] } });
  const chat = await shop.open('a');
  await chat.sendMessage({ text: 'Pay.' });
  const message = chat.messages.at(-1);
  const part = message?.parts.at(-1);
  expect(part).toMatchObject({ state: 'approval-requested', approval: { descriptor: { reason: 'unknown_outcome' } } });

  const invented = { ...part, state: 'output-available', output: 'paid' };
  const body = { id: 'a', messages: [{ ...message, parts: [invented] }], messageId: message?.id };
  await (await send(shop, ['POST', '/api/chat', body])).text();

  expect((await shop.read('a')).run?.status).toBe('suspended');
});

test('shows the arguments with which a person has approved a call', async () => {
  const shop = await openShop([respond.call('refund', { order: '7' }), respond.text('Paid back.')]);
  const chat = await shop.open('a');
  await chat.sendMessage({ text: 'Refund 7.' });
  const { run, pending } = await shop.read('a');
  const [call] = pending;
  const answer = { type: 'edit', fingerprint: call?.fingerprint, arguments: { order: '8' } };
  await send(shop, ['POST', `/v1/runs/${run?.id}/answers`, { pending: call?.id, answer }]);
  await chat.resumeStream();

  expect(shop.paid).toEqual(['8']);
  expect(chat.messages.at(-1)?.parts[1]).toMatchObject({ state: 'output-available', input: { order: '8' } });
  expect((await shop.read('a')).messages.at(-1)?.parts[1]).toMatchObject({ input: { order: '8' } });
});

test('a message that was stored before the first run is shown, and can be edited', async () => {
  const conversations = memoryConversations();
  const id = JSON.stringify([JSON.stringify([null, 'local']), 'a']);
  const messages = [
    { role: 'user', content: 'Before.' },
    { role: 'assistant', content: 'Stored.' },
    { role: 'user', content: 'Also before.' },
    { role: 'assistant', content: 'Stored, too.' },
  ] as const;
  await conversations.save(id, { version: 0, keep: 0, messages });
  const shop = await openShop(
    [
      respond.text('After.'),
      respond.expecting(
        { messages: [{ content: 'Before.' }, { content: 'Stored.' }, { content: 'Changed.' }] },
        respond.text('New.'),
      ),
    ],
    { host: memoryHost(), conversations },
  );
  const chat = await shop.open('a');
  expect(chat.messages.map(show)).toEqual([
    'user: Before.',
    'assistant: Stored.',
    'user: Also before.',
    'assistant: Stored, too.',
  ]);
  await chat.sendMessage({ text: 'After?' });

  await chat.sendMessage({ text: 'Changed.', messageId: chat.messages[2]?.id ?? '' });

  const shown = ['user: Before.', 'assistant: Stored.', 'user: Changed.', 'assistant: New.'];
  expect(chat.messages.map(show)).toEqual(shown);
  expect(await showChat(shop)).toEqual(shown);
});

test('two runs at once in a chat are both shown', async () => {
  const gate = Promise.withResolvers<void>();
  const shop = await openShop(({ messages }) =>
    messages.some(({ content }) => content === 'Slow.')
      ? respond.delayed(respond.text('At last.'), { until: gate.promise })
      : respond.text('At once.'),
  );
  const start = (input: string): Promise<Response> =>
    send(shop, ['POST', '/v1/runs', { agent: 'support', input, conversation: 'a', background: true }]);
  await start('Slow.');
  await start('Fast.');
  await expect.poll(() => showChat(shop)).toContain('assistant: At once.');
  gate.resolve();

  await expect
    .poll(() => showChat(shop))
    .toEqual(['user: Slow.', 'assistant: At last.', 'user: Fast.', 'assistant: At once.']);
});

test('a chat whose beginning was summarized is shown whole', async () => {
  const texts = ['One.', 'Two.', 'Three.', 'Four.', 'Five.'];
  const compaction = compactBySummary({ contextWindow: 1_000, threshold: 0.3, keepTurns: 1 });
  const shop = await openShop(() => respond.text('A short answer.'), { agent: { middleware: [compaction] } });
  const chat = await shop.open('a');
  for (const text of texts) await chat.sendMessage({ text: `${text} ${'word '.repeat(150)}` });

  const stored = await send(shop, ['GET', '/v1/conversations/a']);
  expect(((await stored.json()) as StoredChat).messages.length).toBeLessThan(2 * texts.length - 2);
  const shown = (await showChat(shop)).filter((line) => line.startsWith('user:')).map((line) => line.split(' ')[1]);
  expect(shown).toEqual(texts);
});

test('a page that is loaded while no process works on the run continues it', async () => {
  const file = createFile();
  const options = { conversations: sqliteConversations(file), resumeEveryMs: 0 };
  const first = sqliteHost(file);
  const before = await openShop([respond.stall(respond.text('Never a whole answer.'))], { ...options, host: first });
  const stream = await send(before, ['POST', '/api/chat', writeMessage('Hello.')]);
  await first.close({ graceMs: 0 });
  await stream.body?.cancel();
  const host = sqliteHost(file);
  onTestFinished(() => host.close());
  const after = await openShop([respond.text('Hello Ada.')], { ...options, host });
  expect((await after.read('a')).run?.status).toBe('interrupted');

  const response = await send(after, ['GET', '/api/chat/a/stream']);

  expect(await response.text()).toContain('[DONE]');
  expect(await showChat(after)).toEqual(['user: Hello.', 'assistant: Hello Ada.']);
});

test('nothing waits for a page of a run that has ended', async () => {
  const clock = manualClock();
  const shop = await openShop([respond.text('Hello.')], { clock, resumeEveryMs: 0 });

  await (await send(shop, ['POST', '/api/chat', writeMessage('Hello.')])).text();

  expect(clock.pending).toBe(0);
});
