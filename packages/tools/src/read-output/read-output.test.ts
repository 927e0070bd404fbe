import { ConfigError } from '@pawl/core';
import { expect, test } from 'vitest';
import { callTool } from '../files/sandbox.fixture.ts';
import { OutputStore, readOutput } from './read-output.ts';

const MINE = { runId: 'run', toolCallId: 'call_7' };

function reading(text: string, options: { readonly maxLength?: number; readonly maxTotalLength?: number } = {}) {
  const { maxLength, maxTotalLength } = options;
  const outputs = new OutputStore(maxTotalLength === undefined ? {} : { maxTotalLength });
  outputs.keep(MINE, text);
  return readOutput(outputs, maxLength === undefined ? {} : { maxLength });
}

test('pages followed one by one give every character once, and cut none in two', async () => {
  const text = 'one 👍 two 🇳🇴 three é four 👩‍👩‍👧 five';
  for (const maxLength of [1, 2, 3, 7]) {
    const tool = reading(text, { maxLength });
    const pages: string[] = [];
    for (let from: number | undefined = 0; from !== undefined; ) {
      const page = await callTool(tool, { call: 'call_7', from });
      const [more, next] = /\n\[more: go on with from (\d+)\]$/.exec(page) ?? [''];
      pages.push(page.slice(0, page.length - more.length));
      from = next === undefined ? undefined : Number(next);
    }
    expect(pages.join('')).toEqual(text);
    expect(pages.every((page) => page.isWellFormed())).toBe(true);
  }
});

test('a start within a character begins with the whole one', async () => {
  expect(await callTool(reading('👍!'), { call: 'call_7', from: 1 })).toEqual('👍!');
});

test('the output of another run is not there', async () => {
  const outputs = new OutputStore();
  outputs.keep({ runId: 'other', toolCallId: 'call_7' }, 'TOP SECRET');
  outputs.keep({ runId: 'run', toolCallId: 'call_8' }, 'mine');
  expect(await callTool(readOutput(outputs), { call: 'call_7' })).toEqual(
    'refused: No output of call "call_7" is kept: it fitted into its result, or made place for newer ones. The latest that are kept: "call_8".',
  );
});

test('past the end is refused with the length', async () => {
  expect(await callTool(reading('abc'), { call: 'call_7', from: 3 })).toEqual(
    'refused: The output of call "call_7" ends before character 3: it has 3.',
  );
});

test('what was too long to keep is told at the end of what was kept', async () => {
  expect(await callTool(reading('abcdef', { maxTotalLength: 4 }), { call: 'call_7' })).toEqual(
    'abcd\n[2 more characters were not kept]',
  );
});

test.each([{}, { call: '' }, { call: 'a', from: -1 }, { call: 'a', from: 0.5 }, { call: 'a', from: '1;' }])(
  'the arguments %j are refused before anything is looked for',
  async (args) => {
    expect(await callTool(reading('abc'), args)).toMatch(/^invalid: /);
  },
);

test('it only reads, and shows a person what it would do', async () => {
  const tool = reading('abc', { maxLength: 100_000 });
  expect([tool.effect, tool.timeoutMs, await tool.preview?.({ call: 'a\n', from: 3 }, {} as never)]).toEqual([
    'read',
    10_000,
    'read the output of call "a\\n" from character 3',
  ]);
  expect(tool.maxResultLength).toBeGreaterThan(100_000);
});

test('something that keeps no outputs, and a cap that is none, are refused where the tool is made', () => {
  // @ts-expect-error What JavaScript may pass.
  expect(() => readOutput({})).toThrow(
    new ConfigError('Tool "read_output" needs outputs: pass the same new OutputStore() that the other tools have.'),
  );
  expect(() => readOutput(new OutputStore(), { maxLength: 0 })).toThrow(ConfigError);
});
