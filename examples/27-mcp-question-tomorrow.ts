// An MCP server asks a question in the middle of a call. The process that called ends; another one answers tomorrow, and the call goes on.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { acceptedContent, createMcpHandler, inputRequired, McpServer } from '@modelcontextprotocol/server';
import { Agent } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { createMcpClient } from '@pawl/mcp';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

const [url, file = '', mode] = process.argv.slice(2);

if (url === undefined) await play();
else await work(url);

/** Starts a server, and two processes one after the other. */
async function play(): Promise<void> {
  const handler = createMcpHandler(createTravelServer);
  const handle = toNodeHandler(handler);
  const http = createServer((request, response) => void handle(request as Parameters<typeof handle>[0], response));
  await once(http.listen(0, '127.0.0.1'), 'listening');
  const address = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
  const folder = mkdtempSync(join(tmpdir(), 'pawl-example-'));
  for (const day of ['today', 'tomorrow']) {
    const args = [process.argv[1] ?? '', address, join(folder, 'runs.db'), day];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    console.log(`--- ${day}\n${stdout.trim()}`);
  }
  rmSync(folder, { recursive: true });
  await handler.close();
  http.close();
}

function createTravelServer(): McpServer {
  const server = new McpServer({ name: 'travel', version: '1.0.0' });
  const seat = z.object({ seat: z.enum(['window', 'aisle']) });
  const input = z.object({ to: z.string() });
  server.registerTool('book', { description: 'Books a train.', inputSchema: input }, ({ to }, { mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, 'seat', seat);
    if (answer !== undefined) return { content: [{ type: 'text', text: `Booked to ${to}, ${answer.seat} seat.` }] };
    const question = inputRequired.elicit({ message: `Which seat to ${to}?`, requestedSchema: seat });
    return inputRequired({ inputRequests: { seat: question } });
  });
  return server;
}

/** One of the processes: it starts the run, or answers the question and resumes it. */
async function work(address: string): Promise<void> {
  await using travel = await createMcpClient({ name: 'travel', url: address });
  const model = scriptedModel(({ messages }) => {
    const last = messages.at(-1);
    const results = String(last?.content).split('\n');
    return last?.role === 'tool' ? respond.text(`${results[1]}`) : respond.call('travel__book', { to: 'Rome' });
  });
  const agent = new Agent({ model, tools: travel.tools });
  const host = sqliteHost(file);
  if (mode === 'today') {
    const outcome = await agent.run('Book a train to Rome.', { host, runId: 'trip-1' }).outcome();
    console.log(outcome.status);
  } else {
    for (const { runId, outcome } of await host.listRuns({ status: 'suspended' })) {
      for (const { id, preview, fingerprint } of outcome?.status === 'suspended' ? outcome.pending : []) {
        console.log(`${runId} waits: ${JSON.stringify(preview)}`);
        const value = { seat: { action: 'accept', content: { seat: 'window' } } };
        await host.answer(runId, id, { type: 'resume', fingerprint, value });
      }
    }
    for (const run of await host.resumeAll([agent])) console.log((await run).output);
  }
  await host.close();
}
