import type { Host } from '@pawl/core';
import { type InspectOptions, type Inspector, inspect } from '@pawl/inspector';
import { onTestFinished } from 'vitest';

/** Asks an inspector in this process, as an operator. */
// biome-ignore lint/suspicious/noExplicitAny: a test states what it expects of the body
export type Ask = (path: string, body?: unknown) => Promise<any>;

/** Lets everyone in who asks in this process. */
export const asOperator = () => ({ id: 'operator', isOperator: true });

export function askInspector(host: Host, options: Omit<InspectOptions, 'host' | 'authorize'> = {}): Ask {
  return createAsk(inspect({ host, ...options, authorize: asOperator }));
}

/** Returns the JSON of a response, or the objects of its lines. Throws for an error. */
export function createAsk(inspector: Inspector): Ask {
  onTestFinished(inspector.close);
  return async (path, body) => {
    const headers = { 'content-type': 'application/json', 'pawl-inspector': '1', accept: 'application/x-ndjson' };
    const init = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) };
    const response = await inspector.fetch(new Request(`http://localhost${path}`, init));
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
    if (!response.headers.get('content-type')?.includes('ndjson')) return JSON.parse(text);
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };
}
