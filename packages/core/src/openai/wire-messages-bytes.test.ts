import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Message } from '../chat/message.ts';
import { MessageBytes } from './wire-messages.ts';

function said(content: string): Message {
  return { role: 'user', content };
}

function setting() {
  const made: Message[] = [];
  const bytes = new MessageBytes((message) => {
    made.push(message);
    return { json: JSON.stringify(message), role: message.role };
  });
  const decoder = new TextDecoder();
  return { made, bytes, text: (messages: readonly Message[]) => decoder.decode(bytes.of(messages).bytes) };
}

function joined(messages: readonly Message[]): string {
  return messages.map((message) => JSON.stringify(message)).join(',');
}

test('a conversation that grows is written once, whatever its characters take', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 40 })), (contents) => {
      const { made, text } = setting();
      const messages = contents.map(said);
      for (let count = 0; count <= messages.length; count++) {
        expect(text(messages.slice(0, count))).toBe(joined(messages.slice(0, count)));
      }
      expect(made).toEqual(messages);
    }),
  );
});

test('a conversation that takes another turn leaves the bytes of a request under way as they are', () => {
  const { bytes, text } = setting();
  const [first, second, other] = [said('One.'), said('Two.'), said('Zwei.')];
  const { bytes: underWay } = bytes.of([first, second]);
  expect(text([first, other, second])).toBe(joined([first, other, second]));
  expect(text([first, second])).toBe(joined([first, second]));
  expect(new TextDecoder().decode(underWay)).toBe(joined([first, second]));
});

test('an earlier state of a conversation is sent again without writing anything', () => {
  const { made, text } = setting();
  const messages = [said('One.'), said('Two.'), said('Three.')];
  text(messages);
  expect(text(messages.slice(0, 1))).toBe(joined(messages.slice(0, 1)));
  expect(text([...messages, said('Four.')])).toBe(joined([...messages, said('Four.')]));
  expect(made.length).toBe(4);
});

test('no messages are no bytes', () => {
  expect(setting().text([])).toBe('');
});

test('a first message that is made anew for each request, with the same words, is written once', () => {
  const { made, text } = setting();
  const [second, third] = [said('Two.'), said('Three.')];
  text([said('One.'), second]);
  made.length = 0;
  expect(text([said('One.'), second, third])).toBe(joined([said('One.'), second, third]));
  // Both first ones, to compare them.
  expect(made).toEqual([said('One.'), said('One.'), third]);
});

test('what middleware asks in between does not make the conversation be written again', () => {
  const { made, text } = setting();
  const messages = [said('One.'), said('Two.')];
  text(messages);
  for (const question of ['Is it true?', 'Is it kind?', 'Is it short?']) text([said(question)]);
  made.length = 0;
  const next = said('Three.');
  expect(text([...messages, next])).toBe(joined([...messages, next]));
  expect(made).toEqual([next]);
});
