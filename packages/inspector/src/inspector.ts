import { ConfigError, type Host } from '@pawl/core';
import type { Principal } from '@pawl/serve';
import {
  checkHost,
  checkLocal,
  checkOrigin,
  HttpProblem,
  isPrincipal,
  readJsonBody,
  toProblem,
} from '@pawl/serve/access';
import { checkWrite } from './access/check-write.ts';
import { addSecurityHeaders } from './access/security-headers.ts';
import { Sessions } from './access/sessions.ts';
import type { Session } from './api.ts';
import type { InspectorOptions } from './options.ts';
import { readPage } from './page-files.ts';
import { createUnknownRouteError } from './source/problems.ts';
import type { Source } from './source/source.ts';
import { VERSION } from './version.ts';

/** A handler for the page and its data. `listen` and `toNodeHandler` of `@pawl/serve/node` take it. */
export interface Inspector {
  /** Answers a request: the handler of Bun, Deno, Workers, Hono and every other server with web standards. Never rejects. */
  readonly fetch: (request: Request) => Promise<Response>;
  /**
   * The secret that opens the page, once: the page exchanges it for a cookie, and the next reading gives another one. Without use with
   * `authorize`.
   */
  readonly token: string;
  /** Returns the address that opens the page, with the token in its fragment, which no server sees. `base`: where the inspector is mounted. */
  readonly createUrl: (base: string) => string;
  /** Whether requests are authorized by `authorize`. Without it a listener answers this machine only. */
  readonly hasAuthorize: boolean;
  readonly host: Pick<Host, 'close'>;
  readonly start: () => void;
  /** Ends every stream. Runs and their host stay as they are. */
  readonly close: () => void;
}

/** Makes the handler of an inspector over a source of runs. */
export function createInspector(
  source: Source,
  { options, host }: { readonly options: InspectorOptions; readonly host: Pick<Host, 'close'> },
): Inspector {
  const app = new InspectorApp(source, options);
  const hasAuthorize = options.authorize !== undefined;
  return {
    fetch: (request) => app.fetch(request),
    get token() {
      return app.token;
    },
    createUrl: (base) => {
      const url = new URL(base);
      if (!url.pathname.endsWith('/')) url.pathname += '/';
      url.hash = hasAuthorize ? '' : app.token;
      return url.href;
    },
    hasAuthorize,
    host,
    start: () => undefined,
    close: () => source.close(),
  };
}

class InspectorApp {
  readonly #source: Source;
  readonly #options: InspectorOptions;
  readonly #sessions = new Sessions();

  constructor(source: Source, options: InspectorOptions) {
    this.#source = source;
    this.#options = options;
  }

  get token(): string {
    return this.#sessions.token;
  }

  async fetch(request: Request): Promise<Response> {
    const response = await this.#answer(request).catch((error: unknown) => toProblem(error).toResponse());
    return addSecurityHeaders(response);
  }

  async #answer(request: Request): Promise<Response> {
    const { authorize, allowedHosts, readOnly: isReadOnly = false } = this.#options;
    checkHost(request, { hasAuthorize: authorize !== undefined, allowedHosts });
    if (authorize === undefined) checkLocal(request, { caller: 'inspect()' });
    checkOrigin(request, []);
    const path = this.#readPath(request);
    if (path instanceof Response) return path;
    const isSession = path.length === 1 && path[0] === 'session';
    checkWrite(request, { isReadOnly: isReadOnly && !isSession });
    if (isSession && request.method === 'POST' && authorize === undefined) return this.#openSession(request);
    const file = path.length === 1 ? FILES[String(path[0])] : undefined;
    if (file !== undefined && authorize === undefined) return sendFile(request, file);
    const principal = await this.#authorize(request);
    if (principal instanceof Response) return principal;
    if (file !== undefined) return sendFile(request, file);
    if (isSession) return Response.json(this.#describeSession(principal));
    return this.#source.answer({ request, principal, segments: path });
  }

  /** Reads the segments behind `basePath`. The page needs a slash at the end of its address: its own addresses are relative. */
  #readPath(request: Request): readonly string[] | Response {
    const { basePath = '' } = this.#options;
    const { pathname } = new URL(request.url);
    if (basePath !== '' && pathname === basePath)
      return new Response(null, { status: 308, headers: { location: `${basePath}/` } });
    if (!pathname.startsWith(`${basePath}/`)) throw createUnknownRouteError();
    try {
      return pathname
        .slice(basePath.length + 1)
        .split('/')
        .map(decodeURIComponent);
    } catch {
      throw createUnknownRouteError();
    }
  }

  async #openSession(request: Request): Promise<Response> {
    const { json } = await readJsonBody(request, MAX_TOKEN_BYTES);
    const token: unknown = typeof json === 'object' && json !== null && 'token' in json ? json.token : undefined;
    if (typeof token !== 'string') {
      throw new HttpProblem('"token" is missing. Send { "token": "…" }.', {
        status: 400,
        param: 'token',
        code: 'invalid_value',
      });
    }
    const cookie = await this.#sessions.open(request, token);
    return new Response(null, { status: 204, headers: { 'set-cookie': cookie } });
  }

  async #authorize(request: Request): Promise<Principal | Response> {
    const { authorize } = this.#options;
    if (authorize !== undefined) {
      const principal: unknown = await Promise.resolve(authorize(request)); // A function may return it at once.
      if (principal instanceof Response) return principal;
      // A function in JavaScript that returns nothing must not let everyone in.
      if (isPrincipal(principal)) return principal;
      throw new ConfigError(
        'inspect(): authorize returned no principal. Return { id: "ada" }, or a Response that refuses the request.',
      );
    }
    if (await this.#sessions.has(request)) return OPERATOR;
    throw new HttpProblem('There is no session. Open the address that the inspector prints.', {
      status: 401,
      code: 'inspector.session',
    });
  }

  #describeSession({ id, tenant }: Principal): Session {
    const { readOnly: isReadOnly = false, title } = this.#options;
    const { abilities } = this.#source;
    return {
      version: VERSION,
      ...abilities,
      hasReplay: abilities.hasReplay && !isReadOnly,
      ...(title !== undefined && { title }),
      isReadOnly,
      principal: { id, ...(tenant !== undefined && { tenant }) },
    };
  }
}

/** Everyone who has the token. */
const OPERATOR: Principal = { id: 'operator', isOperator: true };

const MAX_TOKEN_BYTES = 1_024;

type PageFile = readonly [name: 'html' | 'js' | 'css', type: string];

const HTML: PageFile = ['html', 'text/html; charset=utf-8'];

const FILES: Readonly<Record<string, PageFile>> = {
  '': HTML,
  'index.html': HTML,
  'inspector.js': ['js', 'text/javascript; charset=utf-8'],
  'inspector.css': ['css', 'text/css; charset=utf-8'],
};

async function sendFile({ method }: Request, [name, type]: PageFile): Promise<Response> {
  if (method !== 'GET' && method !== 'HEAD') {
    throw new HttpProblem(`${method} is not allowed here. Use GET.`, {
      status: 405,
      code: 'method.unknown',
      headers: { allow: 'GET, HEAD' },
    });
  }
  const files = await readPage();
  return new Response(files[name], { headers: { 'content-type': type } });
}
