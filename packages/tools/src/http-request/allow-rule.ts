import { ConfigError, checkOptions, type OptionTable, ToolError } from '@pawl/core';
import { compileGlobs, isGlob } from '../files/glob.ts';
import { checkHosts, type HostnamePattern, matchesHost } from '../net/host-rule.ts';

/** What may be asked of whom. */
export interface AllowedRequests {
  readonly host: HostnamePattern;
  /** @defaultValue ['GET', 'HEAD'] */
  readonly methods?: readonly string[];
  /** From the root: `/v1/users/*` for one segment, `/v1/**` for all below. @defaultValue all */
  readonly paths?: readonly string[];
}

const ALLOWED: OptionTable<AllowedRequests> = {
  keys: { host: 'any', methods: 'texts', paths: 'texts' },
  hints: {
    hosts: 'The option is "host", one for each entry.',
    hostname: 'The option is "host".',
    url: 'The option is "host", with "paths".',
    method: 'The option is "methods", a list.',
    path: 'The option is "paths", a list.',
  },
};

interface Rule {
  readonly host: HostnamePattern;
  readonly methods: readonly string[];
  readonly matches: (path: string) => boolean;
}

/** Which requests may be made; all others may not. */
export class AllowRule {
  readonly #rules: readonly Rule[];

  /** @throws ConfigError for hosts, methods and paths that are none. */
  constructor(allowed: readonly AllowedRequests[], tool: string) {
    if (!Array.isArray(allowed) || allowed.length === 0) {
      throw new ConfigError(`Tool "${tool}": allow names nothing. Pass [{ host: 'api.example.com' }].`);
    }
    this.#rules = allowed.map((each: AllowedRequests, index) => {
      return ruleOf(checkOptions(each, ALLOWED, `Tool "${tool}", allow[${index}]`), tool);
    });
  }

  /** Rejects with a `ToolError` that says what may be asked instead. */
  check(method: string, url: URL): void {
    const path = plainPath(url);
    const ofHost = this.#rules.filter(({ host }) => matchesHost(url.hostname, [host]));
    if (ofHost.length === 0) {
      const hosts = [...new Set(this.#rules.map(({ host }) => host))].join(', ');
      throw new ToolError(`${url.hostname} may not be asked. These hosts may: ${hosts}.`);
    }
    const ofPath = ofHost.filter(({ matches }) => matches(path));
    if (ofPath.length === 0) throw new ToolError(`${url.hostname} may not be asked for ${url.pathname}.`);
    if (ofPath.some(({ methods }) => methods.includes(method))) return;
    const methods = [...new Set(ofPath.flatMap((rule) => rule.methods))].join(', ');
    throw new ToolError(`${method} may not be used there. These methods may: ${methods}.`);
  }
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

function ruleOf({ host, methods = ['GET', 'HEAD'], paths = ['/**'] }: AllowedRequests, tool: string): Rule {
  checkHosts([host], tool);
  const wrong = methods.find((method) => !METHODS.has(method));
  if (wrong !== undefined)
    throw new ConfigError(
      `Tool "${tool}": ${JSON.stringify(wrong)} is no method. Pass some of: ${[...METHODS].join(', ')}.`,
    );
  const odd = paths.find((path) => !path.startsWith('/') || !isGlob(path));
  if (odd !== undefined)
    throw new ConfigError(
      `Tool "${tool}": ${JSON.stringify(odd)} is no path. Pass one from the root, such as "/v1/users/*".`,
    );
  return { host, methods, matches: compileGlobs(paths.map((path) => ROOT + path)) };
}

/** So that a pattern of one segment is one from the root, and not a name at any depth. */
const ROOT = 'root';

/** What two servers could read as two paths is read as none. `URL` has resolved dots by now, also written as `%2e`. */
function plainPath({ pathname }: URL): string {
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
