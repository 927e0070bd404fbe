import { setTimeout } from 'node:timers/promises';
import { ConfigError } from '@pawl/core';
import { describeError, McpError } from './errors.ts';
import type { Session } from './session.ts';

interface ConnectionOptions {
  /** The name of the server, for errors. */
  readonly name: string;
  readonly open: (signal: AbortSignal) => Promise<Session>;
  /** Runs once for each new session, before a call uses it. */
  readonly onOpen: (session: Session) => Promise<void>;
  readonly onLog: (text: string) => void;
}

const MAX_DELAY_MS = 30_000;

/**
 * Holds the session with a server.
 *
 * - A broken session is replaced by a new one when the next call needs it. Calls share the attempt, and wait under their own deadlines.
 * - Attempts follow one another after 0, 1, 2, 4 … 30 s.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  #failureCount = 0;
  #nextAttempt = 0;
  readonly #closing = new AbortController();

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Connects once. @throws McpError if that fails */
  async connect(): Promise<Session> {
    this.#checkOpen();
    if (this.#session !== undefined) return this.#session;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /**
   * Returns the session, and attempts to connect until the signal is aborted.
   *
   * @throws McpError `mcp.unreachable` with the last failure as its cause, if the signal is aborted
   */
  async acquire(signal: AbortSignal): Promise<Session> {
    let failure: unknown;
    while (!signal.aborted) {
      try {
        // The attempt itself goes on: other calls may wait for it.
        const session = this.#session ?? (await waitForAbort(this.connect(), signal));
        if (session !== undefined) return session;
      } catch (error) {
        if (isFinal(error)) throw error;
        failure = error;
      }
      if (!signal.aborted) await delay(this.#nextAttempt - performance.now(), signal);
    }
    throw failure ?? this.#createError(new Error('The connection was not established in time.'));
  }

  async #open(): Promise<Session> {
    await delay(this.#nextAttempt - performance.now(), this.#closing.signal);
    this.#checkOpen();
    let session: Session | undefined;
    try {
      session = await this.#options.open(this.#closing.signal);
      await this.#options.onOpen(session);
    } catch (error) {
      await session?.close().catch(() => {});
      this.#delayNextAttempt();
      throw this.#createError(error);
    }
    if (this.#closing.signal.aborted) {
      await session.close().catch(() => {});
      this.#checkOpen();
    }
    this.#failureCount = 0;
    this.#nextAttempt = 0;
    if (!session.isBroken) this.#session = session;
    return session;
  }

  #delayNextAttempt(): void {
    const delayMs = Math.min(1000 * 2 ** this.#failureCount, MAX_DELAY_MS);
    this.#failureCount += 1;
    this.#nextAttempt = performance.now() + delayMs;
  }

  #createError(error: unknown): unknown {
    if (isFinal(error) || McpError.isInstance(error)) return error;
    const { name } = this.#options;
    const isUnauthorized = error instanceof Error && error.name === 'UnauthorizedError';
    return new McpError(
      isUnauthorized
        ? `MCP server "${name}" wants an authorization: ${describeError(error)}. Let the user authorize, then call again.`
        : `MCP server "${name}" cannot be reached: ${describeError(error)}`,
      { code: isUnauthorized ? 'mcp.unauthorized' : 'mcp.unreachable', cause: error },
    );
  }

  /** Gives up a session. It is closed after its last call. */
  drop(session: Session): void {
    if (!session.isBroken) this.#options.onLog('The connection broke.');
    session.isBroken = true;
    if (this.#session === session) this.#session = undefined;
    if (session.callCount === 0) void session.close().catch(() => {}); // What fails to close is gone.
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) {
      session.isBroken = true;
      await session.close();
    }
    // An attempt under way closes what it opens.
    await this.#opening?.catch(() => {});
  }

  #checkOpen(): void {
    if (!this.#closing.signal.aborted) return;
    throw new McpError(`MCP server "${this.#options.name}": the client is closed. Create another one.`, {
      code: 'mcp.closed',
    });
  }
}

/** Whether another attempt cannot help: pins that do not fit, a closed client. */
function isFinal(error: unknown): boolean {
  if (ConfigError.isInstance(error)) return true;
  return McpError.isInstance(error) && (error.code === 'mcp.closed' || error.code === 'mcp.unauthorized');
}

/** Resolves `undefined` if the signal is aborted first. */
async function waitForAbort<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  const aborted = Promise.withResolvers<undefined>();
  const abort = (): void => aborted.resolve(undefined);
  signal.addEventListener('abort', abort);
  promise.catch(() => {}); // It may fail after the abort.
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Resolves early if the signal is aborted. */
async function delay(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await setTimeout(ms, undefined, { signal }).catch(() => {});
}
