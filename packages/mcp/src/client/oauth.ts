import type { OAuthClientProvider } from '../sdk.ts';

type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

interface StoredResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Refreshes under way or done, by the refresh token that they use. Kept per provider, which stands for one user at one server. */
const refreshes = new WeakMap<OAuthClientProvider, Map<string, Promise<StoredResponse>>>();

/** How many finished refreshes are remembered for requests that began before them. */
const MAX_REMEMBERED = 8;

/**
 * Makes concurrent requests share one refresh of their token. Servers rotate refresh tokens: the second of two refreshes fails, and the SDK
 * would then delete the token that the first one got.
 */
export function mergeRefreshes(send: Fetch, provider: OAuthClientProvider): Fetch {
  let shared = refreshes.get(provider);
  if (shared === undefined) {
    shared = new Map();
    refreshes.set(provider, shared);
  }
  const known = shared;
  return async (url, init) => {
    const token = readRefreshToken(init);
    if (token === undefined) return send(url, init);
    const key = `${url} ${token}`;
    let refresh = known.get(key);
    if (refresh === undefined) {
      refresh = send(url, init).then(storeResponse);
      remember(known, key, refresh);
    }
    const { status, headers, body } = await refresh;
    return new Response(body, { status, headers });
  };
}

function remember(known: Map<string, Promise<StoredResponse>>, key: string, refresh: Promise<StoredResponse>): void {
  known.set(key, refresh);
  const [oldest] = known.keys();
  if (known.size > MAX_REMEMBERED && oldest !== undefined) known.delete(oldest);
  // A refresh that failed may be tried again.
  const forget = (): void => {
    if (known.get(key) === refresh) known.delete(key);
  };
  refresh.then(({ status }) => {
    if (status >= 400) forget();
  }, forget);
}

async function storeResponse(response: Response): Promise<StoredResponse> {
  const headers = new Headers(response.headers);
  // The body is decoded by now.
  headers.delete('content-encoding');
  headers.delete('content-length');
  return { status: response.status, headers, body: await response.text() };
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
