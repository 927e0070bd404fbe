import { realpathSync } from 'node:fs';
import { ConfigError } from '@pawl/core';
import { testTool } from '@pawl/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { callTool, createSandbox } from '../files/sandbox.fixture.ts';
import { OutputStore } from '../output/output-store.ts';
import { readOutput } from '../read-output/read-output.ts';
import { ISOLATION_MODES } from './command.fixture.ts';
import { type RunCommandOptions, runCommand } from './run-command.ts';

const box = createSandbox();
box.write('sub/file.txt', 'hello\n');
box.write('odd name/x', '');
afterAll(() => box.remove());

const tool = (options: Partial<RunCommandOptions> = {}) => runCommand({ roots: box.root, ...options });

describe.each(ISOLATION_MODES)('a command with isolation "%s"', (isolation) => {
  const isolated = isolation === 'require';
  const run = (input: object, options: Partial<RunCommandOptions> = {}) =>
    callTool(tool({ isolation, ...options }), input);
  const head = (code: number) => `[exit code ${code}; isolated: ${isolated}]`;

  test('returns its exit code, its output, and whether it was isolated', async () => {
    expect(await run({ command: ['cat', 'file.txt'], folder: 'sub' })).toBe(`${head(0)}\nhello`);
    expect(await run({ command: ['false'] })).toBe(`${head(1)}\n[no output]`);
    expect(await run({ command: ['cat', 'none'] })).toMatch(/^\[exit code 1; .*\]\n.*cat: none: No such file/);
    expect(await run({ command: ['pwd'], folder: 'sub' })).toBe(`${head(0)}\n${realpathSync(box.resolve('sub'))}`);
  });

  test('has the environment of the options, and nothing of this process', async () => {
    process.env['PAWL_LEAK'] = 'TOP SECRET';
    try {
      const result = await run({ command: ['env'] }, { env: { CI: '1' } });
      const lines = result
        .split('\n')
        .slice(1)
        .filter((line) => !/^(PWD|SHLVL|_)=/.test(line));
      expect(lines.sort()).toEqual(['CI=1', 'PATH=/usr/local/bin:/usr/bin:/bin']);
      expect(await run({ command: ['cat', '/proc/self/environ'] })).not.toContain('TOP SECRET');
    } finally {
      delete process.env['PAWL_LEAK'];
    }
  });

  test('gets its arguments unchanged', async () => {
    const odd = [
      '; rm -rf .',
      '$(id)',
      '`id`',
      '*',
      '$HOME',
      '&& id',
      '| id',
      '> x',
      "'",
      '"',
      '\\',
      '\n',
      '',
      '-n',
      'é👍',
    ];
    const result = await run({ command: ['printf', '<%s>', ...odd] });
    expect(result).toBe(`${head(0)}\n${odd.map((each) => `<${each}>`).join('')}`);
  });

  test('reads stdin, or an empty input', async () => {
    expect(await run({ command: ['wc', '-c'], stdin: 'é'.repeat(400_000) })).toBe(`${head(0)}\n800000`);
    expect(await run({ command: ['cat', '/dev/stdin'], stdin: 'a' })).toBe(`${head(0)}\na`);
    expect(await run({ command: ['cat'] })).toBe(`${head(0)}\n[no output]`);
  });

  test('as a script runs in the shell, and only if there is one', async () => {
    expect(await run({ script: 'echo $((1 + 1)) | cat >&2' }, { shell: '/bin/sh' })).toBe(`${head(0)}\n2`);
    expect(await run({ script: 'id' })).toMatch(/^invalid/);
    for (const input of [{}, { command: ['id'], script: 'id' }])
      expect(await run(input, { shell: '/bin/sh' })).toMatch(/^invalid: .*command or script/);
  });

  test('gets only a secret that is bound to it, and its output is redacted', async () => {
    const value = 'key that nobody-may/read+';
    const secrets = { npm: { variable: 'NPM_TOKEN', commands: [['sh', '-c', /.*/s] as const], value: () => value } };
    const script =
      'test "$NPM_TOKEN" = "key that nobody-may/read+" && echo same; echo "$NPM_TOKEN"; printf %s "$NPM_TOKEN" | base64; printf %s "$NPM_TOKEN" | od -An -tx1 | tr -d " \\n"; yes | head -c 5000; echo "$NPM_TOKEN"';
    const result = await run({ command: ['sh', '-c', script], secrets: ['npm'] }, { secrets, maxLength: 200 });
    expect(result).toMatch(/^\[exit code 0; .*\]\nsame\n\[redacted\]\n\[redacted\]\n\[redacted\]y/);
    expect(result).not.toMatch(/key that|nobody|a2V5IHRoYXQ|6b6579/);
    const other = await run({ command: ['env'], secrets: ['npm'] }, { secrets });
    expect(other).toBe('refused: Secret "npm" is not for this command. Nothing was run.');
    expect(await run({ script: 'env', secrets: ['npm'] }, { secrets, shell: '/bin/sh' })).toBe(other);
    expect(await run({ command: ['sh', '-c', 'env'] }, { secrets })).not.toContain('NPM_TOKEN');
    expect(await run({ command: ['sh', '-c', 'env'], secrets: ['other'] }, { secrets })).toMatch(/^invalid/);
    const broken = { npm: { ...secrets.npm, value: () => Promise.reject(new Error(value)) } };
    expect(await run({ command: ['sh', '-c', 'id'], secrets: ['npm'] }, { secrets: broken })).toMatch(
      /^refused: Secret "npm" has no value. Nothing was run/,
    );
  });

  test('with long output returns a part, and stores the output for read_output', async () => {
    const outputs = new OutputStore();
    const result = await run({ command: ['seq', '1', '5000'] }, { outputs, maxLength: 300 });
    expect(result).toMatch(
      /^\[exit code 0; .*\]\n1\n2\n(.|\n)*characters omitted, from 200 on: read them with read_output/,
    );
    expect(result).toMatch(/\n4999\n5000$/);
    expect(await callTool(readOutput(outputs, { maxLength: 9 }), { call: 'call_1', from: 200 })).toMatch(/^\n\d+\n/);
    expect(await run({ command: ['head', '-c', '9', '/dev/zero'] })).toBe(
      `${head(0)}\n[binary output of 9 bytes, not shown]`,
    );
  });
});

