import { ToolError } from '@pawl/core';
import type { PostgresClient, PostgresPool } from './postgres-pool.ts';
import { waitUnlessAborted } from './wait-unless-aborted.ts';

/** A client that a pool has lent. It goes back once, as it was or closed, whatever happens first. */
export class BorrowedClient {
  readonly client: PostgresClient;
  #isReleased = false;
  #reason: ToolError | undefined;

  private constructor(client: PostgresClient) {
    this.client = client;
    client.on?.('error', ignore);
  }

  /** Whoever waits for a client is not kept when the signal is aborted: one that comes later goes back. */
  static async from(pool: PostgresPool, signal: AbortSignal): Promise<BorrowedClient> {
    signal.throwIfAborted();
    const connecting = pool.connect();
    try {
      return new BorrowedClient(await waitUnlessAborted(connecting, signal));
    } catch {
      connecting.then(
        (client) => client.release(),
        () => undefined, // Told below.
      );
      signal.throwIfAborted();
      // The driver's own words name addresses and users.
      throw new ToolError('The database could not be reached. Nothing was done. Try again later, or tell the user.');
    }
  }

  /** Why it was given up. */
  get reason(): ToolError | undefined {
    return this.#reason;
  }

  /** The connection is closed, with what is asked over it. */
  discard(reason: ToolError): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#reason = reason;
    this.client.release(reason);
  }

  /** Nothing that a query did to its session is there for who borrows the connection next. */
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

/** A client that is lent tells of a lost connection in this way too, and ends the process where nobody listens; what is asked rejects. */
function ignore(): void {}
