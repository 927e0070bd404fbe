import { HttpProblem } from '../protocol/problem.ts';
import { createUnauthorizedError } from './bearer.ts';
import { getPeer, isLoopbackAddress } from './peer.ts';

export interface HostRules {
  readonly hasAuthorize: boolean;
  readonly allowedHosts: readonly string[] | undefined;
}

/**
 * Refuses names of hosts that a page could have rebound to this server (DNS rebinding): without `authorize`, and if `allowedHosts` is set.
 *
 * Contract:
 * - IP literals, `localhost` and `*.localhost` are allowed: a page of another site cannot have them as its own name.
 * - `X-Forwarded-Host` is never read: a page can send it.
 *
 * @throws HttpProblem 421
 */
export function checkHost(request: Request, { hasAuthorize, allowedHosts }: HostRules): void {
  if (hasAuthorize && allowedHosts === undefined) return;
  const host = readHost(request);
  const name = readHostName(host);
  if (name !== undefined && (isLocalName(name) || isIpLiteral(name))) return;
  if (
    name !== undefined &&
    allowedHosts?.some((each) => each.toLowerCase() === name || each.toLowerCase() === host.toLowerCase())
  )
    return;
  throw new HttpProblem(
    `This server does not answer for the host ${JSON.stringify(host.slice(0, 200))}. Add it to allowedHosts, or use an IP address.`,
    { status: 421, code: 'host.unknown' },
  );
}

/**
 * Without `authorize` everyone who reaches the server may do everything. So only this machine may.
 *
 * @param options - `caller`: the function whose option `authorize` is missing
 * @throws HttpProblem 401
 */
export function checkLocal(request: Request, { caller = 'serve()' }: { readonly caller?: string } = {}): void {
  const peer = getPeer(request);
  const isForwarded = FORWARDED.some((name) => request.headers.has(name));
  const isLocal =
    peer === undefined
      ? isLoopbackName(readHostName(readHost(request)) ?? '')
      : peer.address !== undefined && isLoopbackAddress(peer.address) && !isForwarded;
  if (isLocal) return;
  throw createUnauthorizedError(
    `This server has no option "authorize", so it answers this machine only. Pass authorize to ${caller}.`,
  );
}

/** A proxy on this machine adds one of these: then the request comes from elsewhere. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

/** Returns the host that the client named, with its port if that is not the default. */
export function readHost(request: Request): string {
  return getPeer(request)?.host ?? request.headers.get('host') ?? new URL(request.url).host;
}

/** Reads the name without its port and without a dot at its end; `undefined` if it is no name of a host. */
function readHostName(host: string): string | undefined {
  const [, name] = /^(\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.exec(host) ?? [];
  return name?.replace(/\.$/, '').toLowerCase();
}

function isLocalName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

function isLoopbackName(name: string): boolean {
  return isLocalName(name) || isLoopbackAddress(name.replace(/^\[|\]$/g, ''));
}

function isIpLiteral(name: string): boolean {
  return name.startsWith('[') || /^\d{1,3}(\.\d{1,3}){3}$/.test(name);
}
