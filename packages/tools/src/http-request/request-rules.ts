import { ConfigError, checkOptions, type OptionTable, ToolError } from '@pawl/core';
import { compileGlobs, isGlob } from '../files/glob.ts';
import { checkHostnames, type HostnamePattern, matchesHostname } from '../net/hostname-pattern.ts';

/** What may be asked of whom. */
export interface AllowedRequests {
  readonly hostname: HostnamePattern;
  /** @defaultValue ['GET', 'HEAD'] */
  readonly methods?: readonly string[];
  /** From the root: `/v1/users/*` for one segment, `/v1/**` for all below. @defaultValue all */
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

/** Which requests may be made; all others may not. */
export class RequestRules {
  readonly #rules: readonly RequestRule[];

  /** @throws ConfigError for hosts, methods and paths that are none. */
  constructor(allowed: readonly AllowedRequests[], tool: string) {
    if (!Array.isArray(allowed) || allowed.length === 0) {
      throw new ConfigError(`Tool "${tool}": allow names nothing. Pass [{ hostname: 'api.example.com' }].`);
    }
    this.#rules = allowed.map((each: AllowedRequests, index) => {
      return createRule(checkOptions(each, ALLOWED_REQUESTS, `Tool "${tool}", allow[${index}]`), tool);
    });
  }

  /** Rejects with a `ToolError` that says what may be asked instead. */
  check(method: string, url: URL): void {
    const path = normalizePath(url);
    const hostnameRules = this.#rules.filter(({ hostname }) => matchesHostname(url.hostname, [hostname]));
    if (hostnameRules.length === 0) {
      const hostnames = [...new Set(this.#rules.map(({ hostname }) => hostname))].join(', ');
      throw new ToolError(`${url.hostname} may not be asked. Use one of these hostnames: ${hostnames}.`);
    }
    const pathRules = hostnameRules.filter(({ matches }) => matches(path));
    if (pathRules.length === 0) throw new ToolError(`${url.hostname} may not be asked for ${url.pathname}.`);
    if (pathRules.some(({ methods }) => methods.includes(method))) return;
    const methods = [...new Set(pathRules.flatMap((rule) => rule.methods))].join(', ');
    throw new ToolError(`${method} may not be used there. These methods may: ${methods}.`);
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
      `Tool "${tool}": ${JSON.stringify(wrongMethod)} is no method. Pass some of: ${[...METHODS].join(', ')}.`,
    );
  const wrongPath = paths.find((path) => !path.startsWith('/') || !isGlob(path));
  if (wrongPath !== undefined)
    throw new ConfigError(
      `Tool "${tool}": ${JSON.stringify(wrongPath)} is no path. Pass one from the root, such as "/v1/users/*".`,
    );
  return { hostname, methods, matches: compileGlobs(paths.map((path) => ROOT + path)) };
}

/** So that a pattern of one segment is one from the root, and not a name at any depth. */
const ROOT = 'root';

/** What two servers could read as two paths is read as none. `URL` has resolved dots by now, also written as `%2e`. */
function normalizePath({ pathname }: URL): string {
  if (/%2f|%5c|%00|%25|\/\/|[\\;]/i.test(pathname)) {
    throw new ToolError(
      `The path ${JSON.stringify(pathname)} can be read in two ways. Pass one without encoded slashes, percent signs, semicolons and empty segments.`,
    );
  }
  try {
    return ROOT + decodeURIComponent(pathname);
  } catch {
    throw new ToolError(`The path ${JSON.stringify(pathname)} is not encoded as UTF-8.`);
  }
}
