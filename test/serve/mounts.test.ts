import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { memoryHost } from '@pawl/core';
import { serve } from '@pawl/serve';
import { toNodeHandler } from '@pawl/serve/node';
import express from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { createEchoAgent } from './serve-agents.ts';

const body = { model: 'echo', messages: [{ role: 'user', content: 'Hi.' }] };

test.each([
  ['before any parser', express()],
  ['behind express.json()', express().use(express.json())],
])('Express mounts the server %s', async (_, app) => {
  const server = serve({ agents: [createEchoAgent()], host: memoryHost(), resumeEveryMs: 0 });
  const http = app.use('/ai', toNodeHandler(server)).listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => void http.close());
  const { port } = http.address() as AddressInfo;
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(`http://127.0.0.1:${port}/ai/v1/chat/completions`, init);
  expect(await answer.json()).toMatchObject({ choices: [{ message: { content: 'You wrote: Hi.' } }] });
  expect((await fetch(`http://127.0.0.1:${port}/ai/v1/none`)).status).toBe(404);
});
