import { type Host, memoryHost } from '@pawl/core';
import { createUnauthorizedError } from './access/bearer.ts';
import { checkHost, checkLocal } from './access/check-host.ts';
import { answerPreflight, checkOrigin, listCorsHeaders } from './access/check-origin.ts';
import { Gate } from './access/gate.ts';
import { formatOwner } from './access/owner.ts';
import { isPrincipal, type Principal } from './access/principal.ts';
import { readJsonBody } from './access/read-body.ts';
import type { Handle, RequestContext } from './context.ts';
import { handleChat } from './faces/chat.ts';
import { handleConversation } from './faces/conversations.ts';
import { handleModels } from './faces/models.ts';
import { handleResponses } from './faces/responses.ts';
import { handleRuns } from './faces/runs.ts';
import { handleUi } from './faces/ui.ts';
import { type RequestReport, readServeOptions, type ServeOptions, type ServeSettings } from './options.ts';
import { createJsonResponse } from './protocol/json-response.ts';
import { toProblem } from './protocol/outcome-problem.ts';
import { HttpProblem } from './protocol/problem.ts';
import { findRoute, type Route } from './routes.ts';
import { AgentDirectory, indexAgents, type ServedAgent } from './runs/agent-directory.ts';
import { RunControl } from './runs/run-control.ts';
import { RunRegistry } from './runs/run-registry.ts';
import { startTimer } from './runs/start-timer.ts';

/** Agents over HTTP. */
export interface Server {
  /** Answers a request: the handler of Bun, Deno, Workers, Hono and every other server with web standards. Never rejects. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Whether requests are authorized. Without it, a listener answers this machine only. */
  readonly hasAuthorize: boolean;
  readonly host: Host;
  /** Begins to resume runs that wait to be resumed. The first request does it too. */
  readonly start: () => void;
  /**
   * Ends every stream and resumes no more runs. Runs stay as they are: close the host to release them.
   * A client of the runs API reads on with its cursor, from any process.
   */
  readonly close: () => void;
}

/**
 * Serves agents over HTTP: Chat Completions, a runs API and the AI SDK's UI message stream.
 *
 * @throws ConfigError for invalid options.
 *
 * @example
 * const server = serve({ agents: [support], host, authorize: bearer({ [key]: { id: 'ada' } }) });
 * export default { fetch: server.fetch };
 */
export function serve(options: ServeOptions): Server {
  const settings = readServeOptions(options, memoryHost);
  const created = Math.floor(settings.clock.now() / 1_000);
  const agents = indexAgents(options.agents, { created, plainModels: settings.plainModels });
  const registry = new RunRegistry({ agents, settings });
  const app = new App({ settings, agents, registry });
  return {
    fetch: (request) => app.fetch(request),
    hasAuthorize: settings.authorize !== undefined,
    host: settings.host,
    start: () => app.start(),
    close: () => app.close(),
  };
}

interface AppParts {
  readonly settings: ServeSettings;
  readonly agents: ReadonlyMap<string, ServedAgent>;
  readonly registry: RunRegistry;
}

/** What a request turned out to be, for `onRequest` and the headers of the response. */
interface Trail {
  readonly requestId: string;
  readonly startedAt: number;
  route: string;
  owner?: string;
  runId?: string;
  error?: unknown;
}

class App {
  readonly #settings: ServeSettings;
  readonly #directory: AgentDirectory;
  readonly #registry: RunRegistry;
  readonly #control: RunControl;
  readonly #streams: Gate;
  #stopTimer: (() => void) | undefined;
  #isClosed = false;

  constructor({ settings, agents, registry }: AppParts) {
    this.#settings = settings;
    this.#directory = new AgentDirectory(agents);
    this.#registry = registry;
    this.#control = new RunControl(registry, settings);
    this.#streams = new Gate(settings.maxStreams, 'open streams');
  }

