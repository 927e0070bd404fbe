import type { OAuthClientProvider } from '../sdk.ts';

type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

interface StoredResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** A refresh that succeeded: the refresh token that it used, and what it brought. */
interface Refresh {
  readonly used: string;
  readonly refreshToken: string;
  readonly accessToken: string;
  readonly response: StoredResponse;
}

/** What is known about the tokens of a provider, which stands for one user at one server. */
class TokenLedger {
  /** Refreshes under way, by the refresh token that they use. */
  readonly pending: Map<string, Promise<StoredResponse>> = new Map();
  last: Refresh | undefined;
  readonly #refused: string[] = [];

  refuse(accessToken: string): void {
    this.#refused.push(accessToken);
    if (this.#refused.length > MAX_REFUSED) this.#refused.shift();
  }

  /** Returns the last refresh, if one with this token is needless: no server has refused what it brought. */
  findUsable(refreshToken: string): StoredResponse | undefined {
    const { last } = this;
    if (last === undefined || this.#refused.includes(last.accessToken)) return undefined;
    return refreshToken === last.used || refreshToken === last.refreshToken ? last.response : undefined;
  }
}

const MAX_REFUSED = 16;

const ledgers = new WeakMap<OAuthClientProvider, TokenLedger>();

/**
 * Makes requests share one refresh of their token. The SDK refreshes for each request that is refused. Servers rotate refresh tokens, so
 * the second of two refreshes fails, and the SDK would delete the token that the first one brought.
 */
export function mergeRefreshes(send: Fetch, provider: OAuthClientProvider): Fetch {
  const ledger = ledgers.get(provider) ?? new TokenLedger();
  ledgers.set(provider, ledger);
  return async (url, init) => {
    const token = readRefreshToken(init);
    if (token === undefined) return sendWithCurrentToken({ send, provider, ledger }, url, init);
    let refreshing = ledger.pending.get(token);
    if (refreshing === undefined) {
      const usable = ledger.findUsable(token);
      refreshing = usable === undefined ? refresh(send(url, init), token, ledger) : Promise.resolve(usable);
      ledger.pending.set(token, refreshing);
    }
    try {
      const { status, headers, body } = await refreshing;
      return new Response(body, { status, headers });
    } finally {
      ledger.pending.delete(token);
    }
  };
}

async function refresh(responding: Promise<Response>, used: string, ledger: TokenLedger): Promise<StoredResponse> {
  const received = await responding;
  const body = await received.text();
  const headers = new Headers(received.headers);
  // The body is decoded by now.
  headers.delete('content-encoding');
  headers.delete('content-length');
  const response = { status: received.status, headers, body };
  const tokens = received.ok ? parseTokens(body) : undefined;
  if (tokens !== undefined) {
    const { accessToken, refreshToken = used } = tokens;
    ledger.last = { used, refreshToken, accessToken, response };
  }
  return response;
}

function parseTokens(
  body: string,
): { readonly accessToken: string; readonly refreshToken: string | undefined } | undefined {
  try {
    const { access_token: accessToken, refresh_token: refreshToken } = JSON.parse(body);
    return typeof accessToken === 'string' ? { accessToken, refreshToken } : undefined;
  } catch {
    return undefined; // The SDK reports it.
  }
}

interface TokenScope {
  readonly send: Fetch;
  readonly provider: OAuthClientProvider;
  readonly ledger: TokenLedger;
}

/** Sends a request again if its token was refused, and another request has refreshed it meanwhile. */
async function sendWithCurrentToken(
  { send, provider, ledger }: TokenScope,
  ...request: Parameters<Fetch>
): Promise<Response> {
  const [url, init] = request;
  const response = await send(url, init);
  if (response.status !== 401) return response;
  const headers = new Headers(init?.headers);
  const [, used] = /^Bearer (.+)$/.exec(headers.get('authorization') ?? '') ?? [];
  if (used === undefined) return response;
  ledger.refuse(used);
  const current = (await provider.tokens())?.access_token;
  if (current === undefined || current === used) return response;
  await response.body?.cancel();
  headers.set('authorization', `Bearer ${current}`);
  return send(url, { ...init, headers });
}

function readRefreshToken(init: RequestInit | undefined): string | undefined {
  const { body } = init ?? {};
  if (!(body instanceof URLSearchParams) && typeof body !== 'string') return undefined;
  if (typeof body === 'string' && !body.includes('grant_type=refresh_token')) return undefined;
  const parameters = new URLSearchParams(body);
  return parameters.get('grant_type') === 'refresh_token' ? (parameters.get('refresh_token') ?? undefined) : undefined;
}

/**
 * Returns a provider that deletes tokens only if they are still the ones that failed. Another process may have stored newer ones since
 * they were read.
 */
export function keepNewerTokens(provider: OAuthClientProvider): OAuthClientProvider {
  let used: string | undefined;
  return new Proxy(provider, {
    get(target, key) {
      if (key === 'tokens') {
        return async (...parameters: Parameters<OAuthClientProvider['tokens']>) => {
          const tokens = await target.tokens(...parameters);
          used = tokens?.refresh_token ?? tokens?.access_token;
          return tokens;
        };
      }
      if (key === 'invalidateCredentials' && target.invalidateCredentials !== undefined) {
        return async (...parameters: Parameters<NonNullable<OAuthClientProvider['invalidateCredentials']>>) => {
          const tokens = parameters[0] === 'tokens' ? await target.tokens() : undefined;
          const current = tokens?.refresh_token ?? tokens?.access_token;
          if (current !== undefined && current !== used) return;
          await target.invalidateCredentials?.(...parameters);
        };
      }
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
