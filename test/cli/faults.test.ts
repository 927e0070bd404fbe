import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { Capture, createFolder, DEMO, runCommand, startCommand } from './run-command.ts';
import { finish, read, spawnCommand, spawnToEnd } from './spawn-command.ts';

test('K1: a run whose process was killed with -9 is interrupted, and continues without repeating what finished', async () => {
  const cwd = createFolder();
  const child = spawnCommand(['run', DEMO, 'wait', '--id', 'r1'], { cwd });
  child.stdin?.end();
  const journal = ['runs', 'show', 'r1', '--journal'];
  await expect.poll(() => runCommand(journal, { cwd })).toMatchObject({ stdout: expect.stringContaining('model:1') });
  child.kill('SIGKILL');
  await finish(child);
  expect(await runCommand(['runs'], { cwd })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('r1\tinterrupted'),
  });
  expect(await runCommand(['runs', 'show', 'r1'], { cwd })).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('pawl runs resume r1 AGENT'),
  });
  const resumed = startCommand(['runs', 'resume', 'r1', DEMO, '--json'], { cwd });
  await resumed.stdout.waitFor(/"type":"tool.started"/);
  expect(resumed.stdout.text.match(/"type":"model.responded"[^\n]*"replayed":true/g)).toHaveLength(1);
  resumed.interrupt('SIGINT');
  await resumed.ended;
});

test('K2: two commands work on one file at the same time', async () => {
  const cwd = createFolder();
  const [one, two] = await Promise.all([
    spawnToEnd(['run', DEMO, 'weather'], { cwd }),
    spawnToEnd(['run', DEMO, 'hello'], { cwd }),
  ]);
  expect([one.code, two.code]).toEqual([0, 0]);
  expect((await runCommand(['runs', '--status', 'completed'], { cwd })).stdout.match(/completed/g)).toHaveLength(2);
});

test('K2: of two commands that answer one call at once, one does, and the other says that it is answered', async () => {
  const cwd = createFolder();
  const waiting = startCommand(['run', DEMO, 'refund', '--id', 'r1'], { cwd });
  await waiting.ended;
  const [, fingerprint = ''] = /--fingerprint (\S+)/.exec(waiting.stderr.text) ?? [];
  const answer = (name: string) => runCommand([name, 'r1', '--fingerprint', fingerprint, '--yes'], { cwd });
  const results = await Promise.all([answer('approve'), answer('deny')]);
  expect(results.map(({ code }) => code).sort()).toEqual([0, 1]);
  const [refused] = results.filter(({ code }) => code === 1);
  expect(refused).toMatchObject({ stdout: '', stderr: expect.stringContaining('is already answered') });
});

test('K3: a reader of stdout that goes ends the command quietly with 141', async () => {
  const cwd = createFolder();
  const { code, stdout, stderr } = await spawnToEnd(['run', DEMO, 'large', '--json'], { cwd, rest: '| head -1' });
  expect({ code, stderr }).toEqual({ code: 141, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ type: 'run.started' });
});

test('K3: a full disk below stdout fails, and says so', async () => {
  const cwd = createFolder();
  const result = await spawnToEnd(['run', DEMO, 'hello'], { cwd, rest: '> /dev/full' });
  expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('the output cannot be written') });
});

test('K4: a closed stdin is no context', async () => {
  const cwd = createFolder();
  const result = await spawnToEnd(['run', DEMO, 'hello'], { cwd, rest: '<&-' });
  expect(result).toMatchObject({ code: 0, stdout: 'You wrote: hello\n' });
});

test('K5: a folder that cannot be written names the way on', async () => {
  const cwd = createFolder();
  chmodSync(cwd, 0o555);
  const asNobody = process.getuid?.() === 0 ? { uid: 65_534 } : {};
  const result = await spawnToEnd(['run', DEMO, 'hello'], { cwd, ...asNobody });
  chmodSync(cwd, 0o755);
  expect(result).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringContaining('Pass --runs FILE or --no-runs.'),
  });
});

test('K5: a runs file in a folder that does not exist is an error of the host', async () => {
  const result = await runCommand(['run', DEMO, 'hello', '--runs', 'missing/runs.db']);
  expect(result).toMatchObject({ code: 70, stdout: '', stderr: expect.stringContaining('missing/runs.db') });
});

test('K6: a damaged file, and a file of something else, are named', async () => {
  const cwd = createFolder();
  writeFileSync(
    join(cwd, 'other.db'),
    'This is no database, but a text that is long enough to be read as one.'.repeat(20),
  );
  for (const argv of [['runs'], ['run', DEMO, 'hello'], ['approve', 'r1']]) {
    expect(await runCommand([...argv, '--runs', 'other.db'], { cwd })).toMatchObject({
      code: 70,
      stdout: '',
      stderr: expect.stringContaining('other.db'),
    });
  }
});

