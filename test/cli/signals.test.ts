import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createFolder, DEMO, runCommand, startCommand } from './run-command.ts';
import { serveDemo } from './serve-demo.ts';

/** Starts a run whose tool waits until it is cancelled. */
async function startWaiting(argv: readonly string[], options: Parameters<typeof startCommand>[1]) {
  const command = startCommand([...argv, '--json'], options);
  await command.stdout.waitFor(/"type":"tool.started"/);
  return command;
}

test('K13: Ctrl-C interrupts a run of a file without aborting it, and says how to go on', async () => {
  const cwd = createFolder();
  const command = startCommand(['run', DEMO, 'wait', '--id', 'r1', '--runs', 'my.db'], {
    cwd,
    isTerminal: true,
    env: { NO_COLOR: '1' },
  });
  await expect
    .poll(() => runCommand(['runs', 'show', 'r1', '--runs', 'my.db', '--journal'], { cwd }))
    .toMatchObject({
      stdout: expect.stringContaining('model:1'),
    });
  command.interrupt('SIGINT');
  expect(await command.ended).toEqual({
    code: 130,
    stdout: '',
    stderr:
      'Waiting for the step at work. Ctrl-C again aborts the run for good.\nRun "r1" is interrupted, and nothing is lost. Continue it: pawl runs resume r1 demo.ts --runs my.db\n',
  });
  expect(await runCommand(['runs', '--runs', 'my.db', '--json'], { cwd })).toMatchObject({
    stdout: expect.stringContaining('"status":"interrupted"'),
  });
});

test('SIGTERM does the same, with exit code 143', async () => {
  const command = await startWaiting(['run', DEMO, 'wait'], {});
  command.interrupt('SIGTERM');
  expect(await command.ended).toMatchObject({ code: 143 });
});

test('K13: a second Ctrl-C aborts the run for good', async () => {
  const cwd = createFolder();
  const command = await startWaiting(['run', DEMO, 'wait', '--id', 'r1'], { cwd });
  command.interrupt('SIGINT');
  command.interrupt('SIGINT');
  expect(await command.ended).toMatchObject({ code: 130 });
  expect(await runCommand(['runs', 'resume', 'r1', DEMO], { cwd })).toMatchObject({
    code: 16,
    stderr: expect.stringContaining('The user interrupted the run.'),
  });
});

test('Ctrl-C aborts a run in memory', async () => {
  const command = await startWaiting(['run', DEMO, 'wait', '--no-runs'], {});
  command.interrupt('SIGINT');
  const { code, stdout } = await command.ended;
  expect(code).toBe(130);
  expect(stdout).toContain('"type":"tool.skipped"');
});

test('Ctrl-C stops watching a run on a server, where it continues', async () => {
  const { agent, env, url } = await serveDemo();
  const command = startCommand(['run', agent, 'wait', '--id', 'k1'], { env });
  const runs = ['--runs', url];
  await expect
    .poll(() => runCommand(['runs', '--status', 'running', ...runs], { env }))
    .toMatchObject({
      stdout: expect.stringContaining('running'),
    });
  command.interrupt('SIGINT');
  expect(await command.ended).toMatchObject({ code: 130, stdout: '' });
  const [, id = ''] = await command.stderr.waitFor(
    /Run "(\w+)" continues on the server. Watch it: pawl runs watch \w+ --runs http/,
  );
  const watching = startCommand(['runs', 'watch', id, ...runs], { env });
  expect(await runCommand(['runs', 'cancel', id, ...runs], { env })).toMatchObject({ code: 0 });
  expect(await watching.ended).toMatchObject({ code: 16 });
});

test('SIGTERM ends a server with exit code 143, after the run at work has ended', async () => {
  const cwd = createFolder();
  const { agent, env, command } = await serveDemo({ cwd });
  const asked = Promise.withResolvers<ServerResponse>();
  // By hand: it answers when the test wants it.
  const gate = createServer((_, response) => asked.resolve(response)).listen(0, '127.0.0.1');
  onTestFinished(() => void gate.close());
  await once(gate, 'listening');
  const { port } = gate.address() as AddressInfo; // It listens on a port.
  const watching = startCommand(['run', agent, `wait for http://127.0.0.1:${port}`], { env });
  const step = await asked.promise;
  watching.interrupt('SIGINT');
  await watching.ended;
  command.interrupt('SIGTERM');
  step.end('Ready.');
  expect(await command.ended).toMatchObject({ code: 143 });
  expect(await runCommand(['runs'], { cwd })).toMatchObject({ stdout: expect.stringContaining('completed') });
});
