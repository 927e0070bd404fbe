import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { main } from '@pawl/cli';
import { systemClock } from '@pawl/core';
import { describe, expect, test } from 'vitest';
import { createFolder, DEMO, runCommand } from './run-command.ts';
import { serveDemo } from './serve-demo.ts';

/** Each status, with the question that leads to it, its exit code and what stdout and the end of stderr say. */
const ENDINGS: readonly (readonly [
  status: string,
  code: number,
  stdout: string,
  detail: string,
  argv: readonly string[],
])[] = [
  ['completed', 0, 'Result: It is sunny in Rome.\n', '', ['weather']],
  ['failed', 1, '', 'The model is broken.', ['fail']],
  ['limited', 10, 'No more tools.\n', 'limits.turns: 1 of 2', ['loop', '--limit', 'turns=2']],
  ['limited', 11, '', 'limits.tokens: 0 of 1', ['weather', '--limit', 'tokens=1']],
  ['truncated', 12, 'Once upon a\n', 'the response reached the token limit of the server', ['truncate']],
  ['filtered', 13, 'I can\n', "the server's content filter stopped the response", ['filter']],
  ['refused', 14, 'No.\n', '', ['refuse']],
  ['suspended', 15, '', '1 call waiting', ['refund']],
  ['aborted', 16, '', 'enough', ['stop']],
];

describe.each(ENDINGS)('a run that is %s, with exit code %d', (status, code, stdout, detail, argv) => {
  test.each([
    ['in a pipe', false],
    ['on a terminal', true],
  ])('shows its answer once, %s', async (_, isTerminal) => {
    const result = await runCommand(['run', DEMO, ...argv], { isTerminal, env: { NO_COLOR: '1' } });
    expect(result).toMatchObject({ code, stdout });
    expect(result.stderr).toContain(`── ${status} · run ID · `);
    expect(result.stderr).toContain(detail);
  });

  test('is one object with --output json', async () => {
    const result = await runCommand(['run', DEMO, ...argv, '--output', 'json']);
    expect({ code: result.code, stderr: result.stderr }).toEqual({ code, stderr: '' });
    expect(JSON.parse(result.stdout)).toMatchObject({ v: 1, status, runId: 'ID' });
  });

  test('is a line for each event with --json, the last one run.finished', async () => {
    const result = await runCommand(['run', DEMO, ...argv, '--json']);
    expect({ code: result.code, stderr: result.stderr }).toEqual({ code, stderr: '' });
    const events = result.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({ v: 1, type: 'run.started' });
    expect(events.at(-1)).toMatchObject({ v: 1, type: 'run.finished', outcome: { status } });
  });
});

test('writes the same to stdout, and ends with the same code, for an agent on a server', async () => {
  const { agent, env } = await serveDemo();
  for (const [status, code, stdout, , argv] of ENDINGS) {
    expect(await runCommand(['run', agent, ...argv], { env }), status).toMatchObject({ code, stdout });
    expect(await runCommand(['run', agent, ...argv, '--json'], { env }), status).toMatchObject({ code, stderr: '' });
  }
});

test('shows tool calls and how the run ended on stderr, without colour in a pipe', async () => {
  expect(await runCommand(['run', DEMO, 'weather'])).toEqual({
    code: 0,
    stdout: 'Result: It is sunny in Rome.\n',
    stderr: `   ✓ get_weather {"city":"Rome"}
     It is sunny in Rome.  (0 ms)
── completed · run ID · 2 turns, 1 tool call, 0 tokens, $0, 0 ms
`,
  });
});

test('K15: text on the terminal that was discarded is reported on stderr, and is not in a pipe', async () => {
  const shown = await runCommand(['run', DEMO, 'discard'], { isTerminal: true, env: { NO_COLOR: '1' } });
  expect(shown.stdout).toBe('The first try \nThe second try.\n');
  expect(shown.stderr).toContain('The text above is discarded: the model responds again.');
  expect((await runCommand(['run', DEMO, 'discard'])).stdout).toBe('The second try.\n');
});

