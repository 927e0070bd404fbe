import { sliceStart } from '../base/whole.ts';

/** One statement that reads, and what its parameters are. */
export interface Query {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

export type SqlValue = string | number | boolean | null;

export interface QueryCaps {
  readonly maxRows: number;
  /** Of all rows, as the model reads them. */
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface Rows {
  readonly columns: readonly string[];
  /** JSON arrays, one a row. */
  readonly rows: readonly string[];
  /** Why there may be more. */
  readonly cut?: 'rows' | 'bytes';
}

/** What reads a database, and can do nothing else. */
export interface SqlReader {
  readonly dialect: 'SQLite' | 'PostgreSQL';
  /** Rejects with a `ToolError`, which says what the database says. */
  read(query: Query, caps: QueryCaps): Promise<Rows>;
}

/** The most characters of one value. */
export const MAX_CELL_LENGTH = 4_096;

/** Collects rows until a cap is reached. */
export class RowList {
  readonly rows: string[] = [];
  cut: Rows['cut'];
  #bytes = 0;
  readonly #caps: Pick<QueryCaps, 'maxRows' | 'maxBytes'>;

  constructor(caps: Pick<QueryCaps, 'maxRows' | 'maxBytes'>) {
    this.#caps = caps;
  }

  /** Whether another one may come. */
  add(values: readonly unknown[]): boolean {
    if (this.rows.length >= this.#caps.maxRows) this.cut = 'rows';
    if (this.cut !== undefined) return false;
    const row = JSON.stringify(values.map(shownValue));
    this.#bytes += Buffer.byteLength(row);
    if (this.#bytes > this.#caps.maxBytes) {
      this.cut = 'bytes';
      return false;
    }
    this.rows.push(row);
    return true;
  }
}

/** A value as JSON that does not lie: what JSON has no form for is told for what it is. */
function shownValue(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString();
  if (typeof value === 'string') return shortened(value);
  if (typeof value !== 'object' || value === null) return value ?? null;
  const text = JSON.stringify(value, (_, field) => (typeof field === 'bigint' ? String(field) : field));
  return text.length <= MAX_CELL_LENGTH ? value : shortened(text);
}

function shortened(text: string): string {
  if (text.length <= MAX_CELL_LENGTH) return text;
  const start = sliceStart(text, MAX_CELL_LENGTH);
  return `${start} [… ${text.length - start.length} more characters]`;
}
