import { describe, expect, test } from 'vitest';
import { openServer, PLACES } from './place.ts';
import { createFolder, DEMO, runCommand } from './run-command.ts';

describe.each(PLACES)('the runs of %s', (_, openPlace) => {
  test('are listed, the newest first, and found by status, agent and time', async () => {
    const { call, read, start } = await openPlace();
    await start('hello');
    await start('fail');
    expect(await call('runs')).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^ID\tfailed\tdemo\tTIME\t\d+\t\$[\d.]+\tfailed: .*broken.*\nID\tcompleted\tdemo\tTIME\t\d+\t\$[\d.]+\t\n$/,
      ),
      stderr: '',
    });
    expect(await read('runs', 'list', '--status', 'failed')).toMatchObject([{ v: 1, type: 'run', status: 'failed' }]);
    expect(await read('runs', '--limit', '1')).toHaveLength(1);
    expect((await call('runs', '--agent', 'other')).stdout).toBe('');
    expect(await read('runs', '--since', '1h')).toHaveLength(2);
    expect((await call('runs', '--metadata', 'a=b')).stdout).toBe('');
  });

  test('are shown with their exit code', async () => {
    const { call, start } = await openPlace();
    const [done, failed, waiting] = [await start('weather'), await start('fail'), await start('refund')];
    const shown = await call('runs', 'show', done);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(/^run\tID\nagent\tdemo\nstatus\tcompleted\nstarted\tTIME\nturns\t2\ncalls\t1\n/);
    expect(shown.stdout).toContain('\nResult: It is sunny in Rome.\n');
    expect(await call('runs', 'show', failed)).toMatchObject({ code: 1, stdout: expect.stringContaining('is broken') });
    expect(await call('runs', 'show', waiting)).toMatchObject({
      code: 15,
      stdout: expect.stringContaining('waits for approval: refund {"order":7} (approval:1.0)\n'),
      stderr: expect.stringContaining('Answer: pawl approve ID'),
    });
  });

  test('show their journal and their messages', async () => {
    const { call, read, start } = await openPlace();
    const id = await start('weather');
    const journal = await call('runs', 'show', id, '--journal');
    expect(journal.stdout).toBe(
      [
        'start\trun.started',
        'model:1\tmodel.responded\tget_weather {"city":"Rome"}',
        'tool:1.0:get_weather\ttool.finished\t✓ get_weather {"city":"Rome"} It is sunny in Rome.  (0 ms)',
        'model:2\tmodel.responded\tResult: It is sunny in Rome.\n',
      ].join('\n'),
    );
    expect(await read('runs', 'show', id, '--journal')).toMatchObject([
      { type: 'run.started' },
      {},
      {},
      { step: 'model:2' },
    ]);
    expect((await call('runs', 'show', id, '--messages')).stdout).toBe(
      'user: weather\nassistant: → get_weather {"city":"Rome"}\ntool: It is sunny in Rome.\nassistant: Result: It is sunny in Rome.\n',
    );
  });

  test('are exported as the run and its events', async () => {
    const { begin, start } = await openPlace();
    const id = await start('hello');
    const command = begin('runs', 'export', id);
    expect(await command.ended).toMatchObject({ code: 0, stderr: '' });
    const lines = command.stdout.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { v: 1, type: 'run', runId: id },
      { v: 1, type: 'run.started' },
      { type: 'model.responded' },
    ]);
  });

  test('are watched until they end, with their exit code', async () => {
    const { begin, call, start } = await openPlace();
    const id = await start('refund');
    expect(await call('runs', 'watch', id)).toMatchObject({ code: 15 });
    const watched = await call('runs', 'watch', await start('weather'));
    expect(watched).toMatchObject({ code: 0, stdout: 'Result: It is sunny in Rome.\n' });
    const json = begin('runs', 'watch', id, '--json');
    await json.ended;
    expect(JSON.parse(json.stdout.text.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      type: 'run.finished',
      outcome: { status: 'suspended' },
    });
  });

  test('are cancelled with a reason', async () => {
    const { agent, call, start } = await openPlace();
    const id = await start('refund');
    expect(await call('runs', 'cancel', id, '--reason', 'Not today.')).toMatchObject({
      code: 0,
      stdout: 'Cancelled run ID.\n',
    });
    expect(await call('runs', 'resume', id, agent)).toMatchObject({
      code: 16,
      stdout: '',
      stderr: expect.stringContaining('Not today.'),
    });
  });

  test('are forked before a step, with another message', async () => {
    const { agent, call, start } = await openPlace();
    const id = await start('weather');
    expect(await call('runs', 'fork', id, agent, '--before', 'model:2')).toMatchObject({
      code: 0,
      stdout: 'Result: It is sunny in Rome.\n',
    });
    expect(await call('runs', 'fork', id, agent, '--before', 'model:1', '--input', 'Hi')).toMatchObject({
      code: 0,
      stdout: 'You wrote: Hi\n',
    });
    expect(await call('runs', 'fork', id, agent, '--before', 'model:9')).toMatchObject({ code: 70, stdout: '' });
    expect(await call('runs', 'fork', id, agent)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--before'),
    });
  });

  test('are deleted by id and by age, if they have ended', async () => {
    const { call, start } = await openPlace();
    const [first, waiting] = [await start('hello'), await start('refund')];
    await start('hello');
    expect(await call('runs', 'delete', '--id', first, '--id', 'unknown')).toMatchObject({
      code: 0,
      stdout: 'Deleted 1 run.\n',
    });
    expect(await call('runs', 'delete', '--id', waiting)).toMatchObject({ code: 70, stdout: '' });
    expect(await call('runs', 'delete', '--older-than', '30d')).toMatchObject({ code: 0, stdout: 'Deleted 0 runs.\n' });
    await expect.poll(() => call('runs', 'delete', '--older-than', '0s')).toMatchObject({ stdout: 'Deleted 1 run.\n' });
    expect(await call('runs', 'delete')).toMatchObject({ code: 2 });
  });

  test.each([['show'], ['watch'], ['cancel'], ['export']])('that do not exist are reported by %s', async (command) => {
    const { call, read, start } = await openPlace();
    await start('hello');
    expect(await call('runs', command, 'nope')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'pawl: There is no run "nope". List them: pawl runs\n',
    });
    if (command === 'export') return;
    expect(await read('runs', command, 'nope')).toEqual([
      { v: 1, type: 'error', error: { code: 'run.unknown', message: expect.stringContaining('"nope"') } },
    ]);
  });
});

