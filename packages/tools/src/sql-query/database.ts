import { sliceStart } from '../base/whole-characters.ts';

/** One statement that reads, and what its parameters are. */
export interface Query {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

export type SqlValue = string | number | boolean | null;

export interface QueryLimits {
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
  readonly cutBy?: 'rows' | 'bytes';
}

/** What reads a database, and can do nothing else. */
export interface SqlReader {
  readonly dialect: 'SQLite' | 'PostgreSQL';
  /** Rejects with a `ToolError`, which says what the database says. */
  read(query: Query, limits: QueryLimits): Promise<Rows>;
}

/** The most characters of one value. */
export const MAX_CELL_LENGTH = 4_096;

/** Collects rows until a cap is reached. */
export class RowList {
  readonly rows: string[] = [];
  cutBy: Rows['cutBy'];
  #bytes = 0;
  readonly #limits: Pick<QueryLimits, 'maxRows' | 'maxBytes'>;

  constructor(limits: Pick<QueryLimits, 'maxRows' | 'maxBytes'>) {
    this.#limits = limits;
  }

  /** Whether another one may come. */
  add(values: readonly unknown[]): boolean {
    if (this.rows.length >= this.#limits.maxRows) this.cutBy = 'rows';
    if (this.cutBy !== undefined) return false;
    const row = JSON.stringify(values.map(toJsonValue));
    this.#bytes += Buffer.byteLength(row);
    if (this.#bytes > this.#limits.maxBytes) {
      this.cutBy = 'bytes';
      return false;
    }
    this.rows.push(row);
    return true;
  }
}

/** A value as JSON that does not lie: what JSON has no form for is told for what it is. */
function toJsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString();
  if (typeof value === 'string') return shortenText(value);
  if (typeof value !== 'object' || value === null) return value ?? null;
  const text = JSON.stringify(value, (_, field) => (typeof field === 'bigint' ? String(field) : field));
  return text.length <= MAX_CELL_LENGTH ? value : shortenText(text);
}

function shortenText(text: string): string {
  if (text.length <= MAX_CELL_LENGTH) return text;
  const start = sliceStart(text, MAX_CELL_LENGTH);
  return `${start} [… ${text.length - start.length} more characters]`;
}
