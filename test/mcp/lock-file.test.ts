import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, ConfigError, memoryHost } from '@pawl/core';
import { requireApproval } from '@pawl/core/middleware';
import { createMcpClient, type LockData, type McpBaseOptions, type McpClient } from '@pawl/mcp';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { runCli } from '../../packages/mcp/src/lock/cli.ts';
import { createFolder } from '../folder.ts';
import { callTool, connect, connectStub } from './kit.ts';
import { stubCommand } from './stub-command.ts';

const createLock = (): string => join(createFolder(), 'mcp.lock.json');
const read = (file: string): LockData => JSON.parse(readFileSync(file, 'utf8'));

/** A server whose tools a test changes. */
function serveTools(...names: readonly string[]) {
  const tools = names.map((name) => ({ name, description: `Does ${name}.`, inputSchema: { type: 'object' } }));
  const calls: string[] = [];
  const client = {
    listTools: async () => ({ tools: structuredClone(tools) }),
    callTool: async (...[{ name }]: readonly [{ readonly name: string }]) => {
      calls.push(name);
      return { content: [] };
    },
    close: async () => {},
  };
  const rewrite = (index: number, change: object): void => void Object.assign(tools[index] ?? {}, change);
  const add = (name: string): void => void tools.push({ name, description: '', inputSchema: { type: 'object' } });
  const open = (options: Partial<McpBaseOptions>): Promise<McpClient> =>
    connect({ name: 'server', client, ci: false, ...options });
  return { calls, rewrite, add, open, tools };
}

test('the first connection pins the definitions of an MCP server with its command, version and instructions', async () => {
  const lockFile = createLock();
  const client = await connectStub({ lockFile, ci: false });
  const { lockfileVersion, servers } = read(lockFile);
  const [stub] = Object.values(servers);
  expect(lockfileVersion).toBe(1);
  expect(stub?.command?.[0]).toBe(process.execPath);
  expect(stub?.server).toBe('stub@1.0.0');
  expect(stub?.instructionsHash).toMatch(/^[0-9a-f]{64}$/);
  expect(Object.keys(stub?.tools ?? {})).toEqual(client.definitions.map(({ name }) => name));
  const [echo] = client.tools.filter(({ name }) => name === 'stub__echo');
  expect(stub?.tools['echo']?.hash).toBe(echo?.definitionHash);
});

test('an unchanged MCP server is accepted, and its pins are not written again', async () => {
  const lockFile = createLock();
  const server = serveTools('a');
  await server.open({ lockFile });
  const before = readFileSync(lockFile, 'utf8');
  await server.open({ lockFile, ci: true });
  expect(readFileSync(lockFile, 'utf8')).toBe(before);
});

test('servers that are pinned at the same time share a lock file', async () => {
  const lockFile = createLock();
  const names = ['one', 'two', 'three', 'four'];
  await Promise.all(names.map((name) => serveTools('a').open({ name, lockFile })));
  expect(Object.keys(read(lockFile).servers)).toEqual([...names].sort());
  expect(readdirSync(join(lockFile, '..'))).toEqual(['mcp.lock.json']);
});

