/** The part of `pg`'s Pool that is used. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
}

/** The part of `pg`'s client that is used. */
export interface PostgresClient {
  query(query: PostgresQuery): Promise<PostgresResult>;
  /** Returns the client to the pool. With an error, the pool closes the connection. */
  release(error?: Error): void;
  /** Optional: emits `error` if the connection is lost. */
  on?(event: 'error', listener: () => void): unknown;
  off?(event: 'error', listener: () => void): unknown;
}

export interface PostgresQuery {
  readonly text: string;
  readonly values?: unknown[];
  readonly rowMode: 'array';
  /** The server then refuses a text with several statements; `pg` 8.12 and later. */
  readonly queryMode: 'extended';
}

export interface PostgresResult {
  readonly fields: readonly { readonly name: string }[];
  readonly rows: readonly unknown[][];
}
