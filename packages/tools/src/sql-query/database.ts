import { sliceStart } from '../base/whole-characters.ts';

/** A reading statement with its parameters. */
export interface Query {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

export type SqlValue = string | number | boolean | null;

export interface QueryLimits {
  readonly maxRows: number;
  /** Maximum bytes of all rows, as JSON. */
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface Rows {
  readonly columns: readonly string[];
  /** One JSON array for each row. */
  readonly rows: readonly string[];
  /** The limit that cut the rows off, if any. */
  readonly cutBy?: 'rows' | 'bytes';
}

/** Reads a database, and cannot change it. */
export interface SqlReader {
  readonly dialect: 'SQLite' | 'PostgreSQL';
  /** Rejects with a `ToolError` that quotes the database's error. */
  read(query: Query, limits: QueryLimits): Promise<Rows>;
}

/** Maximum characters of one value. */
export const MAX_CELL_LENGTH = 4_096;

/** Collects rows until a limit is reached. */
export class RowList {
  readonly rows: string[] = [];
  cutBy: Rows['cutBy'];
  #bytes = 0;
  readonly #limits: Pick<QueryLimits, 'maxRows' | 'maxBytes'>;

  constructor(limits: Pick<QueryLimits, 'maxRows' | 'maxBytes'>) {
    this.#limits = limits;
  }

  /** Adds a row. Returns whether another row may follow. */
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

/** Converts a value to exact JSON: a value that JSON cannot represent becomes a text that describes it. */
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
