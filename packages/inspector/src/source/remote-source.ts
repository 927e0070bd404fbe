import type { LimitName, Usage } from '@pawl/core';
import { ConfigError } from '@pawl/core';
import { HttpProblem } from '@pawl/serve/access';
import type { AgentList, BudgetView, LimitView, ReplayList } from '../api.ts';
import type { InspectUrlOptions } from '../options.ts';
import { checkMethod, createUnknownRouteError } from './problems.ts';
import type { Source, SourceRequest } from './source.ts';

/** The runs of another server, by its runs API: what its principal may see, without the wire and the agents. */
export class RemoteSource implements Source {
  readonly abilities: Source['abilities'] = { source: 'server', hasWire: false, hasAgents: false, hasReplay: false };
  readonly #base: string;
  readonly #token: string | undefined;
  readonly #fetch: typeof globalThis.fetch;
  readonly #closing = new AbortController();

  /** @throws ConfigError for an address that is none, or that would send the token in the clear */
  constructor(address: string | URL, { token, fetch = globalThis.fetch }: InspectUrlOptions) {
    this.#base = readBase(address, token !== undefined);
    this.#token = token;
    this.#fetch = fetch;
  }

  async answer({ request, segments }: SourceRequest): Promise<Response> {
    const [first, id, ...more] = segments;
    if (first === 'v1') return this.#forward(request, segments);
    checkMethod(request, 'GET');
    if (first === 'agents' && id === undefined) return Response.json({ data: [] } satisfies AgentList);
    if (first === 'replays' && id === undefined) return Response.json({ data: [] } satisfies ReplayList);
    if (first === 'budget' && id !== undefined && more.length === 0) return this.#showBudget(id);
    throw createUnknownRouteError();
  }

  close(): void {
    this.#closing.abort();
  }

  async #forward(request: Request, segments: readonly string[]): Promise<Response> {
    const { method, headers, body, signal } = request;
    const { search } = new URL(request.url);
    const sent = new Headers();
    for (const name of REQUEST_HEADERS) {
      const value = headers.get(name);
      if (value !== null) sent.set(name, value);
    }
    const response = await this.#send(`/${segments.map(encodeURIComponent).join('/')}${search}`, {
      method,
      headers: sent,
      signal: AbortSignal.any([signal, this.#closing.signal]),
      ...(body !== null && { body, duplex: 'half' }),
    });
    const kept = new Headers();
    for (const name of RESPONSE_HEADERS) {
      const value = response.headers.get(name);
      if (value !== null) kept.set(name, value);
    }
    return new Response(response.body, { status: response.status, headers: kept });
  }

  async #send(path: string, init: RequestInit & { readonly headers: Headers }): Promise<Response> {
    if (this.#token !== undefined) init.headers.set('authorization', `Bearer ${this.#token}`);
    const send = this.#fetch;
    const response = await send(`${this.#base}${path}`, { ...init, redirect: 'error' }).catch((cause: unknown) => {
      throw new HttpProblem(`The server ${this.#base} cannot be reached, or redirects.`, {
        status: 502,
        code: 'inspector.unreachable',
        cause,
      });
    });
    if (response.status !== 401) return response;
    await response.body?.cancel();
    // 401 would tell the page that its own session has ended.
    throw new HttpProblem(`The server ${this.#base} refuses the token.`, { status: 502, code: 'inspector.refused' });
  }

  /** What the server says of the run as a whole: it does not tell the limits. */
  async #showBudget(runId: string): Promise<Response> {
    const response = await this.#send(`/v1/runs/${encodeURIComponent(runId)}`, { headers: new Headers() });
    if (!response.ok)
      return new Response(response.body, { status: response.status, headers: { 'content-type': 'application/json' } });
    const { agent, usage, outcome } = (await response.json()) as RemoteRun; // A server of Pawl sends it.
    const limits = listSpent(usage, outcome).map(
      ([name, spent = 0]): LimitView => ({
        name,
        max: outcome?.status === 'limited' && outcome.limit === name ? (outcome.max ?? null) : null,
        spent,
        reserved: null,
        left: null,
        spentBy: spent > 0 ? [{ agent, spent }] : [],
      }),
    );
    return Response.json({ runId, limits, isHere: false } satisfies BudgetView);
  }
}

interface RemoteRun {
  readonly agent: string;
  readonly usage: Usage | null;
  readonly outcome: {
    readonly status: string;
    readonly limit?: string;
    readonly max?: number;
    readonly turnCount?: number;
    readonly toolCallCount?: number;
    readonly durationMs?: number;
  } | null;
}

function listSpent(
  usage: RemoteRun['usage'],
  outcome: RemoteRun['outcome'],
): readonly (readonly [name: LimitName, spent: number | undefined])[] {
  return [
    ['turns', outcome?.turnCount],
    ['toolCalls', outcome?.toolCallCount],
    ['requests', usage?.requests],
    ['tokens', usage?.totalTokens],
    ['cost', usage?.cost],
    ['durationMs', outcome?.durationMs],
  ];
}

/** Never the cookie, which is a secret of this inspector. */
const REQUEST_HEADERS = ['accept', 'content-type', 'idempotency-key', 'last-event-id'];

const RESPONSE_HEADERS = ['allow', 'cache-control', 'content-type', 'pawl-run-id', 'retry-after', 'x-request-id'];

function readBase(address: string | URL, hasToken: boolean): string {
  const text = String(address);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    (url.protocol !== 'http:' && url.protocol !== 'https:') ||
    url.username !== '' ||
    url.password !== ''
  ) {
    throw new ConfigError(
      `inspectUrl(): the address is ${JSON.stringify(text)}. Pass the address of a server, such as "https://agents.example.com", and the key as token.`,
    );
  }
  if (hasToken && url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new ConfigError(
      `inspectUrl(): the token would be sent to ${url.host} without encryption. Use https, or a server on this machine.`,
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d+){3}$/.test(hostname)
  );
}
