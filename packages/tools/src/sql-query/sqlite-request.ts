import type { Query, Rows } from './database.ts';

/** The input of the process for one query. */
export interface SqliteRequest extends Query {
  readonly file: string;
  readonly maxRows: number;
  readonly maxBytes: number;
}

export type SqliteResponse =
  | { readonly type: 'rows'; readonly rows: Rows }
  /** The statement does not read. */
  | { readonly type: 'refused' }
  | { readonly type: 'failed'; readonly message: string };
