import { computeDigest, HttpProblem, isEqual, readHost } from '@pawl/serve/access';

/**
 * Sessions of pages. A token is exchanged once for a cookie; then the next token is made.
 *
 * Secrets have 256 bits and are compared in constant time. They are in the memory of this process only.
 */
export class Sessions {
  readonly #salt = crypto.getRandomValues(new Uint8Array(32));
  #token = createSecret();
  #digests: readonly Uint8Array[] = [];

  /** The token that the next page may exchange. */
  get token(): string {
    return this.#token;
  }

  /** Exchanges a token for the header that sets the cookie. @throws HttpProblem 401 for another token, and for one that was exchanged before */
  async open(request: Request, given: string): Promise<string> {
    const token = this.#token;
    const isRight = isEqual(await this.#compute(given), await this.#compute(token));
    // Another page may have exchanged it meanwhile.
    if (!isRight || token !== this.#token) {
      throw new HttpProblem('The token is wrong, or was used before. Open the address that the inspector prints now.', {
        status: 401,
        code: 'inspector.token',
      });
    }
    this.#token = createSecret();
    const secret = createSecret();
    this.#digests = [...this.#digests, await this.#compute(secret)].slice(-MAX_SESSIONS);
    const isSecure = new URL(request.url).protocol === 'https:';
    return `${nameCookie(request)}=${secret}; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  }

  /** Whether a request has the cookie of a session. */
  async has(request: Request): Promise<boolean> {
    const name = `${nameCookie(request)}=`;
    const cookies = (request.headers.get('cookie') ?? '').split(/;\s*/);
    let isKnown = false;
    for (const cookie of cookies.filter((each) => each.startsWith(name)).slice(0, MAX_COOKIES)) {
      const digest = await this.#compute(cookie.slice(name.length));
      for (const each of this.#digests) if (isEqual(each, digest)) isKnown = true;
    }
    return isKnown;
  }

  #compute(secret: string): Promise<Uint8Array> {
    return computeDigest(secret, this.#salt);
  }
}

/** When there are more, the oldest ends. */
const MAX_SESSIONS = 100;

/** A page of the same site may set cookies of the same name. */
const MAX_COOKIES = 5;

/** Browsers send a cookie to every port of a host: its name keeps those of several inspectors apart. */
function nameCookie(request: Request): string {
  const [, port] = /:(\d+)$/.exec(readHost(request)) ?? [];
  return `pawl-inspector-${port ?? (new URL(request.url).protocol === 'https:' ? '443' : '80')}`;
}

function createSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}
