import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findFaults } from '../../../../test/model/strict-servers.ts';
import { History } from '../chat/history.ts';
import type { Message } from '../chat/message.ts';
import { PROFILES, type ProfileName } from './profiles.ts';
import { buildRequestBody } from './request-body.ts';

const HALF = '\ud83d';

const text = fc.constantFrom('Hi.', '', ' ', `Half: ${HALF}`, 'It is "\\ud83d".');
const parts = fc.array(
  text.map((content) => ({ type: 'text', text: content })),
  { maxLength: 3 },
);
const content = fc.oneof(text, parts);

const id = fc.constantFrom(
  'abcDEF123',
  'call_0_0',
  'functions.look:0',
  `call_${'x'.repeat(60)}`,
  `a${HALF}`,
  'call_1|fc_2',
);
const written = fc.constantFrom(
  '{}',
  '{"a":1}',
  '[]',
  'null',
  '"x"',
  '{"a":',
  '',
  '{"a":"\\ud83d"}',
  `{"a":"${HALF}"}`,
  '"{\\"a\\":1}"',
);

const call = fc.oneof(
  fc.record({
    id,
    type: fc.constant('function'),
    function: fc.record({ name: fc.constant('look'), arguments: written }),
  }),
  fc.record({ id, type: fc.constant('custom'), custom: fc.record({ name: fc.constant('sql'), input: text }) }),
);

/** Reasoning fields of other vendors, and empty fields. */
const extras = fc.constantFrom<object>(
  {},
  { reasoning_content: 'Hm.' },
  { reasoning: `Hm ${HALF}` },
  { reasoning_content: '', reasoning_details: [{ type: 'reasoning.text', text: 'Hm.' }] },
  { audio: { id: '', data: '' }, function_call: { name: '', arguments: '' }, refusal: '', name: '' },
  { refusal: 'No.' },
);

const assistant = fc
  .record({ content: fc.option(content), extras, calls: fc.array(call, { maxLength: 3 }) })
  .map(({ content, extras, calls }): Message[] => [
    { role: 'assistant', content, tool_calls: calls, ...extras } as Message, // With fields of other vendors.
  ]);

const exchange = fc.tuple(assistant, fc.array(content, { maxLength: 3 })).map(([[message], contents]): Message[] => {
  const calls = message?.role === 'assistant' ? (message.tool_calls ?? []) : [];
  const results = calls.flatMap(({ id }, at) => (contents[at] === undefined ? [] : [result(id, contents[at])]));
  return message === undefined ? [] : [message, ...results];
});

const turn = fc.oneof(
  exchange,
  content.map((content): Message[] => [{ role: 'user', content } as Message]),
  content.map((content): Message[] => [{ role: 'system', content } as Message]),
  content.map((content): Message[] => [{ role: 'developer', content } as Message]),
);

const conversations = fc
  .array(turn, { minLength: 1, maxLength: 8 })
  .map((turns): readonly Message[] => History.from([{ role: 'user', content: 'Go.' }, ...turns.flat()]).messages);

function result(id: string, content: unknown): Message {
  return { role: 'tool', tool_call_id: id, content } as Message; // Any content.
}

const tools = [
  { type: 'function', function: { name: 'look', description: HALF, parameters: { default: HALF } } },
] as const;

test.each(Object.keys(PROFILES).filter((name) => name !== 'legacy') as ProfileName[])(
  '%s accepts any conversation, sent request by request or at once',
  (name) => {
    fc.assert(
      fc.property(conversations, fc.boolean(), (messages, hasTools) => {
        const memo = new Map();
        const send = (count: number, kept?: Map<unknown, unknown>): string =>
          buildRequestBody(
            { messages: messages.slice(0, count), ...(hasTools && { tools }), user: HALF },
            { model: 'm', profile: PROFILES[name], memo: kept },
          ).toText();
        for (let count = 1; count <= messages.length; count++) {
          if (messages[count]?.role === 'tool') continue; // A request needs all results.
          const sent = send(count, memo);
          expect(findFaults(sent, name)).toEqual([]);
          expect(send(count)).toBe(sent);
        }
      }),
      { numRuns: 60 },
    );
  },
);