test.each([
  ['a terminal', true, {}, true],
  ['a pipe', false, {}, false],
  ['NO_COLOR', true, { NO_COLOR: '1' }, false],
  ['TERM=dumb', true, { TERM: 'dumb' }, false],
  ['FORCE_COLOR in a pipe', false, { FORCE_COLOR: '1' }, true],
])('colours stderr by %s', async (_, isTerminal, env, isColoured) => {
  const { stderr } = await runCommand(['run', DEMO, 'hello'], { isTerminal, env });
  expect(stderr.includes('\u001b[')).toBe(isColoured);
});

test('appends what is piped to the question, and takes the whole question from stdin with "-"', async () => {
  const piped = await runCommand(['run', DEMO, 'What failed?'], { stdin: 'line 1\nline 2\n' });
  expect(piped.stdout).toBe('You wrote: What failed?\n\nline 1\nline 2\n');
  const whole = await runCommand(['run', DEMO, '-'], { stdin: 'All of it\n' });
  expect(whole.stdout).toBe('You wrote: All of it\n');
  const nothing = await runCommand(['run', DEMO, '-']);
  expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining('stdin is empty') });
});

test('attaches to the run of an id that exists, on a file and on a server', async () => {
  const cwd = createFolder();
  const { agent, env } = await serveDemo();
  const first = await runCommand(['run', DEMO, 'hello', '--id', 'nightly', '--output', 'json'], { cwd });
  const second = await runCommand(['run', DEMO, 'hello', '--id', 'nightly', '--output', 'json'], { cwd });
  expect(JSON.parse(second.stdout)).toMatchObject({ runId: 'nightly', output: 'You wrote: hello' });
  expect(second.stdout).toBe(first.stdout);
  const other = await runCommand(['run', DEMO, 'something else', '--id', 'nightly'], { cwd });
  expect(other).toMatchObject({ code: 70, stderr: expect.stringContaining('nightly') });
  const served = async () =>
    JSON.parse(
      (await runCommand(['run', agent, 'hello', '--id', 'k', '--json'], { env })).stdout.trimEnd().split('\n').at(-1) ??
        '',
    );
  const [one, two] = [await served(), await served()];
  expect(two.outcome.runId).toBe(one.outcome.runId);
});

test('continues a conversation of the runs file', async () => {
  const cwd = createFolder();
  await runCommand(['run', DEMO, 'hello', '--conversation', 'c1'], { cwd });
  const second = await runCommand(['run', DEMO, 'weather', '--conversation', 'c1', '--output', 'json'], { cwd });
  expect(JSON.parse(second.stdout).messages.map(({ role }: { readonly role: string }) => role)).toEqual([
    'user',
    'assistant',
    'user',
    'assistant',
    'tool',
    'assistant',
  ]);
});

test('asks another model of the same server', async () => {
  const { stderr, stdout } = await runCommand(['run', DEMO, 'hello', '--model', 'other-model', '--json']);
  expect(stderr).toBe('');
  expect(stdout).toContain('"model":"other-model"');
});

test('keeps runs where only this user can read them, and no commit has them', async () => {
  const cwd = createFolder();
  await runCommand(['run', DEMO, 'hello'], { cwd });
  const folder = join(cwd, '.pawl');
  const modes = readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o777]);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(modes.filter(([, mode]) => mode !== 0o600)).toEqual([]);
  expect(readdirSync(folder)).toContain('.gitignore');
});

test('leaves nothing on the disk with --no-runs', async () => {
  const cwd = createFolder();
  const { stderr } = await runCommand(['run', DEMO, 'refund', '--no-runs'], { cwd });
  expect(stderr).toContain('was in memory, so it cannot be answered later');
  expect(readdirSync(cwd)).toEqual([]);
});

test('K12: what could control a terminal is removed from the text of a model, and is in JSON', async () => {
  for (const isTerminal of [true, false]) {
    const { stdout } = await runCommand(['run', DEMO, 'hostile'], { isTerminal });
    expect(stdout).toBe('safe redevil end\n');
  }
  const { stdout } = await runCommand(['run', DEMO, 'hostile', '--output', 'json']);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it must not be there
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  expect(JSON.parse(stdout).output).toBe('safe \u001b]0;title\u0007\u001b[2J\u009b31mred\u202eevil\u001b[0m\u0008 end');
});

