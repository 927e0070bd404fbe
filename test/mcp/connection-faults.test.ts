import { join } from 'node:path';
import { tool } from '@pawl/core';
import { createMcpClient, McpError } from '@pawl/mcp';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createFolder } from '../folder.ts';
import { callTool, connect, connectStub } from './kit.ts';
import { readLines, stubCommand } from './stub-command.ts';

const calls = (file: string, name: string): number => readLines(file).filter((line) => line === name).length;

test('a non-idempotent MCP call whose server is killed is sent once, and its outcome is unknown', async () => {
  const file = join(createFolder(), 'calls');
  const client = await connectStub({}, file);
  const { failed, content } = await callTool(client, 'stub__crash');
  expect(failed?.reason).toBe('unknown_outcome');
  expect(content).toContain('The MCP server "stub" got the call of crash, but no response came');
  expect(calls(file, 'crash')).toBe(1);
});

test('a read-only MCP call whose server is killed is sent once more to a new process', async () => {
  const file = join(createFolder(), 'calls');
  const client = await connectStub({ annotations: 'trust' }, file);
  const { content } = await callTool(client, 'stub__crash_once');
  expect(content).toBe('survived');
  expect(calls(file, 'crash_once')).toBe(2);
});

test('a read-only MCP call is not sent a third time', async () => {
  const file = join(createFolder(), 'calls');
  const client = await connectStub({ annotations: () => ({ effect: 'read' }) }, file);
  const { failed, content } = await callTool(client, 'stub__crash');
  expect(failed?.reason).toBe('threw');
  expect(content).toContain('did not respond');
  expect(calls(file, 'crash')).toBe(2);
});

test('a call after a crash of the MCP server uses a new process', async () => {
  const client = await connectStub();
  await callTool(client, 'stub__crash');
  const { content } = await callTool(client, 'stub__echo', { text: 'again' });
  expect(content).toBe('again');
});

test('the onUnknownOutcome of a wrapper decides about a cut MCP call', async () => {
  const client = await connectStub();
  const crash = client.tools.find(({ name }) => name === 'stub__crash');
  if (crash === undefined) throw new Error('There is no such tool.');
  const tools = [{ ...crash, onUnknownOutcome: () => 'it had happened' }];
  const { content } = await callTool({ tools }, 'stub__crash');
  expect(content).toBe('it had happened');
});

test('a silent non-idempotent MCP call ends after idleTimeoutMs with an unknown outcome, and is cancelled at the server', async () => {
  const file = join(createFolder(), 'calls');
  const client = await connectStub({ idleTimeoutMs: 1000 }, file);
  const { failed } = await callTool(client, 'stub__hang');
  expect(failed?.reason).toBe('unknown_outcome');
  await expect.poll(() => readLines(file).some((line) => line.startsWith('cancelled'))).toBe(true);
});

test('progress restarts idleTimeoutMs, and is reported as events', async () => {
  // The call takes 900 ms; its server is never silent for more than 150 ms.
  const client = await connectStub({ idleTimeoutMs: 800 });
  const { content, events } = await callTool(client, 'stub__progress');
  expect(content).toBe('finished');
  const progress = events.filter((event) => event.type === 'tool.progress');
  expect(progress.map((event) => event.progress)).toContainEqual({ progress: 5, total: 5 });
});

test('a server that ignores a cancelled MCP call does not delay the end of the run', async () => {
  const file = join(createFolder(), 'calls');
  const client = await connectStub({}, file);
  const controller = new AbortController();
  const running = callTool(client, 'stub__hang', {}, { signal: controller.signal });
  await expect.poll(() => calls(file, 'hang')).toBe(1);
  controller.abort();
  expect((await running).outcome.status).toBe('aborted');
  await expect.poll(() => readLines(file).some((line) => line.startsWith('cancelled'))).toBe(true);
});

test('noise on the stdout of an MCP server is logged and disturbs no call', async () => {
  const client = await connectStub();
  const lines: string[] = [];
  client.on('log', ({ message }) => lines.push(message.trim()));
  const { content } = await callTool(client, 'stub__noise');
  expect(content).toBe('after the noise');
  await expect.poll(() => lines).toContain('to stderr');
  expect(lines).toContain('Listening on stdio');
  expect(lines).toContain('{"not": "a message"}');
});

test('a result of ten megabytes arrives, and is cut for the model', async () => {
  const client = await connectStub();
  const { content, failed } = await callTool(client, 'stub__big');
  expect(failed).toBeUndefined();
  expect(content.length).toBeLessThan(70_000);
  expect(content).toContain('characters left out');
});

test('a changed list is reported, and changes no tool of the client', async () => {
  const client = await connectStub({ annotations: () => ({}) });
  const before = client.tools.map(({ name, description }) => `${name}: ${description}`);
  const changed = Promise.withResolvers<object>();
  client.on('changed', changed.resolve);
  await callTool(client, 'stub__rewrite');
  expect(await changed.promise).toEqual({ added: ['new_tool'], removed: [], changed: ['echo'] });
  expect(client.tools.map(({ name, description }) => `${name}: ${description}`)).toEqual(before);
});

test('a refreshed client has the present tools of an MCP server', async () => {
  const client = await connectStub({ include: ['echo'] });
  await using refreshed = await client.refresh();
  expect(refreshed.tools.map(({ name }) => name)).toEqual(['stub__echo']);
});

