/** Agents over HTTP. */
export interface Server {
  /** Answers a request: the handler of Bun, Deno, Workers, Hono and every other server with web standards. */
  readonly fetch: (request: Request) => Promise<Response>;
}

/** Serves agents over HTTP. */
export function serve(): Server {
  return { fetch: async ({ url }) => answer(new URL(url).pathname) };
}

function answer(path: string): Response {
  if (path === '/healthz') return Response.json({ status: 'ok' });
  return new Response(null, { status: 404 });
}
