import { appendFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Agent, openai, tool } from '@pawl/core';
import { sqliteConversations, sqliteHost } from '@pawl/core/sqlite';
import { serve } from '@pawl/serve';
import { toNodeHandler } from '@pawl/serve/node';
import { z } from 'zod';

export interface ShopPlace {
  readonly database: string;
  /** Where the models are. */
  readonly baseURL: string;
  /** 0 chooses a free one. */
  readonly port: number;
  readonly sdk: 6 | 7;
  /** The file of the script of the page. */
  readonly page: string;
  /** The file that gets a line for each order that is paid back. */
  readonly ledger: string;
}

export interface StartedShop {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Starts a server with an agent, and the page of `bundlePage` in front of it. */
export async function startShop({ database, baseURL, port, sdk, page, ledger }: ShopPlace): Promise<StartedShop> {
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
  const host = sqliteHost(database);
  const conversations = sqliteConversations(database);
  const server = serve({ agents: [agent], host, conversations, sdk, resumeEveryMs: 100 });
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
  await new Promise<void>((resolve) => listener.listen(port, '127.0.0.1', resolve));
  const address = listener.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: async () => {
      server.close();
      listener.closeAllConnections();
      await new Promise((resolve) => listener.close(resolve));
      await host.close();
      await conversations.close();
    },
  };
}
