import { ToolError } from '@pawl/core';
import robotsParser from 'robots-parser';
import type { GuardedRequest, GuardedResponse } from '../net/guarded-request.ts';

interface RobotsOptions {
  readonly userAgent: string;
  readonly headers: GuardedRequest['headers'];
  readonly send: (asked: GuardedRequest) => Promise<GuardedResponse>;
}

/** Robots read so much at the least (RFC 9309, 2.5); nobody needs more. */
const MAX_LENGTH = 512_000;

/** Rules times path, which is what matching takes in the worst case: some tenths of a second. */
const MAX_MATCH_STEPS = 50_000_000;

// It is CommonJS: what its types call the default is the module itself.
const parseRobots = robotsParser as unknown as typeof robotsParser.default;

/** What sites let robots read (RFC 9309), asked once for each site. */
export class Robots {
  readonly #options: RobotsOptions;
  readonly #sites = new Map<string, Promise<GuardedResponse>>();

  constructor(options: RobotsOptions) {
    this.#options = options;
  }

  /** A site without `robots.txt` lets everything be read. Rejects with a `ToolError` for a page that is not, and a site that fails to say. */
  async check(url: URL): Promise<void> {
    const { userAgent } = this.#options;
    const { status, body } = await this.#fetchFile(url);
    if (status >= 500) {
      throw new ToolError(
        `${url.host} can't give its robots.txt (status ${status}), so nothing is read there. Try again later.`,
      );
    }
    if (status < 200 || status > 299) return;
    const text = body.toString('utf8').slice(0, MAX_LENGTH);
    if (text.length * (url.pathname.length + url.search.length) > MAX_MATCH_STEPS) {
      throw new ToolError(
        `${url.host} has too large a robots.txt for so long an address, so it is not read. Pass a shorter one.`,
      );
    }
    const rules = parseRobots(new URL(ROBOTS_PATH, url).href, text);
    if (rules.isAllowed(url.href, userAgent) !== false) return;
    throw new ToolError(`${url.host} asks robots not to read this page (robots.txt). Read another one.`);
  }

  #fetchFile(url: URL): Promise<GuardedResponse> {
    const { send: ask, headers } = this.#options;
    const asked = this.#sites.get(url.origin) ?? ask({ url: new URL(ROBOTS_PATH, url), method: 'GET', headers });
    this.#sites.set(url.origin, asked);
    return asked;
  }
}

const ROBOTS_PATH = '/robots.txt';
