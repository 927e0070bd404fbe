import { Socket as UdpSocket } from 'node:dgram';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import { checkOptions, type OptionTable } from '@pawl/core';
import { addBrand, hasBrand } from '../base/brand.ts';
import { isThisMachine, readTcpTarget, readUdpTarget } from './targets.ts';

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
    addBrand(this, 'NetworkBlockedError');
  }

  static isInstance(error: unknown): error is NetworkBlockedError {
    return hasBrand(error, 'NetworkBlockedError');
  }
}

/**
 * From now on no socket of this process reaches another machine: its connection fails with a `NetworkBlockedError`, and so does the look-up of
 * a name. Loopback addresses and sockets of the file system stay open, for servers that tests start. Covers `fetch`, `node:http`, `node:https`,
 * `node:tls` and whatever else is made of `node:net`; `node:dgram`; `node:dns`. Child processes, worker threads and a `dns.Resolver` of one's own are
 * not covered. Gives back how to end it; it ends where the last one who asked for it has ended it.
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

/** Node's own functions, each where it is held. */
const originals = new Map<FunctionHolder, Map<string, AnyFunction>>();

function block(): void {
  replace(Socket.prototype, { connect });
  replace(UdpSocket.prototype, { send, connect: connectUdp });
  replace(dns, Object.fromEntries(DNS_NAMES.map((name) => [name, lookUp])));
  replace(dns.promises, Object.fromEntries(DNS_NAMES.map((name) => [name, lookUpByPromise])));
  // So that names imported from `node:dns` are blocked, too.
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
  const holder = given as FunctionHolder; // Of Node's functions, each of which is called as it was.
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
    // As a name that leads nowhere: Node fails the connection when whoever asked has had the time to listen.
    const error = new NetworkBlockedError(`${target.hostname}:${target.port}`);
    const failLookup = (_: string, __: object, done: (error: Error) => void): void => void setImmediate(done, error);
    return Reflect.apply(original, this, [{ host: 'blocked.invalid', port: 1, lookup: failLookup }]);
  };

/** A function whose arguments name a host, if any. `fail`: how it tells of a name that leads nowhere. */
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

/** By the callback, or else by an event. */
function failUdp(error: Error, args: readonly unknown[], socket: unknown): void {
  const callback = args.at(-1);
  if (typeof callback === 'function') setImmediate(() => callback(error));
  else setImmediate(() => (socket as UdpSocket).emit('error', error)); // Its own function was called.
}

const send = blockByHostname(readUdpTarget, failUdp);
const connectUdp = blockByHostname(([, address]) => address, failUdp);
const lookUp = blockByHostname(
  (args) => (typeof args.at(-1) === 'function' ? args[0] : undefined),
  (error, args) => void setImmediate(args.at(-1) as AnyFunction, error), // Else no host is named.
);
const lookUpByPromise = blockByHostname(
  ([name]) => name,
  (error) => Promise.reject(error),
);
