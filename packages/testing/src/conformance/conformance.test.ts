import { execFile } from 'node:child_process';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { Agent, openai } from '@pawl/core';
import { expect, onTestFinished, test } from 'vitest';
import { offlineServer } from '../server/offline-server.ts';
import { type ConformanceReport, conformance } from './conformance.ts';

function statuses({ probes }: ConformanceReport): Readonly<Record<string, string>> {
  return Object.fromEntries(probes.map(({ name, status }) => [name, status]));
}

async function listening(listener: RequestListener): Promise<string> {
  // By hand: the test needs responses that are not Chat Completions.
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/v1`;
}

/** The offline server behind a proxy that refuses some fields. */
async function picky(refused: (body: Record<string, unknown>) => string | undefined): Promise<string> {
  const server = await offlineServer();
  onTestFinished(() => server.close());
  return listening(async (incoming, response) => {
    const body = await text(incoming);
    const why = body === '' ? undefined : refused(JSON.parse(body));
    if (why !== undefined) {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: why } }));
      return;
    }
    const path = (incoming.url ?? '').replace('/v1', '');
    const init = body === '' ? {} : { method: 'POST', body, headers: { 'content-type': 'application/json' } };
    const given = await fetch(server.baseURL + path, init);
    response.writeHead(given.status, { 'content-type': given.headers.get('content-type') ?? '' });
    response.end(Buffer.from(await given.arrayBuffer()));
  });
}

test('finds full support in the offline server, and a profile that works', async () => {
  const server = await offlineServer();
  onTestFinished(() => server.close());
  const report = await conformance(server.baseURL);
  expect(report.model).toBe('pawl-stand-in');
  const found = statuses(report);
  expect(Object.entries(found).filter(([, status]) => status === 'unsupported')).toEqual([]);
  expect(found).toMatchObject({ text: 'supported', stream: 'supported', tools: 'supported', json_schema: 'supported' });
  const model = openai(report.model, { baseURL: server.baseURL, profile: report.profile });
  expect((await new Agent({ model }).run('Hello')).status).toBe('completed');
});

test('probes only what every agent needs with quick, and recommends no profile', async () => {
  const server = await offlineServer();
  onTestFinished(() => server.close());
  const report = await conformance(server.baseURL, { quick: true });
  expect(Object.keys(statuses(report))).toEqual([
    'max_completion_tokens',
    'max_tokens',
    'cut reported',
    'text',
    'stream',
    'tools',
    'results of tools',
  ]);
  expect(report.profile).toEqual({ base: 'compatible' });
  const main = join(import.meta.dirname, 'main.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [main, server.baseURL, '--quick']);
  expect(stdout).toMatch(/tools +supported/);
  expect(stdout).not.toContain('json_schema');
});

test.each([
  ['max_tokens', { tokenField: 'max_completion_tokens' }],
  ['stream_options', { streamOptions: false }],
])('recommends a profile for a server that refuses %s', async (field, expected) => {
  const baseURL = await picky((body) => (field in body ? `Unknown field: ${field}.` : undefined));
  expect((await conformance(baseURL)).profile).toMatchObject(expected);
});

test('reports a refusal in the words of the server and leaves the field out of the profile', async () => {
  const baseURL = await picky(({ messages, tool_choice: choice, response_format: format }) => {
    if (JSON.stringify(messages).includes('developer')) return 'No such role: developer.';
    if (JSON.stringify(messages).includes('"content":null')) return 'content must be a text.';
    if (choice === 'required') return 'tool_choice must be auto.';
    return format === undefined ? undefined : 'response_format is not supported.';
  });
  const report = await conformance(baseURL, { model: 'any', apiKey: 'none' });
  expect(report.probes).toContainEqual({
    name: 'developer role',
    status: 'unsupported',
    detail: 'status 400: No such role: developer.',
  });
  expect(report.profile).toMatchObject({
    developerRole: false,
    nullContent: false,
    toolChoices: ['auto', 'none', 'function'],
    responseFormat: 'tool',
  });
});

test('finds no support in a server that responds with garbage, and finishes', async () => {
  const baseURL = await listening((_, response) => void response.end('<html>Welcome</html>'));
  const { probes } = await conformance(baseURL, { model: 'any' });
  expect(probes.find(({ name }) => name === 'text')).toMatchObject({
    status: 'unsupported',
    detail: expect.stringContaining('Welcome'),
  });
  expect(probes.filter(({ status }) => status === 'supported').map(({ name }) => name)).toEqual(
    expect.not.arrayContaining(['tools', 'stream', 'usage', 'json_schema', 'errors']),
  );
});

test('reports an unreachable server and a server without models', async () => {
  await expect(conformance('http://127.0.0.1:9/v1')).rejects.toThrow('lists no model');
  const baseURL = await listening((_, response) => void response.writeHead(404).end('{}'));
  await expect(conformance(baseURL)).rejects.toThrow('status 404');
});

test('gives up a server that never responds at the deadline', async () => {
  const baseURL = await listening(() => undefined);
  await expect(conformance(baseURL, { timeoutMs: 50 })).rejects.toThrow('lists no model');
});

test('prints the table and the call of openai, and exits with 1 if tools are missing', async () => {
  const run = promisify(execFile);
  const main = join(import.meta.dirname, 'main.ts');
  const server = await offlineServer();
  onTestFinished(() => server.close());
  const { stdout } = await run(process.execPath, [main, server.baseURL]);
  expect(stdout).toContain('pawl-stand-in at http://127.0.0.1');
  expect(stdout).toMatch(/tools +supported/);
  expect(stdout).toContain('openai("pawl-stand-in", { baseURL: "http://127.0.0.1');
  const empty = await listening((_, response) => void response.end('{}'));
  await expect(run(process.execPath, [main, empty, '--model', 'any', '--json'])).rejects.toMatchObject({ code: 1 });
  await expect(run(process.execPath, [main])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('PAWL_CONFORMANCE_KEY'),
  });
  await expect(run(process.execPath, [main, server.baseURL, '--modl', 'any'])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--modl[\s\S]*pawl-conformance <baseURL>/),
  });
});