test('K7: a run of another schemaVersion is listed, and left as it is', async () => {
  const cwd = createFolder();
  await runCommand(['run', DEMO, 'refund', '--id', 'r1', '--runs', 'runs.db'], { cwd });
  const database = new DatabaseSync(join(cwd, 'runs.db'));
  database.exec("UPDATE records SET record = json_set(record, '$.schemaVersion', 99)");
  database.close();
  const place = ['--runs', 'runs.db'];
  expect(await runCommand(['runs', ...place], { cwd })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('r1'),
  });
  expect(await runCommand(['runs', 'resume', 'r1', DEMO, ...place], { cwd })).toMatchObject({
    code: 70,
    stderr: expect.stringContaining('schemaVersion 99'),
  });
});

test.each([
  [
    'K8: an agent file that throws is quoted with its place',
    'throws.ts',
    "throw new Error('No settings.');",
    /throws.ts threw while it was imported: Error: No settings. \(.*throws.ts:1:7\)/,
  ],
  [
    'K8: an agent file with a missing package says how to install it',
    'missing.ts',
    "import 'not-there';",
    /imports "not-there", which is not installed. Install it: npm install not-there/,
  ],
  [
    'K10: syntax that Node cannot strip has a hint',
    'enum.ts',
    'enum Colour { Red }',
    /enum.ts has syntax that Node cannot remove: [\s\S]*erasableSyntaxOnly/,
  ],
])('%s', async (_, file, source, message) => {
  const cwd = createFolder();
  writeFileSync(join(cwd, file), source);
  // By Node itself: the test runner would compile the file.
  const result = await spawnToEnd(['run', file, 'hello'], { cwd });
  expect(result).toMatchObject({ code: 3, stdout: '' });
  expect(result.stderr).toMatch(message);
  expect(result.stderr).not.toContain('    at ');
  expect(existsSync(join(cwd, '.pawl'))).toBe(false);
});

test('K8: a file without an agent, and one with several, say what they export', async () => {
  const cwd = createFolder();
  writeFileSync(join(cwd, 'none.ts'), 'export const answer = 42;');
  const fake = '{ name: "a", run: () => {}, resume: () => {} }';
  writeFileSync(join(cwd, 'two.ts'), `export const one = ${fake}; export const two = ${fake};`);
  const stderrOf = async (agent: string) => (await runCommand(['run', agent, 'hello'], { cwd })).stderr;
  expect(await stderrOf('none.ts')).toContain('"none.ts" exports no agent.');
  expect(await stderrOf('two.ts')).toContain('Name one: two.ts#one, two.ts#two');
  expect(await stderrOf('two.ts#three')).toContain('"two.ts" exports no agent "three".');
});

test('K9: an agent without a key fails with the name of the variable', async () => {
  const agent = join(import.meta.dirname, 'agents', 'without-key.ts');
  const { code, stdout, stderr } = await runCommand(['run', agent, 'hello']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('GROQ_API_KEY');
});

test('K11: a server that is killed while a run is watched says so, and the run is still there', async () => {
  const cwd = createFolder();
  const server = spawnCommand(['serve', DEMO, '--port', '0'], { cwd });
  const [stdout, stderr] = [new Capture(), new Capture()];
  server.stdout?.setEncoding('utf8').pipe(stdout);
  server.stderr?.setEncoding('utf8').pipe(stderr);
  const [url] = await stdout.waitFor(/http:\S+/);
  const [, token = ''] = await stderr.waitFor(/PAWL_TOKEN=(\S+)\n/);
  const watching = startCommand(['run', `${url}#demo`, 'wait', '--json'], { env: { PAWL_TOKEN: token } });
  await watching.stdout.waitFor(/"type":"tool.started"/);
  server.kill('SIGKILL');
  expect(await watching.ended).toMatchObject({ code: 70 });
  expect(await runCommand(['runs'], { cwd })).toMatchObject({ stdout: expect.stringContaining('interrupted') });
});

test('a file may export its host, and the context of every run', async () => {
  const cwd = createFolder();
  const env = { PAWL_TEST_HOST_FILE: join(cwd, 'own.db') };
  const file = join(import.meta.dirname, 'agents', 'with-host.ts');
  const call = (...argv: readonly string[]) => spawnToEnd(argv, { cwd, env });
  const waiting = await call('run', `${file}#first`, 'Hi', '--id', 'r1');
  expect(waiting).toMatchObject({
    code: 15,
    stderr: expect.stringContaining(`resume r1 '${file}#first' --runs ${file}`.replaceAll("'", '')),
  });
  expect(existsSync(join(cwd, '.pawl'))).toBe(false);
  const [, fingerprint = ''] =
    /"fingerprint":"(\w+)"/.exec(
      await read(spawnCommand(['runs', 'show', 'r1', '--runs', file, '--json'], { cwd, env }).stdout),
    ) ?? [];
  const argv = ['--fingerprint', fingerprint, '--yes', '--resume', `${file}#first`];
  expect(await call('approve', 'r1', ...argv)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Hello local, again.\n'),
  });
  expect(await call('run', file, 'Hi')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('exports several agents'),
  });
});
