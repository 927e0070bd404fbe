import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Message } from '../chat/message.ts';
import { MessageBytes } from './wire-messages.ts';

function createMessage(content: string): Message {
  return { role: 'user', content };
}

function setting() {
  const made: Message[] = [];
  const bytes = new MessageBytes((message) => {
    made.push(message);
    return { json: JSON.stringify(message), role: message.role };
  });
  const decoder = new TextDecoder();
  return { made, bytes, text: (messages: readonly Message[]) => decoder.decode(bytes.encode(messages).bytes) };
}

function joined(messages: readonly Message[]): string {
  return messages.map((message) => JSON.stringify(message)).join(',');
}

test('encodes a growing conversation once, with characters of any length', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 40 })), (contents) => {
      const { made, text } = setting();
      const messages = contents.map(createMessage);
      for (let count = 0; count <= messages.length; count++) {
        expect(text(messages.slice(0, count))).toBe(joined(messages.slice(0, count)));
      }
      expect(made).toEqual(messages);
    }),
  );
});

test('keeps the bytes of an active request when the conversation branches', () => {
  const { bytes, text } = setting();
  const [first, second, other] = [createMessage('One.'), createMessage('Two.'), createMessage('Zwei.')];
  const { bytes: underWay } = bytes.encode([first, second]);
  expect(text([first, other, second])).toBe(joined([first, other, second]));
  expect(text([first, second])).toBe(joined([first, second]));
  expect(new TextDecoder().decode(underWay)).toBe(joined([first, second]));
});

test('sends an earlier state of a conversation without encoding', () => {
  const { made, text } = setting();
  const messages = [createMessage('One.'), createMessage('Two.'), createMessage('Three.')];
  text(messages);
  expect(text(messages.slice(0, 1))).toBe(joined(messages.slice(0, 1)));
  expect(text([...messages, createMessage('Four.')])).toBe(joined([...messages, createMessage('Four.')]));
  expect(made.length).toBe(4);
});

test('returns no bytes without messages', () => {
  expect(setting().text([])).toBe('');
});

test('encodes an equal first message once, even as a new object per request', () => {
  const { made, text } = setting();
  const [second, third] = [createMessage('Two.'), createMessage('Three.')];
  text([createMessage('One.'), second]);
  made.length = 0;
  expect(text([createMessage('One.'), second, third])).toBe(joined([createMessage('One.'), second, third]));
  // Both first messages, for the comparison.
  expect(made).toEqual([createMessage('One.'), createMessage('One.'), third]);
});

test('does not encode the conversation again after a request of middleware', () => {
  const { made, text } = setting();
  const messages = [createMessage('One.'), createMessage('Two.')];
  text(messages);
  for (const question of ['Is it true?', 'Is it kind?', 'Is it short?']) text([createMessage(question)]);
  made.length = 0;
  const next = createMessage('Three.');
  expect(text([...messages, next])).toBe(joined([...messages, next]));
  expect(made).toEqual([next]);
});
