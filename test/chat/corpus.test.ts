import { describe, expect, test } from 'vitest';
import { CALL_FORMS } from './corpus/call-forms.ts';
import { CALLS } from './corpus/calls.ts';
import { FRAMES } from './corpus/frames.ts';
import { TEXTS } from './corpus/texts.ts';
import { DONE, type Heard, readBody, readStream, streamOf } from './reading.ts';

const corpus = [...CALLS, ...CALL_FORMS, ...TEXTS, ...FRAMES];
const withBody = corpus.filter(({ body }) => body !== undefined);

describe('what servers send', () => {
  test.each(corpus)('E: $what is read in the documented form, and what was mended is told once', (given) => {
    const { reply, mends, deltas } = readStream(bytesOf(given.stream));
    const [choice] = reply.choices;

    expect({ reply, mends: sorted(mends) }).toEqual({ reply: given.reply, mends: sorted(given.mends ?? []) });
    expect(joined(deltas)).toEqual(pieces(choice.message));
  });

  test.each(corpus)('E: $what is read alike wherever its bytes are cut', ({ stream }) => {
    const bytes = bytesOf(stream);
    const whole = readStream(bytes);
    for (let at = 0; at <= bytes.length; at++) {
      expect(readStream(bytes.subarray(0, at), bytes.subarray(at))).toEqual(whole);
    }
    expect(readStream(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  test.each(withBody)('E: $what is the same reply as one body', ({ body, reply }) => {
    expect(readBody(body).reply).toEqual(reply);
  });
});

function bytesOf(stream: readonly unknown[]): Uint8Array {
  return new TextEncoder().encode(streamOf([...stream, DONE]));
}

function sorted(mends: Heard['mends']): Heard['mends'] {
  return [...mends].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** What was told of each thing, all in all. */
function joined(deltas: Heard['deltas']): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const delta of deltas) {
    const name = delta.type === 'call' ? `${delta.index} ${delta.name}` : delta.type;
    texts[name] = (texts[name] ?? '') + delta.delta;
  }
  return texts;
}

/** The same of what was read. */
function pieces(message: Heard['reply']['choices'][0]['message']): Readonly<Record<string, string>> {
  const { content, refusal } = message;
  const thoughts: readonly unknown[] = ['reasoning_content', 'reasoning'].map((name) => Reflect.get(message, name));
  const calls = (message.tool_calls ?? []).map((call, index): readonly [string, string] =>
    call.type === 'custom'
      ? [`${index} ${call.custom.name}`, call.custom.input]
      : [`${index} ${call.function.name}`, call.function.arguments],
  );
  const all = [
    ['text', content],
    ['refusal', refusal],
    ['reasoning', thoughts.find((text) => text !== undefined)],
    ...calls,
  ];
  return Object.fromEntries(all.filter(([, text]) => typeof text === 'string' && text !== ''));
}