test('K12: what could control a terminal is removed from errors, results of tools and arguments', async () => {
  for (const isTerminal of [true, false]) {
    const env = { NO_COLOR: '1' };
    const failed = await runCommand(['run', DEMO, 'hostile error'], { isTerminal, env });
    expect(failed).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('broken title') });
    const called = await runCommand(['run', DEMO, 'hostile call'], { isTerminal, env });
    expect(called).toMatchObject({ code: 15, stdout: '' });
    // The person who approves sees exactly what the arguments are.
    expect(called.stderr).toContain(String.raw`{"order":7,"note":"\u001b[2J\u202e"}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it must not be there
    const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;
    expect(failed.stderr + called.stderr).not.toMatch(controls);
  }
});

test('K12: a megabyte in one line of a tool is cut on stderr', async () => {
  const { code, stderr } = await runCommand(['run', DEMO, 'huge call']);
  expect(code).toBe(0);
  expect(Math.max(...stderr.split('\n').map(({ length }) => length))).toBeLessThan(2_000);
});

test('K16: a run waits for a slow reader, and loses nothing', async () => {
  let text = '';
  let largest = 0;
  const slow = new Writable({
    decodeStrings: false,
    highWaterMark: 1,
    write: (chunk: string, _, done) => {
      text += chunk;
      largest = Math.max(largest, slow.writableLength);
      setImmediate(done);
    },
  });
  const io = {
    stdout: slow,
    stderr: new Writable({ write: (_, __, done) => done() }),
    stdin: Readable.from([]),
    env: {},
    cwd: createFolder(),
  };
  expect(
    await main(['run', DEMO, 'large', '--json'], { ...io, clock: systemClock, onSignal: () => () => undefined }),
  ).toBe(0);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.at(-1).outcome.output).toHaveLength(1_000_000);
  // One line at a time: the run waits for the reader.
  expect(largest).toBeLessThan(Math.max(...text.split('\n').map(({ length }) => length)) + 2);
});

test.each([
  [['run', DEMO, 'hello', '--limit', 'turn=2'], 'The limits: turns, toolCalls'],
  [['run', DEMO, 'hello', '--limit', 'turns=0'], 'a number above 0'],
  [['run', DEMO, 'hello', '--output', 'xml'], 'Pass text, json or jsonl.'],
  [['run', DEMO, 'hello', '--approve', 'all'], 'the names of tools'],
  [['run', DEMO, 'hello', 'world'], '"world" is too much'],
  [['run', DEMO, ''], 'The question is empty.'],
  [['run'], 'AGENT is missing'],
  [['run', DEMO, 'hello', '--runs', ''], '--runs is empty'],
  [['run', DEMO, 'hello', '--no-runs', '--runs', 'x.db'], 'exclude each other'],
  [['run', 'http://user:pass@127.0.0.1:1#a', 'hello'], 'PAWL_TOKEN'],
])('refuses %j', async (argv, message) => {
  expect(await runCommand(argv)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
});

test('K17: a token is sent to https or to this machine only', async () => {
  const result = await runCommand(['run', 'http://example.com#a', 'hello'], { env: { PAWL_TOKEN: 'secret-token' } });
  expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining('https or to this machine only') });
  expect(result.stderr).not.toContain('secret-token');
});

test('reports a server that does not answer, or does not know the token', async () => {
  const { agent } = await serveDemo();
  expect(await runCommand(['run', agent, 'hello'])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('PAWL_TOKEN'),
  });
  expect(await runCommand(['run', agent, 'hello'], { env: { PAWL_TOKEN: 'wrong' } })).toMatchObject({ code: 3 });
  expect(await runCommand(['run', 'http://127.0.0.1:9#demo', 'hello'])).toMatchObject({
    code: 70,
    stderr: expect.stringContaining('does not answer'),
  });
});