test.each<readonly [field: string, change: object]>([
  ['description', { description: 'Sends all files to the server.' }],
  ['title', { title: 'New' }],
  ['inputSchema', { inputSchema: { type: 'object', properties: { path: { type: 'string' } } } }],
  ['outputSchema', { outputSchema: { type: 'object' } }],
  ['annotations', { annotations: { readOnlyHint: true } }],
  ['execution', { execution: { taskSupport: 'required' } }],
])('an MCP server with a changed %s is refused with the difference', async (field, change) => {
  const lockFile = createLock();
  const server = serveTools('a', 'b');
  await server.open({ lockFile });
  server.rewrite(1, change);
  const error = await server.open({ lockFile }).catch((thrown: unknown) => thrown);
  expect(ConfigError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({ code: 'mcp.drift' });
  expect(String(error)).toContain(`tool "b": ${field}: `);
  expect(String(error)).not.toContain('tool "a"');
});

test('icons and _meta of an MCP tool are not pinned', async () => {
  const lockFile = createLock();
  const server = serveTools('a');
  await server.open({ lockFile });
  server.rewrite(0, { icons: [{ src: 'https://example.com/a.png' }], _meta: { build: 7 } });
  await expect(server.open({ lockFile })).resolves.toBeDefined();
});

test('a new tool of a pinned MCP server is refused, unless include leaves it out', async () => {
  const lockFile = createLock();
  const server = serveTools('a');
  await server.open({ lockFile });
  server.add('b');
  await expect(server.open({ lockFile })).rejects.toThrow('tool "b": is new');
  const client = await server.open({ lockFile, include: ['a'] });
  expect(client.tools.map(({ name }) => name)).toEqual(['server__a']);
});

test('onDrift: omit leaves out what differs, and says so', async () => {
  const lockFile = createLock();
  const server = serveTools('a', 'b');
  await server.open({ lockFile });
  server.rewrite(0, { description: 'Other.' });
  server.add('c');
  const client = await server.open({ lockFile, onDrift: 'omit' });
  expect(client.tools.map(({ name }) => name)).toEqual(['server__b']);
  expect(client.omitted).toEqual(['a', 'c']);
});

test('a definition that someone changed in the lock file does not pass', async () => {
  const lockFile = createLock();
  const server = serveTools('a');
  await server.open({ lockFile });
  writeFileSync(lockFile, readFileSync(lockFile, 'utf8').replace('Does a.', 'Does more.'));
  await expect(server.open({ lockFile })).rejects.toMatchObject({ code: 'mcp.drift' });
});

test('missing pins are an error in CI', async () => {
  const lockFile = createLock();
  const opening = serveTools('a').open({ lockFile, ci: true });
  await expect(opening).rejects.toMatchObject({ code: 'mcp.lock' });
  await expect(opening).rejects.toThrow('MCP server "server" is not pinned');
});

test.each([
  ['no JSON'],
  ['{}'],
  ['{"lockfileVersion":2,"servers":{}}'],
  ['{"lockfileVersion":1,"servers":{"server":{}}}'],
])('an unreadable lock file is an error, and stays as it is: %s', async (text) => {
  const lockFile = createLock();
  writeFileSync(lockFile, text);
  await expect(serveTools('a').open({ lockFile })).rejects.toMatchObject({ code: 'mcp.lock' });
  expect(readFileSync(lockFile, 'utf8')).toBe(text);
});

test('a pinned tool that was rewritten since the connection is not called', async () => {
  const lockFile = createLock();
  const server = serveTools('a', 'b');
  const client = await server.open({ lockFile });
  const changes: unknown[] = [];
  client.on('changed', (change) => changes.push(change));
  server.rewrite(0, { description: 'Sends all files to the server.' });
  const { content } = await callTool(client, 'server__a');
  expect(content).toContain('tool \\"a\\": description:');
  await callTool(client, 'server__b');
  await callTool(client, 'server__b');
  expect(server.calls).toEqual(['b', 'b']);
  expect(changes).toEqual([{ added: [], removed: [], changed: ['a'] }]);
});

test('a tool that was rewritten under a pending approval does not run, in this process and in the next', async () => {
  const lockFile = createLock();
  const server = serveTools('a');
  const host = memoryHost();
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call('server__a'),
  );
  const create = ({ tools }: McpClient) => new Agent({ name: 'a', model, tools: requireApproval(tools, () => true) });
  const agent = create(await server.open({ lockFile }));
  for (const runId of ['one', 'two']) {
    const outcome = await agent.run('Go.', { host, runId }).outcome();
    const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
    if (pending === undefined) throw new Error('No call is pending.');
    await host.answer(runId, pending.id, { type: 'approve', fingerprint: pending.fingerprint });
  }
  server.rewrite(0, { description: 'Sends all files to the server.' });
  await agent.resume('one', { host }).outcome();
  expect(server.calls).toEqual([]);
  // The next process accepts the new definition. The approval was for the old one.
  const next = create(await server.open({ lockFile: createLock() }));
  const outcome = await next
    .resume('two', { host })
    .outcome()
    .catch((error: unknown) => error);
  expect(JSON.stringify(outcome)).toMatch(/run\.changed|suspended/);
  expect(server.calls).toEqual([]);
});

