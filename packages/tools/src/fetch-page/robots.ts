import { ToolError } from '@pawl/core';
import robotsParser from 'robots-parser';
import type { GuardedRequest, GuardedResponse } from '../net/send-guarded-request.ts';

interface RobotsOptions {
  readonly userAgent: string;
  readonly headers: GuardedRequest['headers'];
  readonly send: (asked: GuardedRequest) => Promise<GuardedResponse>;
}

/** The minimum that a robot must read (RFC 9309, 2.5). */
const MAX_LENGTH = 512_000;

/** Length of the rules times length of the path: the worst case of matching. So many steps take some tenths of a second. */
const MAX_MATCH_STEPS = 50_000_000;

// The package is CommonJS: its types call the module itself "default".
const parseRobots = robotsParser as unknown as typeof robotsParser.default;

/** Checks addresses against each site's `robots.txt` (RFC 9309), which is fetched once. */
export class Robots {
  readonly #options: RobotsOptions;
  readonly #sites = new Map<string, Promise<GuardedResponse>>();

  constructor(options: RobotsOptions) {
    this.#options = options;
  }

  /** Rejects with a `ToolError` if the site forbids the page, or fails to return its `robots.txt`. A site without one allows every page. */
  async check(url: URL): Promise<void> {
    const { userAgent } = this.#options;
    const { status, body } = await this.#fetchFile(url);
    if (status >= 500) {
      throw new ToolError(
        `${url.host} cannot return its robots.txt (status ${status}), so the page was not fetched. Try again later.`,
      );
    }
    if (status < 200 || status > 299) return;
    const text = body.toString('utf8').slice(0, MAX_LENGTH);
    if (text.length * (url.pathname.length + url.search.length) > MAX_MATCH_STEPS) {
      throw new ToolError(
        `${url.host} has a robots.txt that is too large for such a long address, so the page was not fetched. Pass a shorter address.`,
      );
    }
    const rules = parseRobots(new URL(ROBOTS_PATH, url).href, text);
    if (rules.isAllowed(url.href, userAgent) !== false) return;
    throw new ToolError(`${url.host} forbids robots to fetch this page (robots.txt). Fetch another page.`);
  }

  #fetchFile(url: URL): Promise<GuardedResponse> {
    const { send: ask, headers } = this.#options;
    const response = this.#sites.get(url.origin) ?? ask({ url: new URL(ROBOTS_PATH, url), method: 'GET', headers });
    this.#sites.set(url.origin, response);
    return response;
  }
}

const ROBOTS_PATH = '/robots.txt';
