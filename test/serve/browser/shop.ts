// A server with an agent, and the page of `bundlePage` in front of it: node shop.ts DATABASE MODEL_URL PORT SDK PAGE LEDGER
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Agent, openai, tool } from '@pawl/core';
import { sqliteConversations, sqliteHost } from '@pawl/core/sqlite';
import { serve } from '@pawl/serve';
import { toNodeHandler } from '@pawl/serve/node';
import { z } from 'zod';

const [database = '', baseURL = '', port = '0', sdk = '7', page = '', ledger = ''] = process.argv.slice(2);

const refund = tool({
  name: 'refund',
  description: 'Pays an order back.',
  input: z.object({ order: z.string() }),
  needsApproval: true,
  async execute({ order }) {
    appendFileSync(ledger, `${order}\n`);
    return { paid: order };
  },
});
const agent = new Agent({
  name: 'shop',
  model: openai('m', { baseURL }),
  tools: [refund],
  retry: { initialDelayMs: 1 },
});
const server = serve({
  agents: [agent],
  host: sqliteHost(database),
  conversations: sqliteConversations(database),
  sdk: sdk === '6' ? 6 : 7,
  resumeEveryMs: 100,
});

const handle = toNodeHandler(server);
// By hand: it serves the page beside the server under test.
const listener = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/') {
    response.setHeader('content-type', 'text/html');
    response.end(
      '<!doctype html><meta charset="utf-8"><div id="root"></div><script type="module" src="/page.js"></script>',
    );
  } else if (pathname === '/page.js') {
    response.setHeader('content-type', 'text/javascript');
    response.end(readFileSync(page));
  } else handle(request, response);
});
listener.listen(Number(port), '127.0.0.1', () => {
  const address = listener.address();
  console.log(typeof address === 'object' && address !== null ? address.port : '');
});