test('two MCP servers of one name cannot be in one agent', async () => {
  const one = await connectStub({ include: ['echo'] });
  const other = await connectStub({ include: ['echo'] });
  await expect(callTool({ tools: [...one.tools, ...other.tools] }, 'stub__echo')).rejects.toThrow('stub__echo');
});

test('a server that does not start is an error with the reason', async () => {
  const starting = createMcpClient({ name: 'absent', command: 'no-such-program' });
  const error = await starting.catch((thrown: unknown) => thrown);
  expect(McpError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({ code: 'mcp.unreachable' });
  expect(String(error)).toContain('MCP server "absent" cannot be reached: spawn no-such-program ENOENT');
});

test('a server that says nothing is an error after idleTimeoutMs', async () => {
  const starting = createMcpClient({ name: 'mute', command: 'sleep', args: ['1000'], idleTimeoutMs: 200 });
  await expect(starting).rejects.toMatchObject({ code: 'mcp.unreachable' });
});

test('a failed list of tools is an error, and never an empty list', async () => {
  const client = {
    listTools: () => Promise.reject(new Error('the database is gone')),
    callTool: () => Promise.resolve({ content: [] }),
    close: () => Promise.resolve(),
  };
  await expect(createMcpClient({ name: 'broken', client })).rejects.toThrow('the database is gone');
});

test('any object with listTools, callTool and close is a client, with pages', async () => {
  const names = ['a', 'b', 'c'];
  const client = await connect({
    name: 'double',
    client: {
      listTools: async (...[params]: readonly [{ readonly cursor?: string }?]) => {
        const at = Number(params?.cursor ?? 0);
        const tools = [{ name: names[at], inputSchema: { type: 'object' } }];
        return { tools, ...(at < 2 && { nextCursor: String(at + 1) }) };
      },
      callTool: async (...[{ name }]: readonly [{ readonly name: string }]) => ({
        content: [{ type: 'text', text: `called ${name}` }],
      }),
      close: async () => {},
    },
  });
  expect(client.tools.map(({ name }) => name)).toEqual(['double__a', 'double__b', 'double__c']);
  expect((await callTool(client, 'double__b')).content).toBe('called b');
});

test.each<readonly [name: string, inputSchema: object]>([
  ['nothing', {}],
  ['no type', { properties: { a: { type: 'string' } } }],
  ['a union at its root', { type: 'object', anyOf: [{ required: ['a'] }, { required: ['b'] }] }],
  [
    'definitions of draft-07',
    { type: 'object', definitions: { x: { type: 'string' } }, properties: { a: { $ref: '#/definitions/x' } } },
  ],
  ['a reference to the network', { type: 'object', properties: { a: { $ref: 'https://example.com/schema.json' } } }],
])('an MCP tool whose input schema has %s can be called', async (_, inputSchema) => {
  const inputs: unknown[] = [];
  const client = await connect({
    name: 'double',
    client: {
      listTools: async () => ({ tools: [{ name: 'a', inputSchema }] }),
      callTool: async (...[params]: readonly [{ readonly arguments: unknown }]) => {
        inputs.push(params.arguments);
        return { content: [] };
      },
      close: async () => {},
    },
  });
  expect((await callTool(client, 'double__a', { a: 'x' })).failed).toBeUndefined();
  expect(inputs).toEqual([{ a: 'x' }]);
});

test('wrappers of core work on MCP tools', async () => {
  const client = await connectStub({ include: ['echo'] });
  const own = tool({ name: 'own', input: z.object({}), execute: () => 'own' });
  const tools = [...client.tools.map((each) => ({ ...each, needsApproval: true })), own];
  const { outcome } = await callTool({ tools }, 'stub__echo', { text: 'x' });
  expect(outcome.status).toBe('suspended');
});

test('a variable of the application reaches an MCP server only if it is named', async () => {
  const program = `process.stdin.on('data', (line) => {
    const { id, method } = JSON.parse(line);
    const serverInfo = { name: String(process.env.PAWL_SECRET) + ' ' + process.env.GIVEN, version: '1' };
    const result = method === 'initialize' ? { protocolVersion: '2025-11-25', capabilities: {}, serverInfo, instructions: serverInfo.name } : {};
    if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
  })`;
  process.env['PAWL_SECRET'] = 'secret';
  try {
    const options = { command: process.execPath, args: ['-e', program], env: { GIVEN: 'given' } };
    expect((await connect({ name: 'a', ...options })).instructions).toBe('undefined given');
    expect((await connect({ name: 'b', ...options, inheritEnv: ['PAWL_SECRET'] })).instructions).toBe('secret given');
  } finally {
    delete process.env['PAWL_SECRET'];
  }
});

test('an unreachable MCP server fails the call as an error for the model, and the run goes on', async () => {
  const lockFile = join(createFolder(), 'mcp.lock.json');
  const pinned = await createMcpClient({ name: 'stub', ...stubCommand(), lockFile, ci: false });
  await pinned.close();
  const command = { command: process.execPath, args: [...(stubCommand().args ?? [])] };
  const broken = { ...command, cwd: '/no/such/folder' };
  const client = await connect({ name: 'stub', ...broken, lockFile, connect: 'lazy', idleTimeoutMs: 300 });
  const { outcome, content } = await callTool(client, 'stub__echo', { text: 'x' });
  expect(outcome.status).toBe('completed');
  expect(content).toContain('Server "stub" cannot be used: MCP server "stub" cannot be reached');
});
