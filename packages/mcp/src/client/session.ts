import { setTimeout } from 'node:timers/promises';
import type { ToolContext } from '@pawl/core';
import type { Client, Sdk, SdkTool, Transport } from '../sdk.ts';
import { createSdkChildTransport, loadSdk } from '../sdk.ts';
import { ChildTransport } from './child-transport.ts';
import { answerLegacyQuestions, ELICITATION } from './elicitation.ts';
import { buildEnvironment } from './environment.ts';
import { createHttpTransport } from './http-transport.ts';
import type { ResolvedOptions, StructuralClient } from './options.ts';
import { trackCalls } from './outgoing-call.ts';
import { VERSION } from './version.ts';

/** One connection of the SDK, with its client. A broken one is never used again: the next has a client of its own. */
export interface Session {
  /** The SDK's client, or the one of the option `client`, which may lack methods. */
  readonly client: Client;
  readonly sdk: Sdk;
  /** Calls under way. A session that is no longer used is closed after the last one. */
  callCount: number;
  isBroken: boolean;
  close(): Promise<void>;
}

export interface SessionScope extends SessionEvents {
  readonly verdict: EraVerdict;
  /** The run that the connection belongs to, with `isolation: 'run'`. */
  readonly toolContext: ToolContext | undefined;
  readonly signal: AbortSignal;
}

interface SessionEvents {
  readonly onLog: (text: string) => void;
  /** The connection has ended, also without `close`. */
  readonly onEnd: (session: Session) => void;
  readonly onListChanged: (session: Session, tools: readonly SdkTool[]) => void;
}

/** The revision of a server. A later connection does not ask again. */
export interface EraVerdict {
  prior?: NonNullable<Parameters<Client['connect']>[1]>['prior'];
}

/** @throws what the SDK throws if there is no connection within `idleTimeoutMs` */
export async function openSession(options: ResolvedOptions, scope: SessionScope): Promise<Session> {
  const { verdict, signal, toolContext, ...events } = scope;
  const sdk = await loadSdk();
  if (options.client !== undefined) return wrapClient(options.client, sdk);
  const transport = trackCalls(await createTransport(options, sdk, { ...events, toolContext }), sdk);
  const client: Client = new sdk.Client(
    { name: 'pawl', version: VERSION },
    {
      capabilities: { elicitation: ELICITATION },
      versionNegotiation: { mode: options.protocolVersion ?? (options.command === undefined ? 'auto' : 'legacy') },
      inputRequired: { autoFulfill: false },
      listChanged: {
        tools: {
          onChanged: (error, tools) => {
            if (error === null && tools !== null) events.onListChanged(session, tools);
          },
        },
      },
    },
  );
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= closeClient(client, transport);
    return closing;
  };
  const session: Session = { client, sdk, callCount: 0, isBroken: false, close };
  client.onerror = (error) => events.onLog(error.message);
  answerLegacyQuestions(client, { onElicitation: options.onElicitation, onLog: events.onLog });
  const timeout = options.idleTimeoutMs;
  try {
    await client.connect(transport, { timeout, signal, ...(verdict.prior !== undefined && { prior: verdict.prior }) });
  } catch (error) {
    await transport.close().catch(() => {}); // The SDK leaves the process of a server that does not answer running.
    throw error;
  }
  rememberEra(client, verdict);
  client.onclose = () => events.onEnd(session);
  return session;
}

function rememberEra(client: Client, verdict: EraVerdict): void {
  const discover = client.getDiscoverResult();
  verdict.prior = discover === undefined ? { kind: 'legacy' } : { kind: 'modern', discover };
}

type TransportScope = Pick<SessionScope, 'onLog' | 'toolContext'>;

async function createTransport(
  options: ResolvedOptions,
  sdk: Sdk,
  { onLog, toolContext }: TransportScope,
): Promise<Transport> {
  const { command, args = [], cwd, url } = options;
  if (command === undefined) return createHttpTransport({ ...options, url: new URL(String(url)), toolContext }, sdk);
  const env = buildEnvironment(options);
  if (process.platform === 'win32') {
    return createSdkChildTransport({
      command,
      args: [...args],
      env: { ...env },
      stderr: 'ignore',
      ...(cwd !== undefined && { cwd }),
    });
  }
  return new ChildTransport({ sdk, command, args, env, cwd, onLog });
}

/** Ends the session at the server, then the connection. */
async function closeClient(client: Client, transport: Transport): Promise<void> {
  if ('terminateSession' in transport && typeof transport.terminateSession === 'function') {
    // A server that does not answer must not keep the application from ending.
    await Promise.race([transport.terminateSession().catch(() => {}), setTimeout(1000, undefined, { ref: false })]);
  }
  await client.close();
  await transport.close(); // The SDK closes it only if it is connected.
}

function wrapClient(client: StructuralClient, sdk: Sdk): Session {
  return {
    client: client as unknown as Client, // Methods that it may lack are called by `?.`.
    sdk,
    callCount: 0,
    isBroken: false,
    close: async () => {
      await client.close();
    },
  };
}
