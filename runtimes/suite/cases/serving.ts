import { Agent, memoryHost, tool } from '@pawl/core';
import { bearer, serve } from '@pawl/serve';
import { z } from 'zod';
import { assertSame, type SuiteCase } from '../case.ts';

/** `@pawl/serve` by web standards alone: its `fetch`, called as the runtime's own server calls it. */
export const servingCases: readonly SuiteCase[] = [
  {
    name: 'serves a run as a stream of Chat Completions, as an approval and as events that continue',
    async run({ model }) {
      const paid: number[] = [];
      const pay = tool({
        name: 'pay',
        input: z.object({ amount: z.number() }),
        needsApproval: true,
        execute: ({ amount }) => {
          paid.push(amount);
          return 'paid';
        },
      });
      const agent = new Agent({ name: 'payer', model: model(), tools: [pay] });
      const authorize = bearer({ key: { id: 'ada' } });
      const server = serve({ agents: [agent], host: memoryHost(), authorize });
      const send = (path: string, body?: object): Promise<Response> => {
        const headers = { authorization: 'Bearer key', 'content-type': 'application/json' };
        const init = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) };
        return server.fetch(new Request(`https://api.example.com${path}`, init));
      };
      try {
        const messages = [{ role: 'user', content: 'Pay.' }];
        const streamed = await send('/v1/chat/completions', { model: 'payer', messages, stream: true });
        const text = await streamed.text();
        assertSame(text.endsWith('data: [DONE]\n\n'), true);
        const id = streamed.headers.get('pawl-run-id');
        const { pending } = JSON.parse(await (await send(`/v1/runs/${id}`)).text());
        const answer = { type: 'approve', fingerprint: pending[0].fingerprint };
        assertSame((await send(`/v1/runs/${id}/answers`, { pending: pending[0].id, answer })).status, 200);
        const events = await (await send(`/v1/runs/${id}/events`)).text();
        assertSame(events.endsWith('event: end\ndata: {}\n\n'), true);
        const recorded = await (await send(`/v1/runs/${id}/events`)).text();
        const rest = await (await send(`/v1/runs/${id}/events?after=3`)).text();
        assertSame(rest.startsWith('id: 4\n') && recorded.endsWith(rest.slice(rest.indexOf('id: 5\n'))), true);
        const completion = JSON.parse(await (await send(`/v1/chat/completions/${id}`)).text());
        assertSame(completion.choices[0].message.content, 'Paid.');
        assertSame(paid, [20]);
        assertSame((await server.fetch(new Request('https://api.example.com/v1/models'))).status, 401);
      } finally {
        server.close();
      }
    },
  },
];
