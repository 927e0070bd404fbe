import { Socket as UdpSocket } from 'node:dgram';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import { checkOptions, type OptionTable } from '@pawl/core';
import { addBrand, hasBrand } from '@pawl/core/host';
import { isThisMachine, readTcpTarget, readUdpTarget } from './targets.ts';

export interface BlockNetworkOptions {
  /** Hostnames that stay reachable besides this machine: `db.test`, `10.0.0.7`. @defaultValue none */
  readonly allow?: readonly string[];
}

/** A test tried to reach the network. Its code is `ERR_NETWORK_BLOCKED`. */
export class NetworkBlockedError extends Error {
  override readonly name = 'NetworkBlockedError';
  readonly code = 'ERR_NETWORK_BLOCKED';

  constructor(target: string) {
    super(
      `A test tried to reach ${target}. Give the agent a scripted model or the offline server, or allow the host: blockNetwork({ allow: [${JSON.stringify(target.replace(/:\d+$/, ''))}] }).`,
    );
    addBrand(this, 'NetworkBlockedError');
  }

  static isInstance(error: unknown): error is NetworkBlockedError {
    return hasBrand(error, 'NetworkBlockedError');
  }
}

/**
 * Blocks connections of this process to other machines, and DNS lookups: they fail with a `NetworkBlockedError`.
 *
 * - Blocks `fetch`, `node:http`, `node:https`, `node:tls` and everything else on `node:net`; `node:dgram`; `node:dns`.
 * - Loopback addresses and file system sockets stay open, for servers that tests start.
 * - Does not block child processes, worker threads and instances of `dns.Resolver`.
 *
 * Returns a function that ends the block. With several blocks, the network opens when the last one ends.
 */
export function blockNetwork(options: BlockNetworkOptions = {}): () => void {
  const { allow = [] } = checkOptions(options, BLOCK_NETWORK, 'blockNetwork');
  const rule = { allow: new Set(allow.map((host) => host.toLowerCase())) };
  if (rules.size === 0) block();
  rules.add(rule);
  return () => {
    if (rules.delete(rule) && rules.size === 0) unblock();
  };
}

const BLOCK_NETWORK: OptionTable<BlockNetworkOptions> = {
  keys: { allow: 'texts' },
  hints: { hosts: 'The option is "allow".', except: 'The option is "allow".' },
};

const rules = new Set<{ readonly allow: ReadonlySet<string> }>();

function isAllowed(hostname: string): boolean {
  return isThisMachine(hostname) || [...rules].some(({ allow }) => allow.has(hostname.toLowerCase()));
}

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;
type FunctionHolder = Record<string, AnyFunction>;

/** Node's own functions, by the object that holds them. */
const originals = new Map<FunctionHolder, Map<string, AnyFunction>>();

function block(): void {
  replace(Socket.prototype, { connect });
  replace(UdpSocket.prototype, { send, connect: connectUdp });
  replace(dns, Object.fromEntries(DNS_NAMES.map((name) => [name, lookUp])));
  replace(dns.promises, Object.fromEntries(DNS_NAMES.map((name) => [name, lookUpByPromise])));
  // Updates the named exports of `node:dns`.
  syncBuiltinESMExports();
}

function unblock(): void {
  for (const [holder, kept] of originals) Object.assign(holder, Object.fromEntries(kept));
  originals.clear();
  syncBuiltinESMExports();
}

const DNS_NAMES = ['lookup', 'resolve', 'resolve4', 'resolve6', 'resolveAny', 'resolveTxt', 'resolveMx', 'resolveSrv'];

type CreateBlocker = (original: AnyFunction) => AnyFunction;

function replace(given: object, blocking: Readonly<Record<string, CreateBlocker>>): void {
  const holder = given as FunctionHolder; // The replaced functions of Node are called with their own `this` and arguments.
  const kept = new Map<string, AnyFunction>();
  for (const [name, by] of Object.entries(blocking)) {
    const { [name]: original } = holder;
    if (original === undefined) continue;
    kept.set(name, original);
    holder[name] = by(original);
  }
  originals.set(holder, kept);
}

const connect: CreateBlocker = (original) =>
  function (this, ...args) {
    const target = readTcpTarget(args);
    if (target === undefined || isAllowed(target.hostname)) return Reflect.apply(original, this, args);
    // A lookup that fails asynchronously: Node reports the error after the caller has added its listeners.
    const error = new NetworkBlockedError(`${target.hostname}:${target.port}`);
    const failLookup = (_: string, __: object, done: (error: Error) => void): void => void setImmediate(done, error);
    return Reflect.apply(original, this, [{ host: 'blocked.invalid', port: 1, lookup: failLookup }]);
  };

/** Blocks a function whose arguments may name a host on the network. `fail` reports the error as Node would. */
const blockByHostname =
  (
    hostIn: (args: readonly unknown[]) => unknown,
    fail: (error: Error, args: readonly unknown[], self: unknown) => unknown,
  ): CreateBlocker =>
  (original) =>
    function (this, ...args) {
      const host = hostIn(args);
      if (typeof host !== 'string' || isAllowed(host)) return Reflect.apply(original, this, args);
      return fail(new NetworkBlockedError(host), args, this);
    };

/** Reports the error to the callback, else by an `error` event. */
function failUdp(error: Error, args: readonly unknown[], socket: unknown): void {
  const callback = args.at(-1);
  if (typeof callback === 'function') setImmediate(() => callback(error));
  else setImmediate(() => (socket as UdpSocket).emit('error', error)); // `send` and `connect` are called on a UDP socket.
}

const send = blockByHostname(readUdpTarget, failUdp);
const connectUdp = blockByHostname(([, address]) => address, failUdp);
const lookUp = blockByHostname(
  (args) => (typeof args.at(-1) === 'function' ? args[0] : undefined),
  (error, args) => void setImmediate(args.at(-1) as AnyFunction, error), // `hostIn` returns a name only if the last argument is a function.
);
const lookUpByPromise = blockByHostname(
  ([name]) => name,
  (error) => Promise.reject(error),
);
