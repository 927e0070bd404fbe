/** What is used of `pg`'s Pool. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
}

/** What is used of a client that a pool lends. */
export interface PostgresClient {
  query(query: PostgresQuery): Promise<PostgresResult>;
  /** With an error the connection is closed, and not lent again. */
  release(error?: Error): void;
  /** Where a driver has it, it tells of a connection that is lost. */
  on?(event: 'error', listener: () => void): unknown;
  off?(event: 'error', listener: () => void): unknown;
}

export interface PostgresQuery {
  readonly text: string;
  readonly values?: unknown[];
  readonly rowMode: 'array';
  /** One statement only, refused by the server otherwise; `pg` 8.12 and later. */
  readonly queryMode: 'extended';
}

export interface PostgresResult {
  readonly fields: readonly { readonly name: string }[];
  readonly rows: readonly unknown[][];
}
