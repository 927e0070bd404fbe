import { Agent } from '@pawl/core';
import { telemetry } from '@pawl/otel';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { connect, startModernServer } from '../mcp/kit.ts';
import { findSpan, recordSpans, useContextManager } from './record-spans.ts';

useContextManager();

test('a call carries the trace context of the span of its tool, which describes it', async () => {
  const bodies: string[] = [];
  const server = await startModernServer();
  const client = await connect({
    name: 'shop',
    url: server.url,
    fetch: (url, init) => {
      bodies.push(String(init?.body));
      return fetch(url, init);
    },
  });
  const { tracer, meter, spans, points } = recordSpans();
  const model = scriptedModel([respond.call('shop__echo', { text: 'x' }), respond.text('Done.')]);
  const instrumentation = telemetry({ tracer, meter });
  const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'vendor=1' };
  await new Agent({ model, tools: client.tools, instrumentation }).run('Go.', trace);
  const span = findSpan(spans(), 'execute_tool shop__echo');
  expect(span.attributes).toMatchObject({
    'mcp.method.name': 'tools/call',
    'mcp.protocol.version': '2026-07-28',
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(server.url).port),
  });
  const [sent] = bodies.filter((body) => body.includes('"tools/call"'));
  const { traceId, spanId } = span.spanContext();
  expect(JSON.parse(sent ?? '').params._meta).toMatchObject({
    traceparent: `00-${traceId}-${spanId}-01`,
    tracestate: 'vendor=1',
  });
  expect((await points()).map(({ name }) => name)).toContain('mcp.client.operation.duration');
});
