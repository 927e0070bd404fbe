import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { countColumns } from '../../packages/cli/src/terminal/width.ts';
import { createFolder, DEMO, runCommand } from './run-command.ts';
import { BIN } from './spawn-command.ts';

/** A real pseudo-terminal; `undefined` on a platform without a build of it. */
const pty = await import('@lydell/node-pty').catch((error: unknown) => {
  console.log(`No pseudo-terminal, so test/cli/terminal.test.ts is skipped: ${String(error)}`);
  return undefined;
});

interface Terminal {
  /** Everything that was shown. */
  readonly shown: () => string;
  /** Resolves when what was shown since the last call matches. */
  readonly waitFor: (pattern: RegExp) => Promise<void>;
  readonly type: (keys: string) => void;
  readonly resize: (columns: number) => void;
  readonly ended: Promise<number>;
}

interface TerminalOptions {
  readonly cwd: string;
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

function open(argv: readonly string[], { cwd, columns = 100, env = {} }: TerminalOptions): Terminal {
  let shown = '';
  let seen = 0;
  const waiting: (() => void)[] = [];
  const child = pty?.spawn(process.execPath, [BIN, ...argv], {
    cwd,
    cols: columns,
    rows: 30,
    env: { ...process.env, TERM: 'xterm-256color', NO_COLOR: '', ...env },
  });
  if (child === undefined) throw new Error('There is no pseudo-terminal.');
  child.onData((data) => {
    shown += data;
    for (const check of waiting.splice(0)) check();
  });
  const ended = new Promise<number>((resolve) => child.onExit(({ exitCode }) => resolve(exitCode)));
  void ended.then(() => {
    for (const check of waiting.splice(0)) check();
  });
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  onTestFinished(() => {
    if (!hasEnded) child.kill('SIGKILL');
  });
  return {
    shown: () => shown,
    type: (keys) => child.write(keys),
    resize: (width) => child.resize(width, 30),
    ended,
    waitFor: async (pattern) => {
      for (;;) {
        const found = pattern.exec(shown.slice(seen));
        if (found !== null) {
          seen += found.index + found[0].length;
          return;
        }
        if (hasEnded) throw new Error(`The command ended without ${pattern}: ${JSON.stringify(shown.slice(seen))}`);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

test.skipIf(pty === undefined)('shows colours, and lines of a width of 40 columns', async () => {
  const terminal = open(['run', DEMO, 'weather'], { cwd: createFolder(), columns: 40 });
  expect(await terminal.ended).toBe(0);
  expect(terminal.shown()).toContain('Result: It is sunny in Rome.');
  expect(terminal.shown()).toContain('\u001b[2m');
  const lists = open(['tools', DEMO], { cwd: createFolder(), columns: 40, env: { NO_COLOR: '1' } });
  expect(await lists.ended).toBe(0);
  const widths = lists.shown().split('\r\n').map(countColumns);
  expect(Math.max(...widths)).toBe(40);
});

test.skipIf(pty === undefined)('fits lines to a terminal whose size changes while they are shown', async () => {
  const cwd = createFolder();
  await runCommand(['run', DEMO, 'fail', '--id', 'first'], { cwd });
  const terminal = open(['runs', '--follow'], { cwd, columns: 100, env: { NO_COLOR: '1' } });
  await terminal.waitFor(/first +failed [^\n]*\n/);
  terminal.resize(40);
  await runCommand(['run', DEMO, 'fail', '--id', 'second'], { cwd });
  await terminal.waitFor(/second +failed [^\n]*\n/);
  terminal.type(CTRL_C);
  expect(await terminal.ended).toBe(0);
  const line = terminal
    .shown()
    .split('\r\n')
    .find((each) => each.startsWith('second'));
  expect(countColumns(line ?? '')).toBe(40);
});

test.skipIf(pty === undefined)('Ctrl-C interrupts a run, and a second one aborts it', async () => {
  const cwd = createFolder();
  const [once, twice] = [
    open(['run', DEMO, 'wait', '--id', 'once', '--json'], { cwd }),
    open(['run', DEMO, 'hang', '--id', 'twice'], { cwd }),
  ];
  await once.waitFor(/tool\.started/);
  once.type(CTRL_C);
  expect(await once.ended).toBe(130);
  await expect
    .poll(() => runCommand(['runs', 'show', 'twice', '--journal'], { cwd }))
    .toMatchObject({ stdout: expect.stringContaining('model:1') });
  twice.type(CTRL_C);
  await twice.waitFor(/Ctrl-C again aborts the run for good/);
  twice.type(CTRL_C);
  expect(await twice.ended).toBe(130);
  const { stdout } = await runCommand(['runs'], { cwd });
  expect(stdout).toMatch(/once\tinterrupted/);
  expect(await runCommand(['runs', 'resume', 'twice', DEMO], { cwd })).toMatchObject({ code: 16 });
});

test.skipIf(pty === undefined)('asks about a call, and takes the keys of the answer', async () => {
  const cwd = createFolder();
  const terminal = open(['run', DEMO, 'refund twice', '--id', 'r1'], { cwd, env: { EDITOR: '', VISUAL: '' } });
  await terminal.waitFor(
    /preview: +Refund order 7[\s\S]*\[y\] approve {2}\[a\] approve later ones too {2}\[n\] deny {2}\[e\] edit {2}\[l\] later/,
  );
  terminal.type('x\r');
  await terminal.waitFor(/"x" is none of y, a, n, e, l\.[\s\S]*later: /);
  terminal.type('n\r');
  await terminal.waitFor(/reason/);
  terminal.type('Too much.\r');
  await terminal.waitFor(/Refund order 8[\s\S]*later: /);
  terminal.type('e\r');
  await terminal.waitFor(/JSON: /);
  terminal.type('{"order":"nine"}\r');
  await terminal.waitFor(/The tool does not accept that[\s\S]*later: /);
  terminal.type('e\r');
  await terminal.waitFor(/JSON: /);
  terminal.type('{"order":9}\r');
  await terminal.waitFor(/Order 9 is refunded/);
  expect(await terminal.ended).toBe(0);
});

test.skipIf(pty === undefined)('edits a call in $EDITOR, and leaves one for later', async () => {
  const cwd = createFolder();
  const editor = `${process.execPath} ${join(import.meta.dirname, 'agents', 'editor.ts')}`;
  const terminal = open(['run', DEMO, 'refund', '--id', 'r1'], { cwd, env: { EDITOR: editor, VISUAL: '' } });
  await terminal.waitFor(/later: /);
  terminal.type('e\r');
  await terminal.waitFor(/Order 12 is refunded/);
  expect(await terminal.ended).toBe(0);
  const later = open(['run', DEMO, 'refund', '--id', 'r2'], { cwd });
  await later.waitFor(/later: /);
  later.type('l\r');
  expect(await later.ended).toBe(15);
  const approve = open(['approve', 'r2', '--resume', DEMO], { cwd });
  await approve.waitFor(/Approve it\? \[y\/N\] /);
  approve.type('y\r');
  await approve.waitFor(/Result: Order 7 is refunded/);
  expect(await approve.ended).toBe(0);
});

test.skipIf(pty === undefined)('chat takes a pasted text as one message, and leaves with Ctrl-D', async () => {
  const cwd = createFolder();
  const terminal = open(['chat', DEMO, '--conversation', 'c1'], { cwd });
  await terminal.waitFor(/> /);
  const pasted = Array.from({ length: 200 }, (_, index) => `${index}: ${'x'.repeat(48)}`).join('\r');
  terminal.type(`Read: \u001b[200~${pasted}\u001b[201~`);
  await terminal.waitFor(/\[pasted text 1: 200 lines\]/);
  terminal.type('\r');
  await terminal.waitFor(/199: x{48}[\s\S]*> /);
  terminal.type(CTRL_D);
  expect(await terminal.ended).toBe(0);
  const { stdout } = await runCommand(['chat', DEMO, '--conversation', 'c1'], { cwd, stdin: '/wire\n' });
  expect(stdout).toBe('');
  const [run] = (await runCommand(['runs', '--json'], { cwd })).stdout.trimEnd().split('\n');
  expect(JSON.parse(run ?? '').outcome.output).toBe(`You wrote: Read: ${pasted.replaceAll('\r', '\n')}`);
});

test.skipIf(pty === undefined)(
  'chat cancels an answer with Ctrl-C, steers it with a line, and leaves on an empty line',
  async () => {
    const cwd = createFolder();
    const terminal = open(['chat', DEMO], { cwd });
    await terminal.waitFor(/> /);
    terminal.type('wait\r');
    await expect
      .poll(() => runCommand(['runs', '--json'], { cwd }))
      .toMatchObject({ stdout: expect.stringMatching(/running.*"totalTokens":[1-9]/) });
    terminal.type(CTRL_C);
    await terminal.waitFor(/aborted[\s\S]*> /);
    terminal.type('half a line');
    terminal.type(CTRL_C);
    terminal.type('hello\r');
    await terminal.waitFor(/You wrote: hello\r\n[\s\S]*> /);
    terminal.type(CTRL_C);
    expect(await terminal.ended).toBe(0);
  },
);
