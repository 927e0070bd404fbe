import { ConfigError } from '@pawl/core';
import { expect, test } from 'vitest';
import { callTool } from '../files/sandbox.fixture.ts';
import { OutputStore, readOutput } from './read-output.ts';

const MINE = { runId: 'run', toolCallId: 'call_7' };

function createTool(text: string, options: { readonly maxLength?: number; readonly maxTotalLength?: number } = {}) {
  const { maxLength, maxTotalLength } = options;
  const outputs = new OutputStore(maxTotalLength === undefined ? {} : { maxTotalLength });
  outputs.keep(MINE, text);
  return readOutput(outputs, maxLength === undefined ? {} : { maxLength });
}

test('returns every character once over all pages without splitting one', async () => {
  const text = 'one 👍 two 🇳🇴 three é four 👩‍👩‍👧 five';
  for (const maxLength of [1, 2, 3, 7]) {
    const tool = createTool(text, { maxLength });
    const pages: string[] = [];
    for (let from: number | undefined = 0; from !== undefined; ) {
      const page = await callTool(tool, { call: 'call_7', from });
      const [more, next] = /\n\[more: continue with from (\d+)\]$/.exec(page) ?? [''];
      pages.push(page.slice(0, page.length - more.length));
      from = next === undefined ? undefined : Number(next);
    }
    expect(pages.join('')).toEqual(text);
    expect(pages.every((page) => page.isWellFormed())).toBe(true);
  }
});

test('starts with the whole character if from is inside it', async () => {
  expect(await callTool(createTool('👍!'), { call: 'call_7', from: 1 })).toEqual('👍!');
});

test('refuses to read the output of another run', async () => {
  const outputs = new OutputStore();
  outputs.keep({ runId: 'other', toolCallId: 'call_7' }, 'TOP SECRET');
  outputs.keep({ runId: 'run', toolCallId: 'call_8' }, 'mine');
  expect(await callTool(readOutput(outputs), { call: 'call_7' })).toEqual(
    'refused: No output of call "call_7" is stored: it fitted into its result, or was dropped for newer outputs. The latest stored outputs: "call_8".',
  );
});

test('refuses a start past the end with the length', async () => {
  expect(await callTool(createTool('abc'), { call: 'call_7', from: 3 })).toEqual(
    'refused: The output of call "call_7" ends before character 3: its length is 3. Pass a smaller number.',
  );
});

test('says at the end how many characters were not stored', async () => {
  expect(await callTool(createTool('abcdef', { maxTotalLength: 4 }), { call: 'call_7' })).toEqual(
    'abcd\n[2 more characters were not stored]',
  );
});

test.each([{}, { call: '' }, { call: 'a', from: -1 }, { call: 'a', from: 0.5 }, { call: 'a', from: '1;' }])(
  'refuses the arguments %j',
  async (args) => {
    expect(await callTool(createTool('abc'), args)).toMatch(/^invalid: /);
  },
);

test('has the effect "read", a deadline and a preview', async () => {
  const tool = createTool('abc', { maxLength: 100_000 });
  expect([tool.effect, tool.timeoutMs, await tool.preview?.({ call: 'a\n', from: 3 }, {} as never)]).toEqual([
    'read',
    10_000,
    'read the output of call "a\\n" from character 3',
  ]);
  expect(tool.maxResultLength).toBeGreaterThan(100_000);
});

test('refuses a value that is not a store, and an invalid limit, with a ConfigError', () => {
  // @ts-expect-error What JavaScript may pass.
  expect(() => readOutput({})).toThrow(
    new ConfigError('Tool "read_output" has no outputs. Pass the OutputStore that you pass to the other tools.'),
  );
  expect(() => readOutput(new OutputStore(), { maxLength: 0 })).toThrow(ConfigError);
});
