import type { Query, Rows } from './database.ts';

/** What the process for one query is asked. */
export interface SqliteRequest extends Query {
  readonly file: string;
  readonly maxRows: number;
  readonly maxBytes: number;
}

export type SqliteResponse =
  | { readonly type: 'rows'; readonly rows: Rows }
  /** It is no statement that reads. */
  | { readonly type: 'refused' }
  | { readonly type: 'failed'; readonly message: string };
