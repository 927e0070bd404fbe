import { respond } from '@pawl/testing';
import { expect, test } from 'vitest';
import { answerPending, expectSameAfterReload, NOTHING, openShop, show } from './ui-shop.ts';

test('streams an answer, and continues the conversation', async () => {
  const shop = await openShop([
    respond.calls([{ name: 'look_up', arguments: { order: '7' } }]),
    respond.text('It costs 29.'),
    respond.expecting(
      { messages: [{ content: 'What is order 7?' }, {}, {}, {}, { content: 'Thanks.' }] },
      respond.text('Welcome.'),
    ),
  ]);
  const chat = await shop.open('a');

  await chat.sendMessage({ text: 'What is order 7?' });
  await chat.sendMessage({ text: 'Thanks.' });

  expect(chat.error).toBeUndefined();
  expect(chat.messages.map(show)).toEqual([
    'user: What is order 7?',
    'assistant: look_up: output-available | It costs 29.',
    'user: Thanks.',
    'assistant: Welcome.',
  ]);
  await expectSameAfterReload(shop, chat);
});

test('runs a call that the page approves, and continues the same message', async () => {
  const shop = await openShop([respond.call('refund', { order: '7' }), respond.text('Paid back.')]);
  const chat = await shop.open('a');
  await chat.sendMessage({ text: 'Refund 7.' });
  expect(chat.messages.map(show)).toEqual(['user: Refund 7.', 'assistant: refund: approval-requested']);
  await expectSameAfterReload(shop, chat);

  await answerPending(chat, true);

  expect(shop.paid).toEqual(['7']);
  expect(chat.messages.map(show)).toEqual(['user: Refund 7.', 'assistant: refund: output-available | Paid back.']);
  await expectSameAfterReload(shop, chat);
});

test('does not run a call that the page denies', async () => {
  const shop = await openShop([respond.call('refund', { order: '7' }), respond.text('Not paid.')]);
  const chat = await shop.open('a');
  await chat.sendMessage({ text: 'Refund 7.' });

  await answerPending(chat, false);

  expect(shop.paid).toEqual([]);
  expect(chat.messages.map(show)).toEqual(['user: Refund 7.', 'assistant: refund: output-denied | Not paid.']);
  await expectSameAfterReload(shop, chat);
});

test('two approvals are answered together, one yes and one no', async () => {
  const shop = await openShop([
    respond.calls([
      { name: 'refund', arguments: { order: '7' } },
      { name: 'refund', arguments: { order: '8' } },
    ]),
    respond.text('Done.'),
  ]);
  const chat = await shop.open('a');
  await chat.sendMessage({ text: 'Refund both.' });
  const parts = chat.messages.at(-1)?.parts.filter((part) => part.type === 'dynamic-tool') ?? [];
  for (const [at, part] of parts.entries()) {
    if (part.approval !== undefined) await chat.addToolApprovalResponse({ id: part.approval.id, approved: at === 0 });
  }
  await expect.poll(() => chat.status).toBe('ready');

  expect(chat.error).toBeUndefined();
  expect(shop.paid).toEqual(['7']);
  expect(chat.messages.map(show)).toEqual([
    'user: Refund both.',
    'assistant: refund: output-available | refund: output-denied | Done.',
  ]);
  await expectSameAfterReload(shop, chat);
});

test('a message in place of an answer cancels the call, and its answer stands below it', async () => {
  const shop = await openShop([
    respond.call('refund', { order: '7' }),
    respond.text('Not 7, then.'),
    respond.text('Bye.'),
  ]);
  const chat = await shop.open('a');
  await chat.sendMessage({ text: 'Refund 7.' });

  await chat.sendMessage({ text: 'No, wait.' });

  expect(chat.messages.map(show)).toEqual([
    'user: Refund 7.',
    'assistant: refund: approval-requested',
    'user: No, wait.',
    'assistant: Not 7, then.',
  ]);
  const again = await shop.open('a');
  expect(again.messages.map(show)).toEqual([
    'user: Refund 7.',
    'assistant: refund: output-error',
    'user: No, wait.',
    'assistant: Not 7, then.',
  ]);
  expect(again.messages.at(-1)).toEqual(chat.messages.at(-1));
  await again.sendMessage({ text: 'Bye.' });
  expect(again.messages.at(-1)?.parts.at(-1)).toMatchObject({ text: 'Bye.' });
  expect(shop.paid).toEqual([]);
});

test('a message while the model works reaches it, and is shown in the answer', async () => {
  const gate = Promise.withResolvers<void>();
  const shop = await openShop([
    respond.stall(respond.calls([{ name: 'look_up', arguments: { order: '7' } }], { text: 'Let me look.' }), {
      afterChunks: 3,
      until: gate.promise,
    }),
    respond.expecting({ messages: [{}, {}, {}, { content: 'In cents.' }] }, respond.text('2,900 cents.')),
    respond.text('Welcome.'),
  ]);
  const chat = await shop.open('a');
  const first = chat.sendMessage({ text: 'What is order 7?' });
  await expect.poll(() => show(chat.messages.at(-1) ?? NOTHING)).toBe('assistant: Let me look.');

  const second = chat.sendMessage({ text: 'In cents.' });
  await expect.poll(() => chat.messages.length).toBe(3);
  gate.resolve();
  await Promise.all([first, second]);

  const assistant =
    'assistant: Let me look. | look_up: output-available | > [{"type":"text","text":"In cents."}] | 2,900 cents.';
  expect(chat.messages.map(show)).toEqual(['user: What is order 7?', assistant, 'user: In cents.']);
  const again = await shop.open('a');
  expect(again.messages.map(show)).toEqual(['user: What is order 7?', assistant]);
  await chat.sendMessage({ text: 'Thanks.' });
  expect(chat.messages.at(-1)?.parts.at(-1)).toMatchObject({ text: 'Welcome.' });
});

