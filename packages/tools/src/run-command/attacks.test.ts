import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { resolveWithin } from '../../../../test/within.ts';
import { callTool, createSandbox, SECRET } from '../files/sandbox.fixture.ts';
import { callWithSignal, ISOLATION_MODES } from './command.fixture.ts';
import { type RunCommandOptions, runCommand } from './run-command.ts';

const box = createSandbox();
afterAll(() => box.remove());
chmodSync(box.resolve('..'), 0o755);
mkdirSync(box.resolve('../outside'));
writeFileSync(box.resolve('../outside/secret'), SECRET);
mkdirSync(box.resolve('.git'));
mkdirSync(box.resolve('sub'));
box.write('plain.txt', 'not a program');
symlinkSync('../outside', box.resolve('link'));
symlinkSync('/etc', box.resolve('etc'));

const MEMORY_BEFORE = process.memoryUsage().rss;
const tool = (options: Partial<RunCommandOptions> = {}) =>
  runCommand({ roots: box.root, timeoutMs: 20_000, graceMs: 200, maxOutputBytes: 2 ** 20, ...options });

/** Whether a process with this mark in its command line is alive. Linux only; `false` elsewhere. */
function isAlive(mark: string): boolean {
  if (process.platform !== 'linux') return false;
  return readdirSync('/proc').some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark);
    } catch {
      return false;
    }
  });
}

describe('refuses without running anything', () => {
  const touch = (...args: string[]) => ['touch', box.resolve('touched'), ...args];

  test.each([
    ['a NUL in an argument', { command: touch('a\0b') }, /^invalid/],
    ['a NUL in the program', { command: ['touch\0', box.resolve('touched')] }, /^invalid/],
    ['half of a character', { command: touch('\ud800') }, /^invalid/],
    ['an empty command', { command: [] }, /^invalid/],
    ['an empty program', { command: ['', 'x'] }, /^invalid/],
    ['a text instead of a list', { command: `touch ${box.resolve('touched')}` }, /^invalid/],
    ['a thousand and one arguments', { command: touch(...Array(1_000).fill('a')) }, /^invalid/],
    ['an argument of 200 kB', { command: touch('é'.repeat(100_000)) }, /^invalid/],
    ['arguments of more than 1 MB', { command: touch(...Array(20).fill('a'.repeat(90_000))) }, /^invalid/],
    ['a script without a shell', { script: `touch ${box.resolve('touched')}` }, /^invalid/],
    ['a command in one word', { command: [touch().join(' ')] }, /^refused: .* does not exist/],
    ['a missing program', { command: ['no-such-program'] }, /^refused: There is no program "no-such-program"/],
    ['a path of a missing program', { command: ['./none'] }, /^refused: "\.\/none" does not exist/],
    ['a program that is a folder', { command: ['./sub'] }, /^refused: "\.\/sub" is not a program/],
    ['a folder on the PATH', { command: ['..'] }, /^refused: There is no program/],
    ['a file that is not executable', { command: ['./plain.txt'] }, /^refused: "\.\/plain\.txt" cannot be run/],
    ['the folder above', { command: touch(), folder: '..' }, /^refused: .*is outside/],
    ['a folder beside', { command: touch(), folder: '../outside' }, /^refused: .*is outside/],
    [
      'a folder whose path goes outside and returns',
      { command: touch(), folder: 'sub/../../outside' },
      /^refused: .*is outside/,
    ],
    ['an absolute folder', { command: touch(), folder: '/' }, /^refused: .*is outside/],
    ['/proc/self/cwd', { command: touch(), folder: '/proc/self/cwd' }, /^refused: .*is outside/],
    ['a link to outside', { command: touch(), folder: 'link' }, /^refused: .*is outside/],
    ['a link to the system', { command: touch(), folder: 'etc/ssl' }, /^refused: .*is outside/],
    ['a folder with a NUL', { command: touch(), folder: 'sub\0' }, /^refused: .*NUL/],
    ['a denied folder', { command: touch(), folder: '.git' }, /^refused: .*deny list/],
    ['a folder that is a file', { command: touch(), folder: 'plain.txt' }, /^refused: "plain.txt" does not exist/],
    ['a missing folder', { command: touch(), folder: 'none' }, /^refused: "none" does not exist/],
  ])('%s', async (_, input, expected) => {
    expect(await callTool(tool({ isolation: 'none' }), input)).toMatch(expected);
    expect(existsSync(box.resolve('touched'))).toBe(false);
  });
});

/** Runs a command as another user if this process is root. */
const OTHER_USER = process.getuid?.() === 0 ? { user: { uid: 65_534, gid: 65_534 } } : {};

type HostileCommand = readonly [name: string, script: string, expected: RegExp, options?: Partial<RunCommandOptions>];

