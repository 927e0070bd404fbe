import { ConfigError, checkOptions, type OptionTable, ToolError } from '@pawl/core';
import { compileGlobs, isGlob } from '../files/glob.ts';
import { checkHostnames, type HostnamePattern, matchesHostname } from '../net/hostname-pattern.ts';

/** Requests that the tool may send to one hostname. */
export interface AllowedRequests {
  readonly hostname: HostnamePattern;
  /** Allowed methods. @defaultValue ['GET', 'HEAD'] */
  readonly methods?: readonly string[];
  /** Allowed paths from the root: `/v1/users/*` for one segment, `/v1/**` for everything below. @defaultValue all paths */
  readonly paths?: readonly string[];
}

const ALLOWED_REQUESTS: OptionTable<AllowedRequests> = {
  keys: { hostname: 'any', methods: 'texts', paths: 'texts' },
  hints: {
    host: 'The option is "hostname".',
    hosts: 'The option is "hostname", one for each entry.',
    hostnames: 'The option is "hostname", one for each entry.',
    url: 'The option is "hostname", with "paths".',
    method: 'The option is "methods", a list.',
    path: 'The option is "paths", a list.',
  },
};

interface RequestRule {
  readonly hostname: HostnamePattern;
  readonly methods: readonly string[];
  readonly matches: (path: string) => boolean;
}

/** Decides which requests are allowed. */
export class RequestRules {
  readonly #rules: readonly RequestRule[];

  /** @throws ConfigError if a hostname, a method or a path is invalid. */
  constructor(allowed: readonly AllowedRequests[], tool: string) {
    if (!Array.isArray(allowed) || allowed.length === 0) {
      throw new ConfigError(`Tool "${tool}": allow is empty. Pass [{ hostname: 'api.example.com' }].`);
    }
    this.#rules = allowed.map((each: AllowedRequests, index) => {
      return createRule(checkOptions(each, ALLOWED_REQUESTS, `Tool "${tool}", allow[${index}]`), tool);
    });
  }

  /** Throws a `ToolError` that says what is allowed. */
  check(method: string, url: URL): void {
    const path = normalizePath(url);
    const hostnameRules = this.#rules.filter(({ hostname }) => matchesHostname(url.hostname, [hostname]));
    if (hostnameRules.length === 0) {
      const hostnames = [...new Set(this.#rules.map(({ hostname }) => hostname))].join(', ');
      throw new ToolError(`${url.hostname} is not allowed. Use one of these hostnames: ${hostnames}.`);
    }
    const pathRules = hostnameRules.filter(({ matches }) => matches(path));
    if (pathRules.length === 0)
      throw new ToolError(`The path ${url.pathname} is not allowed at ${url.hostname}. Use another path.`);
    if (pathRules.some(({ methods }) => methods.includes(method))) return;
    const methods = [...new Set(pathRules.flatMap((rule) => rule.methods))].join(', ');
    throw new ToolError(`${method} is not allowed there. Use one of these methods: ${methods}.`);
  }
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

function createRule(
  { hostname, methods = ['GET', 'HEAD'], paths = ['/**'] }: AllowedRequests,
  tool: string,
): RequestRule {
  checkHostnames([hostname], tool);
  const wrongMethod = methods.find((method) => !METHODS.has(method));
  if (wrongMethod !== undefined)
    throw new ConfigError(
      `Tool "${tool}": ${JSON.stringify(wrongMethod)} is not a supported method. Pass some of: ${[...METHODS].join(', ')}.`,
    );
  const wrongPath = paths.find((path) => !path.startsWith('/') || !isGlob(path));
  if (wrongPath !== undefined)
    throw new ConfigError(
      `Tool "${tool}": ${JSON.stringify(wrongPath)} is not a path pattern. Pass one from the root, such as "/v1/users/*".`,
    );
  return { hostname, methods, matches: compileGlobs(paths.map((path) => ROOT + path)) };
}

/** A prefix for patterns and paths: without it, a pattern of one segment would match at any depth. */
const ROOT = 'root';

/** Decodes a path, and refuses one that servers read in different ways. `URL` has already resolved dots, also `%2e`. */
function normalizePath({ pathname }: URL): string {
  if (/%2f|%5c|%00|%25|\/\/|[\\;]/i.test(pathname)) {
    throw new ToolError(
      `The path ${JSON.stringify(pathname)} is ambiguous. Pass a path without encoded slashes, percent signs, semicolons and empty segments.`,
    );
  }
  try {
    return ROOT + decodeURIComponent(pathname);
  } catch {
    throw new ToolError(`The path ${JSON.stringify(pathname)} is not encoded as UTF-8. Encode it as UTF-8.`);
  }
}
