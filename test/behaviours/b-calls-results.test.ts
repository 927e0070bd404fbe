import { contentParts, type Tool, tool } from '@pawl/core';
import { respond } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { call, createCalls, createOutcome, createResult, createText, filterEvents, play } from './play.ts';

const WET = respond.text('Wet.');
const wet = { status: 'completed', output: 'Wet.', text: 'Wet.' } as const;

/** A tool that returns these values, one per call. */
function giver(values: readonly unknown[], limits: { readonly maxResultLength?: number } = {}): Tool<unknown> {
  return tool({
    name: 'give',
    description: 'Gives something.',
    input: z.object({ n: z.int() }),
    ...limits,
    execute: ({ n }) => values[n],
  });
}

function giving(count: number): {
  readonly script: ReturnType<typeof respond.calls>;
  readonly asks: ReturnType<typeof createCalls>;
} {
  const inputs = Array.from({ length: count }, (_, n) => ({ n }));
  return {
    script: respond.calls(inputs.map((input) => ({ name: 'give', arguments: input }))),
    asks: createCalls(...inputs.map((input, index) => call(`call_${index + 1}`, 'give', input))),
  };
}

const circular: Record<string, unknown> = { name: 'ring' };
circular['self'] = circular;

/** Values that are returned by mistake, and the message about each. */
const MISTAKES: readonly (readonly [value: unknown, problem: string])[] = [
  [{ user: Promise.resolve('Ann') }, 'user is a promise. Await it.'],
  [
    { bytes: new Uint8Array(16) },
    'bytes is a Uint8Array of 16 bytes. Return a text, or contentParts(…) for images and files.',
  ],
  [{ run: () => 1 }, 'run is a function. Return its result, or omit it.'],
  [Symbol('s'), 'it is a symbol. Return a text, or omit it.'],
];

/** A value, the text for the model, and the paths without an exact JSON form. */
const KINDS: readonly (readonly [value: unknown, content: string, lossy?: readonly string[]])[] = [
  [undefined, 'null'],
  [null, 'null'],
  ['', ''],
  ['text', 'text'],
  [7, '7'],
  [{ a: [1, undefined, { b: undefined }] }, '{"a":[1,null,{}]}'],
  [circular, '{"name":"ring","self":"[circular]"}', ['self']],
  [{ big: 12345678901234567890n }, '{"big":"12345678901234567890"}', ['big']],
  [{ at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
  [new Date(Number.NaN), '"Invalid Date"', ['value']],
  [new Map([['a', 1]]), '{"a":1}', ['value']],
  [new Map([[1, 'a']]), '[[1,"a"]]', ['value']],
  [{ tags: new Set(['a', 'b']) }, '{"tags":["a","b"]}', ['tags']],
  [new Error('No such city.'), '{"error":"No such city."}', ['value']],
  [[Number.NaN, Number.POSITIVE_INFINITY], '["NaN","Infinity"]', ['[0]', '[1]']],
  [
    {
      get broken(): unknown {
        throw new Error('Closed.');
      },
    },
    '"[unreadable: Closed.]"',
    ['value'],
  ],
];

describe.each([{ stream: true }, { stream: false }])('results, stream: $stream', (run) => {
  test('B20: any value becomes text, and paths without an exact JSON form are reported', async () => {
    const { script, asks } = giving(KINDS.length);
    const played = await play([script, WET], { run, agent: { tools: [giver(KINDS.map(([value]) => value))] } });

    const results = KINDS.map(([, content], index) => createResult(`call_${index + 1}`, content));
    const messages = [asks, ...results, createText('Wet.')];
    expect(played.outcome).toEqual({
      ...wet,
      ...createOutcome(messages, { turnCount: 2, toolCallCount: KINDS.length }),
    });
    const finished = filterEvents(played, 'tool.finished').toSorted((a, b) => a.index - b.index);
    expect(finished.map(({ lossyPaths: lossy }) => lossy)).toEqual(KINDS.map(([, , paths]) => paths));
  });

  test('B20: a value that is returned by mistake fails the call, with its path and what to return', async () => {
    const { script, asks } = giving(MISTAKES.length);
    const played = await play([script, WET], { run, agent: { tools: [giver(MISTAKES.map(([value]) => value))] } });

    const errors = MISTAKES.map(([, problem]) => `The call ran, but its result cannot be read: ${problem}`);
    const results = errors.map((error, index) => createResult(`call_${index + 1}`, JSON.stringify({ error })));
    const messages = [asks, ...results, createText('Wet.')];
    expect(played.outcome).toEqual({
      ...wet,
      ...createOutcome(messages, { turnCount: 2, toolCallCount: MISTAKES.length }),
    });
    const failed = filterEvents(played, 'tool.failed').toSorted((a, b) => a.index - b.index);
    expect(failed.map(({ error }) => error.message)).toEqual(errors);
  });

  test('B21: the model reads head and tail of a result over the limit, and the event has the whole', async () => {
    const long = `${'a'.repeat(60_000)}${'b'.repeat(10_000)}`;
    const { script, asks } = giving(2);
    const played = await play([script, WET], { run, agent: { tools: [giver([long, 'c'.repeat(65_536)])] } });

    const content = `${'a'.repeat(49_152)}\n[… 4464 characters left out …]\n${'a'.repeat(6_384)}${'b'.repeat(10_000)}`;
    const messages = [
      asks,
      createResult('call_1', content),
      createResult('call_2', 'c'.repeat(65_536)),
      createText('Wet.'),
    ];
    expect(played.outcome).toEqual({ ...wet, ...createOutcome(messages, { turnCount: 2, toolCallCount: 2 }) });
    expect(filterEvents(played, 'tool.finished').map(({ fullContent: full }) => full)).toEqual([long, undefined]);
  });

  test('B21: a tool can have its own limit, which splits no character', async () => {
    const { script, asks } = giving(1);
    const tools = [giver(['😀'.repeat(10)], { maxResultLength: 12 })];
    const { outcome } = await play([script, WET], { run, agent: { tools } });

    const content = '😀😀😀😀\n[… 10 characters left out …]\n😀';
    const messages = [asks, createResult('call_1', content), createText('Wet.')];
    expect(outcome).toEqual({ ...wet, ...createOutcome(messages, { turnCount: 2, toolCallCount: 1 }) });
  });

  test('B22: images and files follow the last result of the turn in a user message', async () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } } as const;
    const file = { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' } } as const;
    const values = [contentParts({ type: 'text', text: 'A map.' }, image), 'Plain.', contentParts(file, image)];
    const { script, asks } = giving(3);
    const { outcome } = await play([script, WET], { run, agent: { tools: [giver(values)] } });

    const content = [
      { type: 'text', text: 'From give (call_1):' },
      image,
      { type: 'text', text: 'From give (call_3):' },
      file,
      image,
    ] as const;
    const pawl_parts_of = [
      { tool_call_id: 'call_1', parts: 1 },
      { tool_call_id: 'call_3', parts: 2 },
    ];
    const messages = [
      asks,
      createResult('call_1', 'A map.'),
      createResult('call_2', 'Plain.'),
      createResult('call_3', '2 files in the next message.'),
      { role: 'user', content, pawl_parts_of } as const,
      createText('Wet.'),
    ];
    expect(outcome).toEqual({ ...wet, ...createOutcome(messages, { turnCount: 2, toolCallCount: 3 }) });
  });
});
