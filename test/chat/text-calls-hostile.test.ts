import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTextCalls, type TextWithCalls } from '../../packages/core/src/chat/read-text-calls.ts';
import { RequestTools } from '../../packages/core/src/chat/request-tools.ts';
import type { ResponseReaderOptions } from '../../packages/core/src/chat/response-reader.ts';
import { frameFormat, split, writeStream } from './frame-format.ts';
import { collectTexts, joinDeltas, readBody, readStreamWith } from './read-stream.ts';
import { SOAK, TIMEOUT_MS } from './soak.ts';
import { forms, tools } from './text-call-samples.ts';

const requested = new RequestTools(tools);

function read(text: string, isQuoted: (text: string) => boolean = () => false): TextWithCalls | undefined {
  return readTextCalls(text, { tools: requested, isQuoted });
}

const hostile = [
  ...forms.map(([, text]) => text),
  ...forms.flatMap(([, text]) => text.match(/<[^>]{1,40}>|\[[A-Z_]+\]|[{}"`]|[a-z_]+/g) ?? []),
];

test('any text gives only calls of the request’s tools', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(...hostile), fc.string({ maxLength: 5 })), { maxLength: 12 }),
      (parts) => {
        const text = parts.join('');
        const found = read(text);
        for (const call of found?.calls ?? []) {
          expect(requested.has(call.name)).toBe(true);
          expect(JSON.parse(call.arguments)).toBeTypeOf('object');
        }
        if (found !== undefined) expect(found.text.length).toBeLessThan(text.length);
      },
    ),
    { numRuns: 2000 },
  );
});

test.each([
  '<tool_call>',
  '<tool_call>{',
  '<tool_call>{"name":"',
  '<tool_call>{"":"\\"',
  '<tool_call>{"name":"get_weather","arguments":{"city":"',
  '<tool_call>get_weather<arg_key>',
  '<function=get_weather><parameter=city>',
  '[TOOL_CALLS][',
  '[TOOL_CALLS]get_weather',
  '<|channel|>',
  '<|tool_call_start|>[get_weather(city=[',
  '<|tool_call>call:get_weather{city:{',
  '<minimax:tool_call><invoke name="',
  '`',
  '``` ',
  '\n```x',
  '\n~~~x\n<tool_call>',
  '{"name":"get_weather","arguments":{"a":',
  '\n',
  ' ',
])(
  'reads a megabyte of %j quickly',
  (mark) => {
    expect(read(`<tool_call> ${mark.repeat(Math.ceil(1_000_000 / mark.length))}`)).toBeUndefined();
    expect(read(mark.repeat(Math.ceil(1_000_000 / mark.length)))).toBeUndefined();
  },
  5_000,
);

const options: ResponseReaderOptions = { tools, textCalls: { isQuoted: (text) => text.includes('quoted') } };

test(
  'a response with calls in its text is the same streamed and whole, and its deltas equal its texts',
  () => {
    const part = fc.oneof(fc.constantFrom(...hostile, '<think>', '</think>', 'quoted'), fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 10 }),
        frameFormat,
        fc.array(fc.nat(), { maxLength: 6 }),
        (parts, frame, cuts) => {
          const content = parts.join('');
          const whole = readBody(
            { choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] },
            options,
          );
          const pieces = parts.map((piece) => ({
            choices: [{ index: 0, delta: { role: 'assistant', content: piece } }],
          }));
          const end = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
          const streamed = readStreamWith(options, ...split(writeStream([...pieces, end], frame), cuts));

          expect(streamed.response.choices[0].message.tool_calls).toEqual(whole.response.choices[0].message.tool_calls);
          if (parts.length > 0) expect(streamed.response).toEqual(whole.response);
          expect(joinDeltas(streamed.deltas)).toEqual(collectTexts(streamed.response.choices[0].message));
          expect(joinDeltas(whole.deltas)).toEqual(collectTexts(whole.response.choices[0].message));
        },
      ),
      { numRuns: 300 * SOAK },
    );
  },
  TIMEOUT_MS,
);
