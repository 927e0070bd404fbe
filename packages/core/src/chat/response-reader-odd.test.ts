import { expect, test } from 'vitest';
import { ProtocolError } from './errors.ts';
import { ResponseReader } from './response-reader.ts';

const message = { role: 'assistant', content: 'Hi' };
const choice = { index: 0, message, finish_reason: 'stop' };
const response = { object: 'chat.completion', choices: [choice] };

test.each([
  { what: 'a text of digits', created: '7', response: { ...response, created: 7 }, note: 'a text, read as a number' },
  { what: 'a blank text', created: ' ', response, note: 'left out' },
  { what: 'a zero as text', created: '0', response, note: 'left out' },
  { what: 'a date', created: '2026-01-01', response, note: 'left out' },
])('reads or omits a time that is $what', ({ created, response: expected, note }) => {
  const reader = new ResponseReader();
  reader.read({ created, choices: [choice] });
  expect(reader.finish('whole')).toEqual({ response: expected, repairs: [{ path: 'created', note }], deltas: [] });
});

test.each([
  { what: 'no calls', fields: { tool_calls: null }, more: {} },
  { what: 'an empty list of calls', fields: { tool_calls: [] }, more: {} },
  { what: 'no legacy call', fields: { function_call: null }, more: {} },
  { what: 'no refusal', fields: { refusal: null }, more: {} },
  { what: 'no audio and no sources', fields: { audio: null, annotations: [] }, more: {} },
  { what: 'no usage yet', fields: {}, more: { usage: null } },
])('reports no repair for a server that sends $what', ({ fields, more }) => {
  const reader = new ResponseReader();
  reader.read({ ...more, choices: [{ index: 0, delta: { ...message, ...fields } }] });
  reader.read({ ...more, choices: [{ index: 0, delta: fields, finish_reason: 'stop' }] });
  expect(reader.finish('done')).toEqual({ response, repairs: [], deltas: [] });
});

test('reports no repair for a null delta or null choices', () => {
  const reader = new ResponseReader();
  reader.read({ choices: [{ index: 0, delta: message }] });
  reader.read({ choices: [{ index: 0, delta: null, finish_reason: 'stop' }] });
  reader.read({ choices: null, usage: null });
  expect(reader.finish('done')).toEqual({ response, repairs: [], deltas: [] });
});

test('A8: reads a deeply nested response, or throws a ProtocolError', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  const calls = [{ function: { name: 'f', arguments: deep } }];
  const results = [{ tool_calls: calls }, { content: deep }, { x: deep }, { reasoning_details: deep }, deep].map(
    (message) => {
      const reader = new ResponseReader();
      try {
        reader.read({ choices: [{ index: 0, message, finish_reason: 'stop' }], error: null });
        reader.read({ choices: [{ index: 0, message, finish_reason: deep }] });
        return reader.finish('whole').response.choices.length;
      } catch (error) {
        return ProtocolError.isInstance(error) ? error.code : error;
      }
    },
  );
  // Engines differ in the depth that they can stringify.
  expect(results.filter((result) => result !== 'response.garbage' && result !== 1)).toEqual([]);
});

test('ignores fields that only Pawl itself may set', () => {
  const reader = new ResponseReader();
  const own = { pawl_kept: { provider: 'anthropic.messages', parts: [1] }, pawl_parts_of: [1] };
  reader.read({
    object: 'chat.completion',
    choices: [{ index: 0, message: { ...message, ...own }, finish_reason: 'stop' }],
  });
  expect(reader.finish('whole').response.choices[0].message).toEqual(message);
});
