import { ProtocolError } from '@pawl/core';
import { describe, expect, test } from 'vitest';
import { bytesOf, type CorpusFile, corpusFiles } from './corpus-files.ts';
import { type Heard, readBody, readStream } from './reading.ts';

const replies = corpusFiles.filter(({ reply }) => reply !== undefined);
const errors = corpusFiles.filter(({ error }) => error !== undefined);

describe('what servers send', () => {
  test.each(replies)('E: $what ($server) is read in the documented form, and what was mended is told', (given) => {
    const { reply, mends, deltas } = readStream(bytesOf(given));

    expect({ reply, mends: sorted(mends) }).toEqual({ reply: given.reply, mends: sorted(given.mends ?? []) });
    expect(joined(deltas)).toEqual(pieces(reply.choices[0].message));
  });

  test.each(replies)('E: $what ($server) is the same reply as one body', ({ body, reply }) => {
    expect(readBody(body ?? reply).reply).toEqual(reply);
  });

  test.each(replies)('E: $what ($server) is read alike wherever its bytes are cut', (given) => {
    const bytes = bytesOf(given);
    const whole = readStream(bytes);
    for (const at of cuts(bytes)) expect(readStream(bytes.subarray(0, at), bytes.subarray(at))).toEqual(whole);
    expect(readStream(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  test.each(errors)('E: $what ($server) is an error, wherever its bytes are cut', (given) => {
    const bytes = bytesOf(given);
    expect(failure(() => readStream(bytes))).toEqual(given.error);
    for (const at of cuts(bytes)) {
      expect(failure(() => readStream(bytes.subarray(0, at), bytes.subarray(at)))).toEqual(given.error);
    }
    if (given.body !== undefined) expect(failure(() => readBody(given.body))).toEqual(given.error);
  });
});

/** Every offset; of what is longer than 20 KB every tenth. */
function* cuts({ length }: Uint8Array): Generator<number> {
  for (let at = 0; at <= length; at += length > 20_000 ? 10 : 1) yield at;
}

function failure(read: () => unknown): CorpusFile['error'] {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const { name, code, message, retryable } = error;
    return { name, code, message, retryable };
  }
  return undefined;
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
