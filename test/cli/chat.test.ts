import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFolder, DEMO, runCommand } from './run-command.ts';
import { serveDemo } from './serve-demo.ts';

function chat(
  lines: readonly string[],
  options: Parameters<typeof runCommand>[1] = {},
  argv: readonly string[] = [DEMO],
) {
  return runCommand(['chat', ...argv], { ...options, stdin: lines.map((line) => `${line}\n`).join('') });
}

test('answers the lines of a pipe one after the other', async () => {
  const { code, stdout, stderr } = await chat(['hello', '', 'weather', '/exit', 'never']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'You wrote: hello\nResult: It is sunny in Rome.\n' });
  expect(stderr).toContain('── demo, conversation ID. /help lists the commands; /exit or Ctrl-D leaves.\n');
  expect(stderr).toContain('   ✓ get_weather {"city":"Rome"}\n');
});

test('a backslash at the end of a line continues it', async () => {
  expect((await chat(['one \\', 'two'])).stdout).toBe('You wrote: one \ntwo\n');
});

test('continues the newest conversation of the agent, or one by its id', async () => {
  const cwd = createFolder();
  await chat(['hello'], { cwd }, [DEMO, '--conversation', 'c1']);
  const newest = await chat([], { cwd }, [DEMO, '--continue']);
  expect(newest.stderr).toContain('conversation c1 with 2 messages');
  expect((await chat([], {}, [DEMO, '--continue'])).stderr).toContain('There is no conversation to continue');
  expect(await chat([], { cwd }, [DEMO, '--continue', '--conversation', 'c1'])).toMatchObject({ code: 2 });
});

test('continues from before a message as a new conversation', async () => {
  const { stdout, stderr } = await chat(['hello', 'weather', '/fork 2', '/fork 9', 'hello', '/fork x']);
  expect(stdout).toBe('You wrote: hello\nResult: It is sunny in Rome.\nYou wrote: hello\n');
  expect(stderr).toContain('conversation ID continues from before turn 2');
  expect(stderr.match(/\/fork takes a turn from 1 to/g)).toHaveLength(2);
});

test('shows what was used, and the requests of the last run without keys', async () => {
  const { stdout, stderr } = await chat(['/cost', 'weather', '/cost', '/wire 1', '/wire 9', '/wire']);
  expect(stderr).toContain('Nothing was used yet.');
  expect(stderr).toMatch(/1 run: \d+ tokens in \(0 cached\), \d+ out, \$0\.\d+/);
  expect(stdout).toContain('POST http://SERVER/v1/chat/completions\n');
  expect(stdout).toContain('"content": "weather"');
  expect(stderr).toContain('There is no request "9": the run has 2.');
});

test('shows the calls that wait, and answers them', async () => {
  const { stdout, stderr } = await chat(['refund', '/approve', 'refund', '/deny too much', '/approve', '/frobnicate']);
  expect(stdout.split('\n')[0]).toBe('Result: Order 7 is refunded.');
  expect(stdout).toContain('too much');
  expect(stderr).toContain('? refund needs approval. It has not run.');
  expect(stderr).toContain('No call waits.');
  expect(stderr).toContain('There is no command "/frobnicate".');
});

test('a message goes to a run that waits, so that no turn is lost', async () => {
  const cwd = createFolder();
  const open = await chat(['refund', '/exit'], { cwd }, [DEMO, '--conversation', 'c1']);
  expect(open.stderr).toContain('Run "ID" stays open: pawl chat demo.ts --conversation c1');
  const { stdout, stderr } = await chat(['hello'], { cwd }, [DEMO, '--conversation', 'c1']);
  expect(stderr).toContain('Run "ID" waits. A new message goes to it in place of the answers.');
  expect(stdout).toBe('You wrote: hello\n');
  expect((await runCommand(['runs'], { cwd })).stdout.match(/completed/g)).toHaveLength(1);
});

test('talks to an agent on a server', async () => {
  const { agent, env } = await serveDemo();
  const argv = [agent, '--conversation', 'c1'];
  const first = await chat(['hello', 'refund', '/approve', '/wire'], { env }, argv);
  expect(first.stdout).toBe('You wrote: hello\nResult: Order 7 is refunded.\n');
  expect((await chat([], { env }, argv)).stderr).toContain('conversation c1 with 6 messages');
});

test('continues the newest conversation of an agent on a server', async () => {
  const { agent, env, url } = await serveDemo();
  const argv = [agent, '--continue'];
  expect((await chat([], { env }, argv)).stderr).toContain('There is no conversation to continue');
  for (const id of ['c1', 'c2']) await chat(['hello'], { env }, [agent, '--conversation', id]);
  await runCommand(['run', agent, 'hello'], { env });
  expect((await chat([], { env }, argv)).stderr).toContain('conversation c2 with 2 messages');
  expect((await runCommand(['runs', '--runs', url, '--json'], { env })).stdout.trimEnd().split('\n')).toHaveLength(3);
});

test('says that a server with keys of its own does not name conversations', async () => {
  const cwd = createFolder();
  writeFileSync(join(cwd, 'keys.json'), '{ "secret": { "id": "ada" } }', { mode: 0o600 });
  const { agent } = await serveDemo({ cwd, argv: ['--key-file', 'keys.json'] });
  const env = { PAWL_TOKEN: 'secret' };
  await chat(['hello'], { env }, [agent, '--conversation', 'c1']);
  expect(await chat([], { env }, [agent, '--continue'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('does not say which conversations runs have. Pass --conversation ID.'),
  });
});

test('continues from before a message of a server as a new conversation', async () => {
  const { agent, env } = await serveDemo();
  const lines = ['weather', 'hello', '/fork 2', '/fork 1', '/fork 9', 'refund', '/approve', 'hello', '/fork 2'];
  const forked = await chat([...lines, 'weather', '/exit'], { env }, [agent, '--conversation', 'c1']);
  const [sunny, refunded, hello] = ['Result: It is sunny in Rome.', 'Result: Order 7 is refunded.', 'You wrote: hello'];
  expect(forked.stdout.trimEnd().split('\n')).toEqual([sunny, hello, refunded, hello, sunny]);
  expect(forked.stderr).toContain('/fork takes a turn from 1 to 0');
  expect((await chat([], { env }, [agent, '--continue'])).stderr).toContain('conversation ID with 8 messages');
  expect((await chat([], { env }, [agent, '--conversation', 'c1'])).stderr).toContain(
    'conversation c1 with 6 messages',
  );
});

test('an error of one line does not end the conversation', async () => {
  const { code, stdout, stderr } = await chat(['fail', 'hello', '/help']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'You wrote: hello\n' });
  expect(stderr).toContain('The model is broken.');
  expect(stderr).toContain('/steer TEXT');
});
