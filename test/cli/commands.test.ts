import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createMcpClient } from '@pawl/mcp';
import { offlineServer, testTool } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFolder, DEMO, runCommand, startCommand } from './run-command.ts';
import { serveDemo } from './serve-demo.ts';

describe('tools', () => {
  test('lists the tools of an agent, and shows one with both forms of its schema', async () => {
    const list = await runCommand(['tools', DEMO]);
    expect(list).toMatchObject({ code: 0, stderr: '' });
    expect(list.stdout).toContain('refund\tnon-idempotent\tyes\tyes\tRefunds an order.\n');
    const one = await runCommand(['tools', DEMO, 'refund']);
    expect(one.stdout).toMatch(/\nschema\n\{[\s\S]*\nstrict form\n\{[\s\S]*"additionalProperties": false/);
    expect(await runCommand(['tools', DEMO, 'refnd'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('It has: get_weather, refund'),
    });
  });

  test('runs one tool, and fails with what a model would read', async () => {
    const call = (name: string, input: string) => runCommand(['tools', DEMO, name, '--input', input]);
    expect(await call('get_weather', '{"city":"Oslo"}')).toEqual({
      code: 0,
      stdout: 'It is sunny in Oslo.\n',
      stderr: '',
    });
    expect(await call('get_weather', '{"town":"Oslo"}')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('city'),
    });
    expect(await call('get_weather', '{')).toMatchObject({ code: 2 });
    expect(await call('refund', '{"order":7}')).toMatchObject({
      code: 15,
      stdout: '',
      stderr: expect.stringContaining('It did not run.'),
    });
  });
});

describe('doctor', () => {
  test('passes what works, and changes nothing', async () => {
    const cwd = createFolder();
    const { code, stdout } = await runCommand(['doctor', DEMO], { cwd, env: { GROQ_API_KEY: 'gsk-very-secret' } });
    expect(stdout).toContain('passed\tagent\t"demo" loads\n');
    expect(stdout).toContain('passed\tkeys\tGROQ_API_KEY is set\n');
    expect(stdout).not.toContain('very-secret');
    expect(stdout).not.toContain('failed\tmodel');
    expect(code).toBe(stdout.includes('failed\t') ? 1 : 0);
    expect(() => statSync(join(cwd, '.pawl'))).toThrow();
  });

  test('names the next command for what fails, and runs the other checks', async () => {
    const cwd = createFolder();
    writeFileSync(join(cwd, 'bad.db'), 'not a database'.repeat(100));
    const { code, stdout } = await runCommand(['doctor', 'missing.ts', '--runs', 'bad.db'], {
      cwd,
      env: { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' },
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/failed\truns\t.*bad\.db.*\tPass another file: pawl doctor --runs FILE\n/);
    expect(stdout).toMatch(/failed\tserver\t.*\tCheck OPENAI_BASE_URL/);
    expect(stdout).toMatch(/failed\tagent\t.*missing\.ts/);
    expect(stdout).toMatch(/passed\tnode\t/);
  });

  test('asks the model server for what every agent needs', async () => {
    const server = await offlineServer();
    onTestFinished(() => server.close());
    const { stdout } = await runCommand(['doctor'], { env: { OPENAI_BASE_URL: server.baseURL } });
    expect(stdout).toContain('passed\tserver\tpawl-stand-in answers, with tools and streams\n');
    expect(server.requests.length).toBeLessThan(10);
    // By hand: the offline server follows the reference.
    const broken = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1');
    onTestFinished(() => void broken.close());
    await new Promise((resolve) => broken.once('listening', resolve));
    const url = `http://127.0.0.1:${(broken.address() as AddressInfo).port}/v1`;
    const found = await runCommand(['doctor'], { env: { OPENAI_BASE_URL: url, OPENAI_MODEL: 'any' } });
    expect(found).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/failed\tserver\tany: no text.*\tSee everything/),
    });
  });
});

describe('mcp', () => {
  test('serves the agent over stdio until the client closes stdin', async () => {
    const bin = join(import.meta.dirname, '../../packages/cli/src/bin.ts');
    const cwd = createFolder();
    const client = await createMcpClient({ name: 'pawl', command: process.execPath, args: [bin, 'mcp', DEMO], cwd });
    const [tool] = client.tools;
    expect(tool?.name).toContain('demo');
    if (tool === undefined) throw new Error('The server has no tool.');
    expect(await testTool(tool).call({ prompt: 'weather' })).toMatchObject({
      status: 'finished',
      content: expect.stringContaining('It is sunny in Rome.'),
    });
    await client.close();
    expect((await runCommand(['runs'], { cwd })).stdout).toContain('completed');
  });

  test('refuses a flow, and an agent that is not there', async () => {
    expect(await runCommand(['mcp', 'missing.ts'])).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('init', () => {
  test('writes a project, and overwrites nothing', async () => {
    const cwd = createFolder();
    mkdirSync(join(cwd, 'My Agent'));
    writeFileSync(join(cwd, 'My Agent', 'README.md'), 'Mine.');
    expect(await runCommand(['init', 'My Agent'], { cwd })).toEqual({
      code: 0,
      stdout: 'wrote package.json\nwrote agent.ts\nkept  README.md\nwrote .gitignore\n',
      stderr: `Next: cd 'My Agent' && npm install && npx pawl run agent.ts "What is the weather in Rome?"\n`,
    });
    expect(readFileSync(join(cwd, 'My Agent', 'README.md'), 'utf8')).toBe('Mine.');
    expect(JSON.parse(readFileSync(join(cwd, 'My Agent', 'package.json'), 'utf8'))).toMatchObject({ name: 'my-agent' });
  });

  test('says why a folder cannot be made', async () => {
    const cwd = createFolder();
    writeFileSync(join(cwd, 'file'), '');
    expect(await runCommand(['init', 'file/project'], { cwd })).toMatchObject({ code: 3, stdout: '' });
  });
});

describe('serve', () => {
  test('prints the address on stdout, and a token of 256 bits once on stderr', async () => {
    const { command, url, env } = await serveDemo();
    expect(command.stdout.text).toBe(`${url}\n`);
    expect(Buffer.from(env['PAWL_TOKEN'] ?? '', 'base64url')).toHaveLength(32);
    expect((await fetch(`${url}/v1/models`)).status).toBe(401);
    const models = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${env['PAWL_TOKEN']}` } });
    expect(await models.json()).toMatchObject({ data: [{ id: 'demo' }] });
  });

  test('has the inspector at /inspect, with a token of its own', async () => {
    const { command, url } = await serveDemo();
    const [, inspector = ''] = await command.stderr.waitFor(/Inspector: (\S+)\n/);
    expect(inspector).toMatch(new RegExp(`^${url}/inspect/#[\\w-]{43}$`));
    expect((await fetch(inspector)).headers.get('content-type')).toContain('text/html');
    expect((await fetch(`${url}/inspect/v1/runs`)).status).toBe(401);
  });

  test.each([
    [['--host', '0.0.0.0'], 'Others can reach "0.0.0.0". Pass --key-file FILE or --token-env NAME.'],
    [['--token-env', 'MISSING'], 'The variable MISSING is empty'],
    [['--port', '70000'], 'Pass a number from 0 to 65535.'],
    [['--key-file', 'missing.json'], 'There is no key file'],
    [['--key-file', 'a', '--token-env', 'b'], 'exclude each other'],
  ])('refuses %j', async (argv, message) => {
    expect(await runCommand(['serve', DEMO, ...argv])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
  });

  test('takes keys of a file that others cannot read, and serves no inspector then', async () => {
    const cwd = createFolder();
    const file = join(cwd, 'keys.json');
    writeFileSync(file, JSON.stringify({ 'key-of-ada': { id: 'ada' } }), { mode: 0o644 });
    chmodSync(file, 0o644);
    const argv = ['serve', DEMO, '--key-file', 'keys.json', '--port', '0'];
    expect(await runCommand(argv, { cwd })).toMatchObject({ code: 3, stderr: expect.stringContaining('chmod 600') });
    chmodSync(file, 0o600);
    const command = startCommand(argv, { cwd });
    const [url = ''] = await command.stdout.waitFor(/http:\S+/);
    const headers = { authorization: 'Bearer key-of-ada' };
    expect((await fetch(`${url}/v1/models`, { headers })).status).toBe(200);
    expect((await fetch(`${url}/inspect/`, { headers })).status).toBe(404);
    command.interrupt('SIGINT');
    expect(await command.ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining('PAWL_TOKEN=') });
    writeFileSync(file, 'key-of-ada: nonsense');
    const { code, stderr } = await runCommand(argv, { cwd });
    expect(code).toBe(3);
    expect(stderr).not.toContain('key-of-ada');
  });

  test('says that a port is taken', async () => {
    const { url } = await serveDemo();
    const result = await runCommand(['serve', DEMO, '--port', new URL(url).port]);
    expect(result).toMatchObject({ code: 3, stderr: expect.stringContaining('Pass --port 0 for a free one.') });
  });
});

describe('inspect', () => {
  test('serves the page of a runs file and opens it with its token in the fragment', async () => {
    const cwd = createFolder();
    await runCommand(['run', DEMO, 'hello', '--id', 'r1'], { cwd });
    // A program in place of the browser.
    writeFileSync(join(cwd, 'xdg-open'), '#!/bin/sh\necho "$1" > opened.txt\n', { mode: 0o755 });
    const command = startCommand(['inspect'], { cwd, env: { PATH: `${cwd}:/usr/bin:/bin` } });
    const [url = ''] = await command.stdout.waitFor(/http:\S+/);
    await command.stderr.waitFor(/Opened in the browser/);
    await expect.poll(() => readFileSync(join(cwd, 'opened.txt'), 'utf8')).toBe(`${url}\n`);
    expect((await fetch(url)).status).toBe(200);
    command.interrupt('SIGINT');
    expect(await command.ended).toMatchObject({ code: 0 });
  });

  test('shows the runs of a server, and an exported run', async () => {
    const { url, env, agent } = await serveDemo();
    await runCommand(['run', agent, 'weather'], { env });
    const cwd = createFolder();
    await runCommand(['run', DEMO, 'hello', '--id', 'r1'], { cwd });
    const exported = startCommand(['runs', 'export', 'r1'], { cwd });
    await exported.ended;
    writeFileSync(join(cwd, 'r1.jsonl'), exported.stdout.text);
    for (const [place, status] of [
      [url, 'completed'],
      ['r1.jsonl', 'completed'],
    ] as const) {
      const command = startCommand(['inspect', place, '--no-open'], { cwd, env });
      const [page = ''] = await command.stdout.waitFor(/http:\S+/);
      const { origin, hash } = new URL(page);
      const session = await fetch(`${origin}/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'pawl-inspector': '1' },
        body: JSON.stringify({ token: hash.slice(1) }),
      });
      const cookie = session.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      const runs = await (await fetch(`${origin}/v1/runs`, { headers: { cookie } })).json();
      expect(runs).toMatchObject({ data: [{ status }] });
      command.interrupt('SIGINT');
      expect(await command.ended).toMatchObject({ code: 0 });
    }
  });

  test('opens nothing with --no-open, and refuses a file that does not exist', async () => {
    const cwd = createFolder();
    const command = startCommand(['inspect', DEMO, '--no-open'], { cwd, env: { PATH: '' } });
    await command.stderr.waitFor(/Open this address in a browser/);
    command.interrupt('SIGTERM');
    expect(await command.ended).toMatchObject({ code: 143 });
    expect(await runCommand(['inspect', 'missing.db'])).toMatchObject({ code: 2 });
  });
});