test('an edited message replaces everything after it', async () => {
  const shop = await openShop([
    respond.text('One.'),
    respond.text('Two.'),
    respond.text('Three.'),
    respond.expecting(
      { messages: [{ content: 'First.' }, { content: 'One.' }, { content: 'Second, changed.' }] },
      respond.text('New.'),
    ),
  ]);
  const chat = await shop.open('a');
  for (const text of ['First.', 'Second.', 'Third.']) await chat.sendMessage({ text });

  await chat.sendMessage({ text: 'Second, changed.', messageId: chat.messages[2]?.id ?? '' });

  expect(chat.error).toBeUndefined();
  expect(chat.messages.map(show)).toEqual([
    'user: First.',
    'assistant: One.',
    'user: Second, changed.',
    'assistant: New.',
  ]);
  await expectSameAfterReload(shop, chat);
});

test('generates an answer again', async () => {
  const shop = await openShop([
    respond.text('One.'),
    respond.text('Two.'),
    respond.expecting(
      { messages: [{ content: 'First.' }, { content: 'One.' }, { content: 'Second.' }] },
      respond.text('Better.'),
    ),
  ]);
  const chat = await shop.open('a');
  for (const text of ['First.', 'Second.']) await chat.sendMessage({ text });

  await chat.regenerate();

  expect(chat.messages.map(show)).toEqual(['user: First.', 'assistant: One.', 'user: Second.', 'assistant: Better.']);
  await expectSameAfterReload(shop, chat);
});

test('a tool that the page executes gets its result from the page', async () => {
  const shop = await openShop([
    respond.call('get_location'),
    respond.expecting({ messages: [{}, {}, { content: '{"city":"Oslo"}' }] }, respond.text('You are in Oslo.')),
  ]);
  const chat = await shop.open('a');
  await chat.sendMessage({ text: 'Where am I?' });
  const part = chat.messages.at(-1)?.parts.at(-1);
  if (part?.type !== 'dynamic-tool') throw new Error('There is no call.');
  expect(part.state).toBe('input-available');

  await chat.addToolOutput({ tool: 'get_location', toolCallId: part.toolCallId, output: { city: 'Oslo' } });
  await chat.sendMessage();

  expect(chat.error).toBeUndefined();
  expect(chat.messages.at(-1)?.parts.at(-1)).toMatchObject({ text: 'You are in Oslo.' });
});

test('a second tab that gives the same answer follows the run, and one that gives another is refused', async () => {
  const shop = await openShop([respond.call('refund', { order: '7' }), respond.text('Paid back.')]);
  const chat = await shop.open('a');
  await chat.sendMessage({ text: 'Refund 7.' });
  const [same, other] = [await shop.open('a'), await shop.open('a')];
  await answerPending(chat, true);

  await answerPending(same, true);
  expect(same.messages.map(show)).toEqual(chat.messages.map(show));
  for (const part of other.messages.at(-1)?.parts ?? []) {
    if (part.type === 'dynamic-tool')
      await other.addToolApprovalResponse({ id: part.approval?.id ?? '', approved: false });
  }
  await expect.poll(() => other.status).toBe('error');
  expect(other.error?.message).toContain('answered in another way');
  expect(shop.paid).toEqual(['7']);
});

test('a stopped run ends as aborted, and its page keeps what it has', async () => {
  const shop = await openShop([respond.stall(respond.text('One two three.'), { afterChunks: 2 })]);
  const chat = await shop.open('a');
  const sent = chat.sendMessage({ text: 'Count.' });
  await expect.poll(() => show(chat.messages.at(-1) ?? NOTHING)).toBe('assistant: One two ');

  const stopped = await shop.fetch(new Request('http://localhost/api/chat/a/stream', { method: 'DELETE' }));
  await sent;

  expect(stopped.status).toBe(204);
  expect(chat.status).toBe('ready');
  expect(chat.messages.map(show)).toEqual(['user: Count.', 'assistant: One two ']);
  expect((await shop.read('a')).run).toBeNull();
});

test('a page that is loaded in the middle gets the whole answer, and one that has nothing to follow gets no stream', async () => {
  const gate = Promise.withResolvers<void>();
  const shop = await openShop([respond.stall(respond.text('One two three.'), { afterChunks: 2, until: gate.promise })]);
  const first = await shop.open('a');
  const sent = first.sendMessage({ text: 'Count.' });
  await expect.poll(() => first.messages.length).toBe(2);
  const second = await shop.open('a');
  const resumed = second.resumeStream();
  await expect.poll(() => show(second.messages.at(-1) ?? NOTHING)).toBe('assistant: One two ');
  gate.resolve();
  await Promise.all([sent, resumed]);

  expect(second.messages.at(-1)).toEqual(first.messages.at(-1));
  expect(second.messages.map(show)).toEqual(['user: Count.', 'assistant: One two three.']);
  const nothing = await shop.fetch(new Request('http://localhost/api/chat/other/stream'));
  expect(nothing.status).toBe(204);
});

test('a run that fails is an error of the chat', async () => {
  const shop = await openShop([respond.httpError(400, { message: 'No such model.' })], {
    agent: { retry: { maxAttempts: 1 } },
  });
  const chat = await shop.open('a');
  await chat.sendMessage({ text: 'Hello.' });

  expect(chat.status).toBe('error');
  expect(chat.error?.message).toContain('No such model.');
});
