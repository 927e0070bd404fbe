import { Agent, ToolError, tool } from '@pawl/core';
import { instrumentMcpCall, type McpCall } from '@pawl/core/instrumentation';
import { telemetry } from '@pawl/otel';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { drawTree, findSpan, type Recording, recordSpans, useContextManager } from './record-spans.ts';

useContextManager();

const CALL: McpCall = {
  method: 'tools/call',
  toolName: 'find',
  protocolVersion: '2025-11-25',
  sessionId: 'session-1',
  requestId: 7,
  transport: 'tcp',
  address: 'mcp.example.com',
  port: 443,
};

const COMMON = {
  'mcp.method.name': 'tools/call',
  'mcp.protocol.version': '2025-11-25',
  'network.transport': 'tcp',
  'network.protocol.name': 'http',
  'server.address': 'mcp.example.com',
  'server.port': 443,
};

/** Runs an agent whose tool makes one request to an MCP server. */
async function callServer(recording: Recording, answer: () => Promise<{ readonly isError?: boolean }>) {
  const { tracer, meter, spans, points } = recording;
  const find = tool({
    name: 'files__find',
    input: z.object({}),
    effect: 'read',
    execute: async (_, context) => {
      const { isError = false } = await instrumentMcpCall({ ...context }, CALL, answer);
      if (isError) throw new ToolError('There is no such file.');
      return 'found';
    },
  });
  const model = scriptedModel([respond.call('files__find'), respond.text('Found.')]);
  await new Agent({ model, tools: [find], instrumentation: telemetry({ tracer, meter }) }).run('Find it.');
  const measured = (await points()).filter(({ name }) => name === 'mcp.client.operation.duration');
  return { tree: drawTree(spans()), span: findSpan(spans(), 'execute_tool files__find'), measured };
}

test('describes a request to an MCP server on the span of the tool call, and measures it', async () => {
  const { tree, span, measured } = await callServer(recordSpans(), async () => ({}));
  expect(tree).toEqual(['invoke_agent agent', '  chat scripted', '  execute_tool files__find', '  chat scripted']);
  expect(span.attributes).toMatchObject({
    ...COMMON,
    'gen_ai.tool.name': 'files__find',
    'mcp.session.id': 'session-1',
    'jsonrpc.request.id': '7',
  });
  expect(span.attributes).not.toHaveProperty('error.type');
  expect(measured).toEqual([
    {
      name: 'mcp.client.operation.duration',
      attributes: { ...COMMON, 'gen_ai.tool.name': 'find', 'gen_ai.operation.name': 'execute_tool' },
      value: expect.any(Number),
      count: 1,
      boundaries: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300],
    },
  ]);
});

test('counts a result with isError as the error tool_error', async () => {
  const { span, measured } = await callServer(recordSpans(), async () => ({ isError: true }));
  expect(span.attributes['error.type']).toBe('tool_error');
  expect(measured[0]?.attributes['error.type']).toBe('tool_error');
});

test('records the code of a JSON-RPC error', async () => {
  const refused = Object.assign(new Error('Invalid params'), { code: -32602 });
  const { span, measured } = await callServer(recordSpans(), () => Promise.reject(refused));
  expect(span.attributes).toMatchObject({ 'error.type': '-32602', 'rpc.response.status_code': '-32602' });
  expect(measured[0]?.attributes).toMatchObject({ 'error.type': '-32602', 'rpc.response.status_code': '-32602' });
});

test('makes the request alone if nothing instruments the run, or outside a run', async () => {
  const find = tool({
    name: 'find',
    input: z.object({}),
    effect: 'read',
    execute: (_, context) => instrumentMcpCall(context, CALL, async () => 'found'),
  });
  const model = scriptedModel([respond.call('find'), respond.text('Found.')]);
  const outcome = await new Agent({ model, tools: [find] }).run('Find it.');
  expect(outcome.messages).toContainEqual(expect.objectContaining({ role: 'tool', content: 'found' }));
  expect(await instrumentMcpCall({ toolCallId: 'call_1' }, CALL, async () => 'found')).toBe('found');
});
