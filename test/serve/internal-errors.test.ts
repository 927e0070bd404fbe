import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, memoryHost, ToolError, tool } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { uiMessageStream } from '@pawl/serve/encode';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createFolder } from '../folder.ts';
import { createEchoAgent, startServer } from './serve-agents.ts';

// What only an operator may read.
const SECRET = 'postgres://user:hunter2@db';

test.each([
  ['/v1/chat/completions', { model: 'echo', messages: [{ role: 'user', content: 'Hi.' }] }],
  ['/v1/runs', { agent: 'echo', input: 'Hi.' }],
] as const)('%s does not show where a host that fails has its file', async (path, body) => {
  const folder = createFolder();
  const host = sqliteHost(join(folder, 'runs.db'));
  onTestFinished(() => host.close().catch(() => undefined)); // Its file is gone.
  const reports: unknown[] = [];
  const { send } = await startServer({
    agents: [createEchoAgent()],
    host,
    onRequest: ({ error }) => reports.push(error),
  });
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(folder, `runs.db${suffix}`), { force: true });
  const failed = await send(path, body);
  expect(failed.status).toBe(503);
  const text = await failed.text();
  expect(text).not.toContain(folder);
  expect(JSON.parse(text)).toMatchObject({ error: { type: 'server_error', code: expect.stringMatching(/^host\./) } });
  expect(reports).toMatchObject([{ message: expect.stringContaining(folder) }]);
});

test('uiMessageStream does not show the message of an error that is not ours', async () => {
  const events = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error(SECRET)) }) };
  const text = await uiMessageStream(events).text();
  expect(text).not.toContain(SECRET);
  expect(text).toContain('"type":"error"');
});

function createFailingAgent(): Agent {
  const model = scriptedModel([respond.call('query'), respond.text('Done.')]);
  const query = tool({
    name: 'query',
    input: z.object({}),
    execute: () => {
      throw new ToolError(SECRET);
    },
  });
  const onEvent = (): void => {
    throw new Error(`listener: ${SECRET}`);
  };
  return new Agent({ name: 'failing', model, tools: [query], listeners: { 'model.responded': onEvent } });
}

test('events do not show the message of an error of a listener', async () => {
  const { send } = await startServer({ agents: [createFailingAgent()], host: memoryHost() });
  const headers = { accept: 'application/x-ndjson' };
  const text = await (await send('/v1/runs', { agent: 'failing', input: 'Go.' }, { headers })).text();
  expect(text).toContain('"type":"listener.failed"');
  expect(text).not.toContain('listener: ');
});

test('toolOutput "status" keeps back why a tool failed', async () => {
  const agents = [createFailingAgent()];
  const { send } = await startServer({ agents, host: memoryHost(), toolOutput: 'status' });
  const headers = { accept: 'application/x-ndjson' };
  const text = await (await send('/v1/runs', { agent: 'failing', input: 'Go.' }, { headers })).text();
  expect(text).toContain('"type":"tool.failed"');
  expect(text).not.toContain(SECRET);
});
