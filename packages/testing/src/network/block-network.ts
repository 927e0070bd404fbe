import { isIP, Socket } from 'node:net';

export interface BlockNetworkOptions {
  /** Hosts that may be reached beside this machine: `db.test`, `10.0.0.7`. @defaultValue none */
  readonly allow?: readonly string[];
}

/** A test reached for the network. Its code is `ERR_NETWORK_BLOCKED`. */
export class NetworkBlockedError extends Error {
  override readonly name = 'NetworkBlockedError';
  readonly code = 'ERR_NETWORK_BLOCKED';

  constructor(target: string) {
    super(
      `A test reached for ${target}. Give the agent a scripted model or the offline server, or allow the host: blockNetwork({ allow: [${JSON.stringify(target.replace(/:\d+$/, ''))}] }).`,
    );
  }
}

/**
 * From now on no socket of this process reaches another machine: its connection fails with a `NetworkBlockedError`. Loopback addresses and
 * sockets of the file system stay open, for servers that tests start. Covers `fetch`, `node:http`, `node:https` and whatever else is made of
 * `node:net`; neither UDP nor child processes. Gives back how to end it; it ends where the last one who asked for it has ended it.
 */
export function blockNetwork({ allow = [] }: BlockNetworkOptions = {}): () => void {
  const rule: Rule = { allow: new Set(allow.map((host) => host.toLowerCase())) };
  rules.add(rule);
  Socket.prototype.connect = connect;
  return () => {
    rules.delete(rule);
    if (rules.size === 0) Socket.prototype.connect = original;
  };
}

interface Rule {
  readonly allow: ReadonlySet<string>;
}

const rules = new Set<Rule>();
const original = Socket.prototype.connect;

function connect(this: Socket, ...args: unknown[]): Socket {
  const target = targetOf(args);
  if (target === undefined || isAllowed(target.host)) return Reflect.apply(original, this, args);
  // As a name that leads nowhere: Node fails the connection when whoever asked has had the time to listen.
  const error = new NetworkBlockedError(`${target.host}:${target.port}`);
  const lookup = (_: string, __: object, done: (error: Error) => void): void => void setImmediate(done, error);
  return Reflect.apply(original, this, [{ host: 'blocked.invalid', port: 1, lookup }]);
}

interface Target {
  readonly host: string;
  readonly port: string;
}

/** `undefined`: a path in the file system. `connect` takes options, a port and a host, or, from inside Node, both in a list. */
function targetOf([first, second]: readonly unknown[]): Target | undefined {
  const given: unknown = Array.isArray(first) ? first[0] : first;
  if (typeof given === 'object' && given !== null) {
    const { host, port, path } = given as { readonly host?: unknown; readonly port?: unknown; readonly path?: unknown }; // Whatever it is, it may have these.
    if (typeof path === 'string') return undefined;
    return { host: String(host ?? 'localhost'), port: String(port) };
  }
  if (typeof given === 'string' && !/^\d+$/.test(given)) return undefined;
  return { host: typeof second === 'string' ? second : 'localhost', port: String(given) };
}

function isAllowed(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1') return true;
  if (isIP(name) === 4 && name.startsWith('127.')) return true;
  return [...rules].some(({ allow }) => allow.has(name));
}
