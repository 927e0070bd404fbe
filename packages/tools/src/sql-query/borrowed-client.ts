import { ToolError } from '@pawl/core';
import type { PostgresClient, PostgresPool } from './postgres-pool.ts';
import { waitUnlessAborted } from './wait-unless-aborted.ts';

/** A client that was borrowed from a pool. It is returned exactly once: reusable, or closed. */
export class BorrowedClient {
  readonly client: PostgresClient;
  #isReleased = false;
  #reason: ToolError | undefined;

  private constructor(client: PostgresClient) {
    this.client = client;
    client.on?.('error', ignore);
  }

  /** Borrows a client. If the signal is aborted, rejects at once; a client that comes later is returned to the pool. */
  static async from(pool: PostgresPool, signal: AbortSignal): Promise<BorrowedClient> {
    signal.throwIfAborted();
    const connecting = pool.connect();
    try {
      return new BorrowedClient(await waitUnlessAborted(connecting, signal));
    } catch {
      connecting.then(
        (client) => client.release(),
        () => undefined, // Reported below.
      );
      signal.throwIfAborted();
      // The driver's message contains addresses and users.
      throw new ToolError('The database could not be reached. Nothing was done. Try again later, or tell the user.');
    }
  }

  /** Why the client was discarded. */
  get reason(): ToolError | undefined {
    return this.#reason;
  }

  /** Closes the connection, and with it the running query. */
  discard(reason: ToolError): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#reason = reason;
    this.client.release(reason);
  }

  /** Resets the session, so that the next borrower finds nothing of this query, and returns the client to the pool. */
  async release(): Promise<void> {
    if (this.#isReleased) return;
    try {
      await this.client.query({ text: 'ROLLBACK', rowMode: 'array', queryMode: 'extended' });
      await this.client.query({ text: 'SELECT pg_advisory_unlock_all()', rowMode: 'array', queryMode: 'extended' });
    } catch {
      this.discard(new ToolError('The connection was lost.'));
    }
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.client.off?.('error', ignore);
    this.client.release();
  }
}

/** A borrowed client emits `error` if its connection is lost, and the process ends without a listener. The query rejects anyway. */
function ignore(): void {}
