// The server of the demo: node examples/support-desk/server.ts [FOLDER] [PORT]
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteConversations, sqliteHost } from '@pawl/core/sqlite';
import { bearer, serve } from '@pawl/serve';
import { listen } from '@pawl/serve/node';
import { startStandIn } from './stand-in.ts';
import { defineSupportAgent } from './support-agent.ts';

const [folder = join(tmpdir(), 'pawl-support-desk'), port = '8080'] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const ledger = join(folder, 'ledger.jsonl');
const { baseURL } = await startStandIn();

const server = serve({
  agents: [
    {
      agent: defineSupportAgent({ baseURL, ledger }),
      context: ({ principal }) => ({ name: principal.id }),
    },
  ],
  host: sqliteHost(join(folder, 'desk.db')),
  conversations: sqliteConversations(join(folder, 'desk.db')),
  authorize: bearer({
    'key-of-ada': { id: 'ada', tenant: 'shop' },
    'key-of-bob': { id: 'bob', tenant: 'shop' },
    'key-of-lea': { id: 'lea', tenant: 'shop', isOperator: true },
  }),
  // Customers see that their refund waits. Only the team lead decides.
  mayAnswer: ({ principal }) => principal.isOperator === true,
});

const PAGES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['customer.html', 'text/html'],
  '/inbox': ['inbox.html', 'text/html'],
  '/customer.js': ['customer.js', 'text/javascript'],
  '/inbox.js': ['inbox.js', 'text/javascript'],
  '/style.css': ['style.css', 'text/css'],
};

const { url } = await listen(
  {
    ...server,
    fetch: (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === '/ledger') return Promise.resolve(new Response(existsSync(ledger) ? readFileSync(ledger) : ''));
      const page = PAGES[pathname];
      if (page === undefined) return server.fetch(request);
      const [file, type] = page;
      const headers = { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' };
      return Promise.resolve(new Response(readFileSync(join(import.meta.dirname, 'pages', file)), { headers }));
    },
  },
  { port: Number(port) },
);

console.log(`Customers   ${url}/?as=ada and ${url}/?as=bob`);
console.log(`Team lead   ${url}/inbox`);
console.log(`Ledger      ${ledger}`);
console.log(`Try it: ask for a refund of order 7 as Ada, then kill -9 ${process.pid}, and start the demo again.`);
