import { type InspectOptions, type Inspector, inspect } from '@pawl/inspector';
import { type ListenOptions, listen } from '@pawl/serve/node';
import { onTestFinished } from 'vitest';
import type { JsonResponse } from '../serve/serve-agents.ts';

/** An inspector on a free port of this machine with the session of a page, until the test ends. */
export interface RunningInspector {
  readonly inspector: Inspector;
  readonly url: string;
  readonly cookie: string;
  /** Sends what the page sends: JSON by `POST` if there is a body. */
  readonly send: (path: string, body?: unknown, init?: RequestInit) => Promise<JsonResponse>;
}

export async function startInspector(options: InspectOptions): Promise<RunningInspector> {
  return openInspector(inspect(options));
}

export async function openInspector(inspector: Inspector): Promise<RunningInspector> {
  const url = await listenUntilEnd(inspector);
  const cookie = inspector.hasAuthorize ? '' : await openSession(url, inspector.token);
  return { inspector, url, cookie, send: createSender(url, cookie) };
}

export async function listenUntilEnd(inspector: Inspector, options: ListenOptions = {}): Promise<string> {
  const { url, close } = await listen(inspector, { port: 0, signals: false, graceMs: 0, ...options });
  onTestFinished(close);
  return url;
}

/** Exchanges a token as the page does, and returns the cookie. */
export async function openSession(url: string, token: string): Promise<string> {
  const response = await createSender(url, '')('/session', { token });
  if (response.status !== 204) throw new Error(`The token was refused: ${await response.text()}`);
  return String(response.headers.get('set-cookie')).split(';')[0] ?? '';
}

export function createSender(url: string, cookie: string): RunningInspector['send'] {
  return (path, body, init = {}) =>
    fetch(`${url}${path}`, {
      redirect: 'manual',
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      ...init,
      headers: { cookie, 'content-type': 'application/json', 'pawl-inspector': '1', ...init.headers },
    });
}
