import type { ServeOptions } from '@pawl/serve';
import type { listen } from '@pawl/serve/node';
import { createSetupError, createUsageError } from './errors.ts';
import type { LoadedAgent } from './load-agent.ts';

/** What a listener of `@pawl/serve` takes. */
export type Listenable = Parameters<typeof listen>[0];

/** Reads --port. @throws CliError */
export function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return Number(text);
  throw createUsageError(`--port is ${JSON.stringify(text)}. Pass a number from 0 to 65535.`);
}

/** Returns an error that says what to do where a server cannot listen. */
export function toListenError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'EADDRINUSE') {
    return createSetupError(`The port is taken: ${error.message}. Pass --port 0 for a free one.`, error);
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'EACCES') {
    return createSetupError(`The server cannot listen: ${error.message}.`, error);
  }
  return error;
}

/** An agent of a file, with the context that its file makes. */
export function toServedAgent({
  agent,
  createContext,
}: Pick<LoadedAgent, 'agent' | 'createContext'>): ServeOptions['agents'][number] {
  const served = createContext === undefined ? agent : { agent, context: createContext };
  return served as ServeOptions['agents'][number]; // `serve` checks it: a flow is refused there.
}
