import { ConfigError } from '@pawl/core';
import { testTool } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { callTool } from '../files/sandbox.fixture.ts';
import { OutputStore } from '../output/output-store.ts';
import { readOutput } from '../read-output/read-output.ts';
import { ISOLATION_MODES } from '../run-command/command.fixture.ts';
import { type RunJavaScriptOptions, runJavaScript } from './run-javascript.ts';

describe.concurrent.each(ISOLATION_MODES)('code with isolation "%s"', (isolation) => {
  const run = (code: string, { input, ...options }: RunJavaScriptOptions & { readonly input?: unknown } = {}) =>
    callTool(runJavaScript({ isolation, timeoutMs: 20_000, ...options }), { code, input });
  const head = (ending: string) => `[${ending}; isolated: ${isolation === 'require'}]\n`;

  test('returns JSON and the printed lines', async () => {
    const code =
      'console.log("sum", [1], new Error("no")); await new Promise((r) => setTimeout(r, 5)); return { sum: input.a + 1 };';
    expect(await run(code, { input: { a: 1 } })).toBe(
      `${head('returned')}{"sum":2}\n[printed:]\nsum [1] Error: no (line 1)`,
    );
    expect(await run('setTimeout(() => 0, 1e9);')).toBe(`${head('returned')}null`);
  });

  test('returns its error with the line', async () => {
    expect(await run('const a = 1;\n\nfoo.bar();')).toBe(`${head('threw')}ReferenceError: foo is not defined (line 3)`);
    expect(await run('return {')).toMatch(/^\[threw; .*\]\nSyntaxError/);
    expect(await run('return 1n;')).toMatch(/^\[threw; .*\]\nTypeError/);
    expect(await run('throw { a: 1 };')).toBe(`${head('threw')}threw {"a":1}`);
    expect(await run('setTimeout(() => { throw new Error("late"); }); await new Promise(() => 0);')).toMatch(
      /Error: late/,
    );
    expect(await run('await new Promise(() => 0);')).toBe(
      `${head('stopped: it waits for a promise that never settles')}[no output]`,
    );
  });

  test('with a long result returns a part, and stores it for read_output', async () => {
    const outputs = new OutputStore();
    const result = await run('return "x".repeat(5_000);', { outputs, maxLength: 300 });
    expect(result).toMatch(
      /^\[returned; .*\]\n"x+\n\[… 4702 characters omitted, from 200 on: read them with read_output/,
    );
    expect(await callTool(readOutput(outputs), { call: 'call_1', from: 4_999 })).toBe('xx"');
  });
});

test.each([
  ['always', 'none', 'pending'],
  ['unisolated', 'none', 'pending'],
  ['unisolated', 'prefer', ISOLATION_MODES.includes('require') ? 'finished' : 'pending'],
  ['never', 'none', 'finished'],
] as const)('a call with approval "%s" and isolation "%s" is %s', async (approval, isolation, status) => {
  expect((await testTool(runJavaScript({ approval, isolation })).call({ code: 'return 1;' })).status).toBe(status);
});

test('does not run without isolation if isolation is required', async () => {
  const { status } = await testTool(runJavaScript({ isolation: 'require' })).call({ code: 'return 1;' });
  expect(status).toBe(ISOLATION_MODES.includes('require') ? 'finished' : 'failed');
});

test('shows the code in the preview, with misleading characters escaped', async () => {
  const { preview, effect, timeoutMs } = runJavaScript();
  expect(await preview?.({ code: 'return "\u202e";', input: [1] }, {} as never)).toBe(
    'const input = [1];\nreturn "\\u{202e}";',
  );
  expect([effect, timeoutMs]).toEqual(['read', 20_000]);
});

test.each([
  [{ approval: 'no' }, 'approval is the text "no"'],
  [{ isolation: 'yes' }, 'isolation is the text "yes"'],
  [{ maxMemoryBytes: 0 }, 'maxMemoryBytes is 0'],
  [{ maxLength: 0 }, 'maxLength is 0'],
])('refuses the options %j with a ConfigError', (options, message) => {
  const make = () => runJavaScript(options as RunJavaScriptOptions); // What JavaScript may pass.
  expect(make).toThrow(ConfigError);
  expect(make).toThrow(message);
});