describe('approval', () => {
  const allow = [['echo', /\w+/] as const, ['true'] as const];

  test.each([
    [{ command: ['echo', 'hi'] }, {}, 'finished'],
    [{ command: ['echo', '-e'] }, {}, 'pending'],
    [{ command: ['echo', 'hi', 'there'] }, {}, 'pending'],
    [{ command: ['id'] }, {}, 'pending'],
    [{ command: ['true'], stdin: 'rm -rf /' }, {}, 'pending'],
    [{ script: 'true' }, { shell: '/bin/sh' }, 'pending'],
    [{ command: ['true'] }, { approval: 'always' }, 'pending'],
    [{ command: ['id'] }, { approval: 'never' }, 'finished'],
    [{ command: ['true'] }, { allow: [] }, 'pending'],
  ] as const)('of the call %j with the options %j is %s', async (input, options, status) => {
    const called = await testTool(tool({ isolation: 'none', allow, ...options })).call(input);
    expect(called.status).toBe(status);
  });

  test('shows the command as typed in a shell, with misleading characters escaped', async () => {
    const secrets = { npm: { variable: 'NPM_TOKEN', commands: [], value: () => 'key' } };
    const shown = tool({ shell: '/bin/sh', secrets });
    const preview = (input: object) => shown.preview?.({ folder: '.', ...input }, {} as never);
    expect(await preview({ command: ['npm', 'test', '--', "it's", '\u202egnp.exe', ''] })).toBe(
      "npm test -- 'it'\\''s' '\\u{202e}gnp.exe' ''",
    );
    expect(await preview({ command: ['a'], folder: 'odd name', stdin: 'yes\n', secrets: ['npm'] })).toBe(
      "in 'odd name':\na\n[with secret npm as NPM_TOKEN]\n[reads 4 characters:]\nyes\n",
    );
    expect(await preview({ script: 'rm -rf \u0007*' })).toBe('/bin/sh -c: rm -rf \\u{7}*');
  });

  test('applies to a non-idempotent tool with a deadline beyond the command’s own', () => {
    const { effect, timeoutMs } = tool({ timeoutMs: 1_000, graceMs: 500 });
    expect([effect, timeoutMs]).toEqual(['non-idempotent', 11_500]);
  });
});

test.each([
  [{ roots: '/no/such' }, 'the root "/no/such" is not a folder'],
  [{ approval: 'unlist' }, 'approval is the text "unlist". Pass "unlisted", "always" or "never".'],
  [{ isolation: 'required' }, 'isolation is the text "required". Pass "prefer", "require" or "none".'],
  [{ network: 'yes' }, 'network is the text "yes"'],
  [{ shell: 'sh' }, 'shell "sh" is not a program'],
  [{ shell: '/no/such' }, 'shell "/no/such" is not a program'],
  [{ path: ['bin'] }, 'path has "bin". Pass absolute folders'],
  [{ path: ['/bin:.'] }, 'path has "/bin:."'],
  [{ readable: ['lib'] }, 'readable has "lib"'],
  [{ env: { LD_PRELOAD: '/evil.so' } }, 'the variable LD_PRELOAD, which makes every program load other code'],
  [{ env: { PATH: '/evil' } }, 'the variable PATH'],
  [{ env: { 'A=B': 'c' } }, 'the variable "A=B"'],
  [{ env: { A: 'b\0c' } }, 'env has a value for A that is not a text'],
  [{ env: { A: undefined } }, 'env has a value for A that is not a text'],
  [{ secrets: { a: { variable: 'A', commands: [['x']] } } }, 'secret "a" has a value that is not a function'],
  [{ secrets: { a: { variable: 'LD_PRELOAD', commands: [['x']], value: String } } }, 'the variable LD_PRELOAD'],
  [{ secrets: { a: { variable: 'A', value: String } } }, 'commands of secret "a" is not a list'],
  [{ maxProcesses: 0 }, 'maxProcesses is 0'],
  [{ graceMs: 1.5 }, 'graceMs is 1.5'],
  [{ maxLength: Number.NaN }, 'maxLength is NaN'],
])('refuses the options %j with a ConfigError', (options, message) => {
  const make = () => runCommand({ roots: box.root, ...(options as object) });
  expect(make).toThrow(ConfigError);
  expect(make).toThrow(message);
});
