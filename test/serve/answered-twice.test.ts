import { memoryConversations, memoryHost } from '@pawl/core';
import { expect, test } from 'vitest';
import { createRefundAgent, startServer } from './serve-agents.ts';

test('a request that answers a call twice is refused, and answers nothing', async () => {
  const refunds: number[] = [];
  const { send } = await startServer({
    agents: [createRefundAgent({ refunds })],
    host: memoryHost(),
    conversations: memoryConversations(),
    faces: ['responses', 'ag-ui', 'runs'],
  });
  const { id, output } = await (await send('/v1/responses', { model: 'refunds', input: 'Refund.' })).json();
  const approve = (isApproved: boolean) => ({
    type: 'mcp_approval_response',
    approval_request_id: output.at(-1).id,
    approve: isApproved,
  });
  const refused = await send('/v1/responses', { model: 'refunds', input: [approve(true), approve(false)] });
  expect(refused.status).toBe(400);
  expect((await refused.json()).error.param).toBe('input[1].approval_request_id');
  expect((await (await send(`/v1/runs/${id}`)).json()).pending).toHaveLength(1);

  const body = { threadId: 't', runId: 'r', messages: [{ id: 'u', role: 'user', content: 'Refund.' }] };
  const asked = await (await send('/ag-ui/refunds', body)).text();
  const interruptId = /"interrupts":\[\{"id":"([^"]+)"/.exec(asked)?.[1];
  const resume = [false, true].map((approved) => ({ interruptId, status: 'resolved', payload: { approved } }));
  const twice = await send('/ag-ui/refunds', { ...body, runId: 'r2', resume });
  expect(twice.status).toBe(400);
  expect((await twice.json()).error.param).toBe('resume[1].interruptId');
  expect(refunds).toEqual([]);
});