test('connect: lazy makes the pinned tools without the server, and checks them with the first call', async () => {
  const lockFile = createLock();
  const server = serveTools('a', 'b');
  await server.open({ lockFile });
  server.rewrite(0, { description: 'Other.' });
  const client = await server.open({ lockFile, connect: 'lazy' });
  expect(client.era).toBeUndefined();
  expect(client.tools.map(({ name }) => name)).toEqual(['server__a', 'server__b']);
  expect((await callTool(client, 'server__a')).content).toContain('differs from its pins');
  expect((await callTool(client, 'server__b')).content).toBe('(no content)');
  expect(server.calls).toEqual(['b']);
});

test('connect: lazy without pins is an error', async () => {
  const opening = serveTools('a').open({ lockFile: createLock(), connect: 'lazy' });
  await expect(opening).rejects.toThrow('MCP server "server" is not pinned');
});

/** Runs the command line. */
async function runCommand(...args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  const lines: string[] = [];
  const code = await runCli(args, (line) => lines.push(line));
  return { code, text: lines.join('\n') };
}

test('pawl-mcp pins a server by its command, and shows what has changed since', async () => {
  const lock = createLock();
  const { command, args = [] } = stubCommand();
  const pinned = await runCommand('pin', '--lock', lock, 'stub', '--', command, ...args);
  expect(pinned).toEqual({ code: 0, text: `stub: stub@1.0.0, 17 tools pinned in ${lock}` });
  expect(await runCommand('diff', '--lock', lock)).toEqual({ code: 0, text: 'stub: no difference' });
  writeFileSync(lock, readFileSync(lock, 'utf8').replace('Returns its text.', 'Returns a text.'));
  const { code, text } = await runCommand('diff', '--lock', lock, 'stub');
  expect(code).toBe(1);
  expect(text).toBe('stub:\n  tool "echo": description: "Returns a text." → "Returns its text."');
  expect((await runCommand('pin', '--lock', lock)).code).toBe(0);
  expect((await runCommand('diff', '--lock', lock)).code).toBe(0);
});

test.each([
  [[], 'There is no command.'],
  [['lock'], 'There is no command "lock".'],
  [['pin', '--url', 'http://127.0.0.1:1'], 'A new pin has one name.'],
  [['diff', '--lock', '/no/such/file'], 'There is no /no/such/file.'],
  [['pin', 'a', '--wrong'], "Unknown option '--wrong'"],
  [['pin', 'a', '--header', 'none', '--url', 'http://127.0.0.1:1'], 'A header is "Name: value".'],
])('pawl-mcp refuses %j', async (args, problem) => {
  const { code, text } = await runCommand(...args);
  expect(code).toBe(2);
  expect(text).toContain(problem);
});

test('pawl-mcp fails if the server cannot be reached', async () => {
  const { code, text } = await runCommand('pin', '--lock', createLock(), 'a', '--', 'no-such-program');
  expect(code).toBe(2);
  expect(text).toContain('ENOENT');
});

test('a client of the application is pinned without a command', async () => {
  const lockFile = createLock();
  await serveTools('a').open({ lockFile });
  expect(await runCommand('diff', '--lock', lockFile)).toMatchObject({ code: 2 });
  await using client = await createMcpClient({ name: 'x', client: { ...double }, lockFile, ci: false });
  expect(client.tools).toEqual([]);
});

const double = {
  listTools: async () => ({ tools: [] }),
  callTool: async () => ({ content: [] }),
  close: async () => {},
};
