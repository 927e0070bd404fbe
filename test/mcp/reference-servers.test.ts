import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '@pawl/core';
import { createMcpClient, type McpClient, resourceTools } from '@pawl/mcp';
import { expect, test } from 'vitest';
import { createFolder } from '../folder.ts';
import { callTool, connect } from './kit.ts';

const BIN = join(import.meta.dirname, '..', '..', 'node_modules', '.bin');
const everything = { name: 'all', command: join(BIN, 'mcp-server-everything'), args: ['stdio'] };

/** What the model reads of a call, with the parts of the next message. */
async function read(client: McpClient, name: string, input: JsonObject = {}): Promise<string> {
  const { content, failed } = await callTool(client, name, input);
  expect(failed).toBeUndefined();
  return content;
}

test('every tool of the reference server "everything" can be called', async () => {
  const client = await connect({
    ...everything,
    onElicitation: ({ mode }) =>
      mode === 'url' ? { action: 'decline' } : { action: 'accept', content: { name: 'Ann' } },
  });
  expect(client.definitions.every(({ annotations }) => annotations !== undefined)).toBe(true);
  const cases: Readonly<Record<string, readonly [input: JsonObject, expected: RegExp]>> = {
    echo: [{ message: 'hello' }, /Echo: hello/],
    'get-annotated-message': [{ messageType: 'error' }, /Error/],
    'get-env': [{}, /PATH/],
    'get-resource-links': [{ count: 2 }, /demo:\/\/resource\/.* \(/],
    'get-resource-reference': [{ resourceType: 'Text', resourceId: 1 }, /```/],
    'get-structured-content': [{ location: 'New York' }, /"temperature"/],
    'get-sum': [{ a: 2, b: 3 }, /5/],
    'get-tiny-image': [{}, /MCP/],
    'gzip-file-as-resource': [{ name: 'a.gz', data: 'data:text/plain,hello', outputType: 'resource' }, /gz/],
    'simulate-research-query': [{ topic: 'pawls' }, /\S/],
    'toggle-simulated-logging': [{}, /logging/i],
    'toggle-subscriber-updates': [{}, /\S/],
    'trigger-elicitation-request': [{}, /Ann|accept/],
    'trigger-long-running-operation': [{ duration: 1, steps: 3 }, /completed/],
    'trigger-url-elicitation': [{}, /\S/],
  };
  expect(client.definitions.map(({ name }) => name)).toEqual(Object.keys(cases).sort());
  for (const [name, [input, expected]] of Object.entries(cases)) {
    const { content } = await callTool(client, `all__${name}`, input);
    expect(content, name).toMatch(expected);
  }
});

test('progress and an image of the reference server "everything" arrive', async () => {
  const client = await connect(everything);
  const { events } = await callTool(client, 'all__trigger-long-running-operation', { duration: 1, steps: 4 });
  expect(events.filter(({ type }) => type === 'tool.progress').length).toBeGreaterThanOrEqual(3);
  const { outcome } = await callTool(client, 'all__get-tiny-image');
  const parts = outcome.messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  const images = parts.flatMap((part) => (part.type === 'image_url' ? [part.image_url.url] : []));
  expect(images.join()).toMatch(/^data:image\/png;base64,/);
});

test('resources and prompts of the reference server "everything" can be read', async () => {
  const client = await connect(everything);
  const [first] = await client.listResources();
  const [part] = await client.readResource(String(first?.uri));
  expect(part).toMatchObject({ type: 'text', text: expect.stringContaining(String(first?.uri)) });
  const prompts = await client.listPrompts();
  expect(prompts.find(({ name }) => name === 'args-prompt')?.arguments).toMatchObject([
    { name: 'city', isRequired: true },
    { name: 'state', isRequired: false },
  ]);
  expect(await client.getPrompt('args-prompt', { city: 'Rome' })).toMatchObject([
    { role: 'user', content: expect.stringContaining('Rome') },
  ]);
  const tools = resourceTools(client);
  expect(tools.map(({ name, effect }) => [name, effect])).toEqual([
    ['all__list_resources', 'read'],
    ['all__read_resource', 'read'],
  ]);
  expect((await callTool({ tools }, 'all__list_resources')).content).toContain(String(first?.uri));
  expect((await callTool({ tools }, 'all__read_resource', { uri: String(first?.uri) })).content).toContain('```');
});

test('the reference server "filesystem" works in its folder, with the effects of its hints', async () => {
  const root = join(realpathSync(createFolder()), 'root');
  mkdirSync(root);
  writeFileSync(join(root, 'a.txt'), 'the content');
  const command = join(BIN, 'mcp-server-filesystem');
  const client = await connect({ name: 'files', command, args: [root], annotations: 'trust' });
  expect(client.tools).toHaveLength(14);
  const traits = Object.fromEntries(
    client.tools.map(({ name, effect, needsApproval }) => [name, [effect, needsApproval]]),
  );
  expect(traits['files__read_text_file']).toEqual(['read', false]);
  expect(traits['files__create_directory']).toEqual(['idempotent', false]);
  expect(traits['files__write_file']).toEqual(['idempotent', true]);
  expect(await read(client, 'files__read_text_file', { path: join(root, 'a.txt') })).toContain('the content');
  expect((await callTool(client, 'files__read_text_file', { path: '/etc/passwd' })).content).toMatch(/denied/i);
  const write = { path: join(root, 'b.txt'), content: 'new' };
  expect((await callTool(client, 'files__write_file', write)).outcome.status).toBe('suspended');
  await using free = await createMcpClient({ name: 'files', command, args: [root] });
  await read(free, 'files__write_file', write);
  expect(readFileSync(join(root, 'b.txt'), 'utf8')).toBe('new');
});

test('the reference server "memory" keeps what it gets, and deletes twice without harm', async () => {
  const env = { MEMORY_FILE_PATH: join(createFolder(), 'memory.json') };
  const client = await connect({ name: 'memory', command: join(BIN, 'mcp-server-memory'), env });
  expect(client.tools).toHaveLength(9);
  const entities = [{ name: 'Ann', entityType: 'person', observations: ['likes tea'] }];
  await read(client, 'memory__create_entities', { entities });
  expect(await read(client, 'memory__search_nodes', { query: 'tea' })).toContain('Ann');
  for (let count = 0; count < 2; count += 1) await read(client, 'memory__delete_entities', { entityNames: ['Ann'] });
  expect(await read(client, 'memory__read_graph')).not.toContain('Ann');
});

test.each(['everything', 'filesystem', 'memory'])(
  'the reference server "%s" can be opened and closed five times',
  async (name) => {
    const args = name === 'filesystem' ? [createFolder()] : name === 'everything' ? ['stdio'] : [];
    for (let count = 0; count < 5; count += 1) {
      await using client = await createMcpClient({ name, command: join(BIN, `mcp-server-${name}`), args });
      expect(client.tools.length).toBeGreaterThan(8);
    }
  },
);