/** Approved shell scripts. The processes that they start have the mark in their command lines. */
const HOSTILE_COMMANDS: readonly HostileCommand[] = [
  ['ignores SIGTERM', 'trap "" TERM INT HUP; sleep MARK; sleep MARK', /^\[stopped after 1\.5 s/],
  [
    'starts more processes on SIGTERM',
    'trap "sleep MARK & sleep MARK" TERM; sleep MARK & wait; wait',
    /^\[stopped after 1\.5 s/,
  ],
  ['closes its streams and continues to sleep', 'exec <&- >&- 2>&-; sleep MARK', /^\[stopped after 1\.5 s/],
  ['suspends itself', 'sh -c "kill -STOP \\$\\$; sleep MARK"', /^\[stopped after 1\.5 s/],
  ['leaves a child that holds its streams', 'sleep MARK & echo done', /^\[exit code 0; .*\]\ndone$/],
  ['leaves a child that ignores SIGHUP', 'nohup sleep MARK >/dev/null 2>&1 & echo done', /^\[exit code 0; .*\]\ndone$/],
  ['leaves a daemon in a new session', 'setsid sleep MARK & echo done', /^\[exit code 0; .*\]\ndone$/],
  [
    'leaves a daemon, forked twice, with no environment and no streams',
    '(setsid env -i sh -c "(setsid sleep MARK) & exit" <&- >&- 2>&- &); sleep 0.1; echo done',
    /^\[exit code 0; .*\]\ndone$/,
  ],
  ['writes without end', 'yes MARK', /^\[stopped after 1048576 bytes/],
  ['writes errors without end', 'yes MARK >&2', /^\[stopped after 1048576 bytes/],
  ['writes one line without end', 'tr "\\0" x </dev/zero', /^\[stopped after 1048576 bytes/],
  ['writes bytes without end', 'cat /dev/urandom', /^\[stopped after 1048576 bytes.*\]\n\[binary output/],
  ['writes a little, without end', 'while true; do echo x; sleep 0.01; done', /^\[stopped after 1\.5 s/],
  ['waits for a terminal', 'cat; read line </dev/tty || echo none; cat', /^\[exit code 0; .*\]\n(.|\n)*none/],
  ['forks repeatedly', 'while true; do sleep MARK & sleep 0.01; done', /^\[stopped: it started more than 40/],
  // The kernel does not enforce the limit for root.
  [
    'forks as fast as it can',
    'b() { b | b & }; b; sleep MARK',
    /^\[(stopped|ended|exit)/,
    { ...OTHER_USER, timeoutMs: 1_500 },
  ],
  [
    'forks into new sessions',
    'b="setsid sh -c \\"\\$1\\" x \\"\\$1\\" MARK & "; setsid sh -c "$b$b wait" x "$b$b wait"; sleep MARK',
    /^\[(stopped|ended|exit)/,
    { ...OTHER_USER, timeoutMs: 1_500 },
  ],
  ['fills the memory', 'head -c 2000000000 /dev/zero | tail -n 1', /^\[stopped: it used more than 77 MiB/],
  [
    'fills the memory with several processes',
    'for i in 1 2 3 4 5 6; do head -c 40000000 /dev/zero | tail -c 39000000 | { sleep MARK; cat; } & done; wait',
    /^\[stopped: it used more/,
  ],
  ['kills itself', 'kill -KILL $$', /^\[ended by SIGKILL|^\[exit code 137/],
  ['crashes', 'kill -SEGV $$', /^\[ended by SIGSEGV|^\[exit code 139/],
];

describe.concurrent.each(ISOLATION_MODES)('with isolation "%s", a command that', (isolation) => {
  const limits = { isolation, shell: '/bin/sh', maxProcesses: 40, maxMemoryBytes: 80_000_000 } as const;

  test.each(HOSTILE_COMMANDS.map(([name, ...command]) => ({ name, command })))(
    '$name is ended with every process that it started',
    async ({ command }) => {
      const [script, expected, options = {}] = command;
      const mark = String(90_000 + Math.floor(Math.random() * 1e9));
      const timeoutMs = expected.source.includes('after 1\\.5 s') ? 1_500 : 15_000;
      const result = await callTool(tool({ ...limits, timeoutMs, ...options }), {
        script: script.replaceAll('MARK', mark),
      });
      expect(result.slice(0, 300)).toMatch(expected);
      expect(isAlive(mark)).toBe(false);
    },
  );
});

describe.each(ISOLATION_MODES)('an aborted command with isolation "%s"', (isolation) => {
  test('never starts if the signal is already aborted', async () => {
    const touching = callWithSignal(
      tool({ isolation }),
      { command: ['touch', 'early'] },
      AbortSignal.abort(new Error('no')),
    );
    await expect(touching).rejects.toThrow('no');
    expect(existsSync(box.resolve('early'))).toBe(false);
  });

  test('rejects at once, and is ended with every process that it started', async () => {
    const controller = new AbortController();
    const mark = '912345678';
    const script = `trap "" TERM; setsid sleep ${mark} & sleep ${mark}; sleep ${mark}`;
    const options = { isolation, shell: '/bin/sh' } as const;
    const running = expect(callWithSignal(tool(options), { script }, controller.signal)).rejects.toThrow('enough');
    await expect.poll(() => process.platform !== 'linux' || isAlive(`sleep\0${mark}`)).toBe(true);
    controller.abort(new Error('enough'));
    await resolveWithin(500, running);
    await expect.poll(() => isAlive(mark)).toBe(false);
  });

  test('is not affected by an abort after its end', async () => {
    const controller = new AbortController();
    expect(await callWithSignal(tool({ isolation }), { command: ['true'] }, controller.signal)).toMatch(
      /^\[exit code 0/,
    );
    controller.abort();
  });
});

test('ignores unknown fields of a call', async () => {
  const result = await callTool(tool({ isolation: 'none' }), {
    command: ['env'],
    env: { LD_PRELOAD: '/evil.so' },
    shell: '/bin/sh',
    timeoutMs: 1,
    isolation: 'none',
  });
  expect(result).toMatch(/^\[exit code 0/);
  expect(result).not.toContain('LD_PRELOAD');
});

/** Requires bubblewrap. */
describe.each(ISOLATION_MODES.filter((way) => way === 'require'))('in isolation', (isolation) => {
  const runScript = (script: string, options: Partial<RunCommandOptions> = {}) =>
    callTool(tool({ isolation, shell: '/bin/sh', ...options }), { script });

  test.each([
    ['files outside', `cat ${box.resolve('../outside/secret')} link/secret`],
    ['private files of the system', 'cat /etc/shadow /etc/ssl/private/* /root/.bashrc etc/shadow'],
    ['the environment of this process', `cat /proc/${process.pid}/environ; cat /proc/1/environ`],
    ['open files of this process', `ls /proc/${process.pid}/fd`],
    ['devices', 'cat /dev/sda /dev/vda /dev/mem /dev/kmsg'],
  ])('cannot read %s', async (_, script) => {
    process.env['PAWL_LEAK'] = SECRET;
    const result = await runScript(`${script}; exit 7`);
    delete process.env['PAWL_LEAK'];
    expect(result).toMatch(/^\[exit code 7; isolated: true\]/);
    expect(result).not.toMatch(/TOP SECRET|root:[^x]|PAWL_LEAK/);
  });

  test.each([
    ['files outside', `echo x >${box.resolve('../outside/new')}`],
    ['a link to outside', 'echo x >link/new'],
    ['the system', 'echo x >/usr/bin/new || echo x >/etc/new || echo x >/new || echo x >/dev/new'],
    [
      'programs that the kernel runs',
      'cp /proc/sys/kernel/core_pattern /tmp/x; cat /tmp/x >/proc/sys/kernel/core_pattern',
    ],
    ['the kernel', 'echo x >/proc/sys/kernel/hostname || echo h >/proc/sysrq-trigger || mount -t tmpfs x /mnt'],
    ['this process', `kill -0 ${process.pid}`],
    ['more of /tmp than it has', 'head -c 400000000 /dev/zero >/tmp/x || head -c 400000000 /dev/zero >/dev/shm/x'],
  ])('cannot change %s', async (_, script) => {
    expect(await runScript(`${script} && echo done`)).not.toMatch(/done$/);
    expect(existsSync(box.resolve('../outside/new'))).toBe(false);
  });

  test('has no network unless the option is "host"', async () => {
    const server = createServer((socket) => socket.end('hello\n')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number }; // A listening server has an address.
    const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; cat <&3`;
    const reading = (options: Partial<RunCommandOptions>) => runScript(script, { shell: '/bin/bash', ...options });
    expect(await reading({})).not.toContain('hello');
    expect(await reading({ network: 'host' })).toBe('[exit code 0; isolated: true]\nhello');
    server.close();
  });

  test('can write to the roots, and read the paths of "readable"', async () => {
    expect(await runScript('echo a >made; cat made')).toBe('[exit code 0; isolated: true]\na');
    const readable = [box.resolve('../outside')];
    expect(await runScript(`cat ${readable}/secret`, { readable })).toContain(SECRET);
    expect(await runScript(`echo x >${readable}/new`, { readable })).toMatch(/Read-only/);
  });
});

test('uses little memory of this process', () => {
  expect(process.memoryUsage().rss - MEMORY_BEFORE).toBeLessThan(100 * 2 ** 20);
});
