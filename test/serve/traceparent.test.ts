import { memoryConversations, memoryHost } from '@pawl/core';
import { expect, test } from 'vitest';
import { createEchoAgent, startServer } from './serve-agents.ts';

const VALID = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

test.each([
  ['/v1/chat/completions', { model: 'echo', messages: [{ role: 'user', content: 'Hi.' }] }],
  ['/v1/runs', { agent: 'echo', input: 'Hi.' }],
  ['/api/chat', { id: 'a', messages: [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'Hi.' }] }] }],
] as const)(
  '%s gives a run the traceparent of the request, and leaves out one that is not valid',
  async (path, body) => {
    const traceparents: (string | undefined)[] = [];
    const agent = createEchoAgent().with({
      instrumentation: {
        instrumentRun: ({ traceparent }, work) => {
          traceparents.push(traceparent);
          return work();
        },
      },
    });
    const { send } = await startServer({ agents: [agent], host: memoryHost(), conversations: memoryConversations() });
    for (const traceparent of [VALID, 'invented', `${VALID}, ${VALID}`]) {
      await (await send(path, body, { headers: { traceparent } })).text();
    }
    expect(traceparents).toEqual([VALID, undefined, undefined]);
  },
);