test('follows new runs until it is interrupted', async () => {
  const { begin, start } = await openServer();
  const listing = begin('runs', '--follow');
  await start('hello');
  await listing.stdout.waitFor(/completed/);
  listing.interrupt('SIGINT');
  expect(await listing.ended).toMatchObject({ code: 0 });
});

test('has no runs where there is no file', async () => {
  expect(await runCommand(['runs'])).toEqual({
    code: 0,
    stdout: '',
    stderr: 'There are no runs yet: no .pawl/runs.db here. Pass --runs FILE or --runs URL.\n',
  });
  expect(await runCommand(['runs', '--runs', 'missing.db'])).toMatchObject({ code: 2 });
  expect(await runCommand(['runs', 'show', 'r1'])).toMatchObject({ code: 2 });
});

test('shows a table with titles on a terminal', async () => {
  const cwd = createFolder();
  await runCommand(['run', DEMO, 'hello', '--id', '実行-1'], { cwd });
  const { stdout } = await runCommand(['runs'], { cwd, isTerminal: true, env: { NO_COLOR: '1' } });
  expect(stdout).toMatch(
    /^RUN {5}STATUS {5}AGENT {2}STARTED {2}TOKENS {2}COST {5}WHY\n実行-1 {2}completed {2}demo {3}\d s/,
  );
});

test('finds runs by PAWL_RUNS, and by the host that an agent file exports', async () => {
  const cwd = createFolder();
  await runCommand(['run', DEMO, 'hello', '--runs', 'a.db', '--id', 'r1'], { cwd });
  const found = await runCommand(['runs', 'show', 'r1'], { cwd, env: { PAWL_RUNS: 'a.db' } });
  expect(found.code).toBe(0);
  expect(await runCommand(['runs', '--runs', DEMO], { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('exports no host'),
  });
});

test('shows the bytes of a request that was kept with --wire, without keys', async () => {
  const cwd = createFolder();
  await runCommand(['run', DEMO, 'weather', '--id', 'r1', '--wire'], { cwd, env: {} });
  await runCommand(['run', DEMO, 'hello', '--id', 'r2'], { cwd });
  const show = (...argv: readonly string[]) => runCommand(['runs', 'show', ...argv], { cwd });
  const shown = await show('r1', '--wire', '2');
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).toContain('POST http://SERVER/v1/chat/completions\n');
  expect(shown.stdout).toContain('"content": "It is sunny in Rome."');
  expect(shown.stdout).toMatch(/\n200\ndata: /);
  expect(await show('r1', '--wire', '3')).toMatchObject({ code: 2, stderr: expect.stringContaining('the run has 2') });
  expect(await show('r2', '--wire', '1')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('No requests of this run are kept'),
  });
  expect(await show('r1', '--wire', '1', '--journal')).toMatchObject({ code: 2 });
  expect((await runCommand(['run', DEMO, 'hello', '--no-runs', '--wire'], { cwd })).code).toBe(2);
});
