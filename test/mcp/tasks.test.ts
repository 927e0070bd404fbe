import { memoryHost } from '@pawl/core';
import { type AgentServerOptions, createAgentServer } from '@pawl/mcp/server';
import { expect, onTestFinished, test } from 'vitest';
import { createRefundAgent } from './refund-agent.ts';

const TASKS = 'io.modelcontextprotocol/tasks';

/** Serves an agent to a client that sends JSON by hand: the SDK's client does not know tasks. */
function serveRaw(options: AgentServerOptions, refunds: number[] = []) {
  const server = createAgentServer([createRefundAgent((amount) => refunds.push(amount))], options);
  onTestFinished(() => server.close());
  let id = 0;
  return async (
    method: string,
    params: object,
    { extensions = { [TASKS]: {} }, token = 'ann' }: { readonly extensions?: object; readonly token?: string } = {},
  ) => {
    id += 1;
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} }, extensions },
    };
    const name = Object(params).name ?? Object(params).taskId;
    const response = await server.fetch(
      new Request('http://localhost/mcp', {
        method: 'POST',
        headers: {
          host: 'localhost',
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          authorization: token,
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': method,
          ...(name !== undefined && { 'mcp-name': String(name) }),
        },
        body: JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta } }),
      }),
    );
    return JSON.parse(await response.text());
  };
}

const CALL = { name: 'refunds', arguments: { prompt: 'Refund it.' } };

/** Asks for the task until it has the status. */
async function waitFor(request: ReturnType<typeof serveRaw>, taskId: string, status: string) {
  await expect.poll(async () => (await request('tasks/get', { taskId })).result?.status).toBe(status);
  return (await request('tasks/get', { taskId })).result;
}

test('a call of a client that knows tasks is a task, whose question is answered by tasks/update', async () => {
  const refunds: number[] = [];
  const host = memoryHost();
  const request = serveRaw({ host }, refunds);
  const { result: created } = await request('tools/call', CALL);
  expect(created).toMatchObject({ resultType: 'task', ttlMs: null, createdAt: expect.stringMatching(/^\d{4}-.*Z$/) });
  const { taskId } = created;
  const waiting = await waitFor(request, taskId, 'input_required');
  const [key = ''] = Object.keys(waiting.inputRequests);
  expect(waiting.inputRequests[key].params.message).toContain('Refund 5 EUR');
  const inputResponses = { [key]: { action: 'accept', content: { decision: 'approve' } } };
  expect((await request('tasks/update', { taskId, inputResponses })).result).toMatchObject({ resultType: 'complete' });
  const done = await waitFor(request, taskId, 'completed');
  expect(done.result.content).toEqual([{ type: 'text', text: 'The tool says: refunded 5' }]);
  expect(refunds).toEqual([5]);
  expect((await host.getRun(taskId)).status).toBe('completed');
});

test('a cancelled task cancels its run', async () => {
  const host = memoryHost();
  const request = serveRaw({ host });
  const { taskId } = (await request('tools/call', CALL)).result;
  await waitFor(request, taskId, 'input_required');
  expect((await request('tasks/cancel', { taskId })).result).toMatchObject({ resultType: 'complete' });
  await waitFor(request, taskId, 'cancelled');
  expect((await request('tasks/cancel', { taskId })).result).toMatchObject({ resultType: 'complete' });
});

test('a client that does not know tasks gets none, and may not use their methods', async () => {
  const request = serveRaw({ host: memoryHost() });
  const { taskId } = (await request('tools/call', CALL)).result;
  const none = { extensions: {} };
  expect((await request('tools/call', CALL, none)).result.resultType).toBe('input_required');
  expect((await request('tasks/get', { taskId }, none)).error.code).toBe(-32_021);
});

test('a task of another caller is unknown', async () => {
  const authorize: AgentServerOptions['authorize'] = ({ headers }) => ({
    token: String(headers.get('authorization')),
    clientId: String(headers.get('authorization')),
    scopes: [],
  });
  const request = serveRaw({ host: memoryHost(), authorize });
  const { taskId } = (await request('tools/call', CALL)).result;
  for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
    const { error } = await request(method, { taskId, inputResponses: {} }, { token: 'ben' });
    expect(error).toMatchObject({ code: -32_602, message: expect.stringContaining('There is no task') });
  }
  expect((await request('tasks/get', { taskId })).result.taskId).toBe(taskId);
});

test('a server without a host has no tasks, since its runs end with their clients', async () => {
  const request = serveRaw({});
  expect((await request('tools/call', CALL)).result.resultType).toBe('input_required');
  expect((await request('server/discover', {})).result.capabilities.extensions).toBeUndefined();
});