  /** Lazily: some runtimes allow no timer before the first request. */
  start(): void {
    if (this.#isClosed) return;
    this.#stopTimer ??= startTimer({ registry: this.#registry, settings: this.#settings });
  }

  close(): void {
    this.#isClosed = true;
    this.#stopTimer?.();
    this.#registry.close();
  }

  async fetch(request: Request): Promise<Response> {
    this.start();
    const trail: Trail = { requestId: crypto.randomUUID(), startedAt: this.#settings.clock.now(), route: 'unknown' };
    const response = await this.#answer(request, trail).catch((error: unknown) => {
      const problem = toProblem(error);
      if (problem.status >= 500) trail.error = error;
      return problem.toResponse();
    });
    const whole = withHeaders(response, this.#listHeaders(request, trail));
    this.#report(request, { trail, status: whole.status });
    return whole;
  }

  async #answer(request: Request, trail: Trail): Promise<Response> {
    const settings = this.#settings;
    const { authorize, allowedHosts, cors, limit } = settings;
    checkHost(request, { hasAuthorize: authorize !== undefined, allowedHosts });
    const preflight = answerPreflight(request, cors.origins);
    if (preflight !== undefined) return preflight;
    checkOrigin(request, cors.origins);
    const url = new URL(request.url);
    const route = findRoute(url.pathname, settings);
    trail.route = route.template;
    if (route.template === '/healthz') return this.#answerHealth(request);
    const principal = await this.#authorize(request);
    if (principal instanceof Response) return principal;
    trail.owner = formatOwner(principal);
    const refusing = limit(principal, request);
    const refusal = refusing instanceof Promise ? await refusing : refusing;
    if (refusal !== undefined) return refusal;
    const context = this.#createContext(request, { trail, principal, url, segments: route.segments });
    return chooseHandle(route, request.method)(context);
  }

  async #authorize(request: Request): Promise<Principal | Response> {
    const { authorize } = this.#settings;
    if (authorize === undefined) {
      checkLocal(request);
      return { id: 'local', isOperator: true };
    }
    const principal: unknown = await Promise.resolve(authorize(request)); // A function may return it at once.
    if (principal instanceof Response) return principal;
    // A function in JavaScript that returns nothing must not let everyone in.
    if (isPrincipal(principal)) return principal;
    throw createUnauthorizedError('The request is not authorized.');
  }

  #answerHealth({ method }: Request): Response {
    if (method !== 'GET' && method !== 'HEAD') throw createMethodError(method, 'GET');
    return createJsonResponse({ status: this.#isClosed ? 'closing' : 'ok' }, { status: this.#isClosed ? 503 : 200 });
  }

  #createContext(
    request: Request,
    { trail, principal, url, segments }: { trail: Trail; principal: Principal; url: URL; segments: readonly string[] },
  ): RequestContext {
    return {
      request,
      segments,
      query: url.searchParams,
      principal,
      owner: formatOwner(principal),
      agents: this.#directory.restrictTo(principal),
      runs: this.#registry,
      control: this.#control,
      settings: this.#settings,
      streams: this.#streams,
      readBody: () => readJsonBody(request, this.#settings.maxBodyBytes),
      setRun: (runId) => {
        trail.runId = runId;
      },
    };
  }

  #listHeaders(request: Request, { requestId, runId }: Trail): Readonly<Record<string, string>> {
    return {
      'x-request-id': requestId,
      'x-content-type-options': 'nosniff',
      ...(runId !== undefined && { 'pawl-run-id': encodeURIComponent(runId) }),
      ...listCorsHeaders(request, this.#settings.cors.origins),
    };
  }

  #report({ method }: Request, { trail, status }: { readonly trail: Trail; readonly status: number }): void {
    const { startedAt, route, owner, runId, requestId, error } = trail;
    const report: RequestReport = {
      method,
      route,
      status,
      durationMs: this.#settings.clock.now() - startedAt,
      requestId,
      ...(owner !== undefined && { owner }),
      ...(runId !== undefined && { runId }),
      ...(error !== undefined && { error }),
    };
    try {
      this.#settings.onRequest(report);
    } catch {
      // An error of an observer is no error of the request.
    }
  }
}

/** Chooses who answers a route. @throws HttpProblem 404, 405 */
function chooseHandle({ template, face, methods }: Route, method: string): Handle {
  if (!methods.includes(method)) throw createMethodError(method, methods.join(', '));
  switch (face) {
    case 'models':
      return handleModels;
    case 'chat':
      return handleChat;
    case 'runs':
      return handleRuns;
    case 'conversations':
      return handleConversation;
    case 'ui':
      return handleUi;
    case 'responses':
      return handleResponses;
    case 'none':
      throw new HttpProblem(`There is no ${template}.`, { status: 404, code: 'route.unknown' });
  }
}

function createMethodError(method: string, allowed: string): HttpProblem {
  return new HttpProblem(`${method} is not allowed here. Use ${allowed}.`, {
    status: 405,
    code: 'method.unknown',
    headers: { allow: allowed },
  });
}

/** Adds headers. */
function withHeaders(response: Response, headers: Readonly<Record<string, string>>): Response {
  try {
    setHeaders(response.headers, headers);
    return response;
  } catch {
    // Those of a response that comes from `fetch` cannot be changed.
    const { body, status, statusText } = response;
    const copy = new Response(body, { status, statusText, headers: response.headers });
    setHeaders(copy.headers, headers);
    return copy;
  }
}

function setHeaders(headers: Headers, added: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(added)) headers.set(name, value);
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
}
