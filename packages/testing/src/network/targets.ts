import { isIP } from 'node:net';

export interface Target {
  readonly hostname: string;
  readonly port: string;
}

/**
 * The target of `socket.connect`; `undefined` for a path in the file system. Accepts options, a port and a hostname, or
 * Node's internal list of both.
 */
export function readTcpTarget([first, second]: readonly unknown[]): Target | undefined {
  const given: unknown = Array.isArray(first) ? first[0] : first;
  if (typeof given === 'object' && given !== null) {
    const { host, port, path } = given as { readonly host?: unknown; readonly port?: unknown; readonly path?: unknown }; // Each field is checked below.
    if (typeof path === 'string') return undefined;
    return { hostname: String(host ?? 'localhost'), port: String(port) };
  }
  if (typeof given === 'string' && !/^\d+$/.test(given)) return undefined;
  return { hostname: typeof second === 'string' ? second : 'localhost', port: String(given) };
}

/**
 * The target of `socket.send(message, [offset, length,] port, address, callback)`; `undefined` for this machine or the
 * connected address.
 */
export function readUdpTarget(args: readonly unknown[]): string | undefined {
  const address = args.slice(1).findLast((arg) => typeof arg !== 'function');
  return typeof address === 'string' ? address : undefined;
}

/** True for loopback addresses in every notation, and for unspecified addresses. */
export function isThisMachine(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/^\[|\]$/g, '');
  if (name === '' || name === 'localhost' || name.endsWith('.localhost')) return true;
  if (name === '::1' || name === '::' || name === '0.0.0.0') return true;
  const address = name.replace(/^::ffff:/, '');
  return isIP(address) === 4 && address.startsWith('127.');
}
