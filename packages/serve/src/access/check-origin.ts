import { HttpProblem } from '../protocol/problem.ts';
import { readHost } from './check-host.ts';

/** The headers that a page of an allowed origin may send, besides `x-stainless-*` of OpenAI's client. */
const ALLOWED_HEADERS = [
  'accept',
  'authorization',
  'content-type',
  'idempotency-key',
  'last-event-id',
  'pawl-events',
  'pawl-conversation',
  'traceparent',
];

const EXPOSED_HEADERS = 'pawl-run-id, x-request-id, retry-after, retry-after-ms, x-vercel-ai-ui-message-stream';

/**
 * Refuses requests that a page of another site makes: by `Sec-Fetch-Site`, which pages cannot set, and by `Origin`.
 *
 * `same-site` is refused too: it is another port of localhost, or a sibling domain.
 *
 * @throws HttpProblem 403
 */
export function checkOrigin(request: Request, origins: readonly string[]): void {
  const origin = request.headers.get('origin');
  if (origin !== null && origins.includes(origin)) return;
  const site = request.headers.get('sec-fetch-site');
  const isForeign = site === 'cross-site' || site === 'same-site' || (origin !== null && !isOwnOrigin(origin, request));
  if (!isForeign) return;
  throw new HttpProblem(
    `Pages of ${origin === null ? 'another site' : JSON.stringify(origin.slice(0, 200))} may not use this server. Add the origin to cors.origins.`,
    { status: 403, code: 'origin.unknown' },
  );
}

/** Compares host and port: a proxy in front may have ended TLS. */
function isOwnOrigin(origin: string, request: Request): boolean {
  return URL.canParse(origin) && new URL(origin).host.toLowerCase() === readHost(request).toLowerCase();
}

/** Answers the question that a browser asks before a request of another origin; `undefined` for any other request. */
export function answerPreflight(request: Request, origins: readonly string[]): Response | undefined {
  if (request.method !== 'OPTIONS' || !request.headers.has('access-control-request-method')) return undefined;
  checkOrigin(request, origins);
  const asked = (request.headers.get('access-control-request-headers') ?? '').toLowerCase().split(/\s*,\s*/);
  const allowed = asked.filter((name) => ALLOWED_HEADERS.includes(name) || /^x-stainless-[a-z-]+$/.test(name));
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers': allowed.join(', '),
      'access-control-max-age': '600',
    },
  });
}

/** The headers that let a page of an allowed origin read the response. */
export function listCorsHeaders(request: Request, origins: readonly string[]): Readonly<Record<string, string>> {
  const origin = request.headers.get('origin');
  if (origins.length === 0) return {};
  if (origin === null || !origins.includes(origin)) return { vary: 'origin' };
  return { vary: 'origin', 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED_HEADERS };
}
