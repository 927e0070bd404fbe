/** The cost of one unit of work for each contestant, by round. `NaN` if it could not be measured. */
export type Samples = Readonly<Record<string, readonly number[]>>;

/** A row of the table. */
export interface TableRow {
  readonly title: string;
  readonly unit: 'µs' | 'ms' | 'KiB' | 'MiB' | 'KB' | 'packages' | 'instantiations';
  /** The maximum of the ratio to the loop over `fetch`, or of the figure itself if `isAbsolute`. */
  readonly goal: number;
  readonly isAbsolute?: boolean;
}

/** The rows in order. */
export const ROWS = {
  request: { title: 'request, unstreamed, 1 at a time', unit: 'µs', goal: 0.85 },
  request64: { title: 'request, unstreamed, 64 at a time', unit: 'µs', goal: 0.75 },
  streamed: { title: 'request, streamed, 20 chunks', unit: 'µs', goal: 0.85 },
  bulk: { title: 'streamed chunk, in bulk', unit: 'µs', goal: 1.4 },
  paced: { title: 'streamed chunk, one write each', unit: 'µs', goal: 0.95 },
  first: { title: 'first event, wall time', unit: 'µs', goal: 0.75 },
  tools: { title: '200 tools: added cost of a request', unit: 'µs', goal: 0.12 },
  late: { title: 'conversation at turn 190, a turn', unit: 'µs', goal: 0.55 },
  whole: { title: 'whole run of 200 turns', unit: 'ms', goal: 0.65 },
  rss: { title: 'RSS of a parked run', unit: 'KiB', goal: 1.25 },
  live: { title: 'live heap of a parked run', unit: 'KiB', goal: 1.1 },
  start: { title: 'import', unit: 'ms', goal: 1.25 },
  disk: { title: 'install, with zod', unit: 'MiB', goal: 14, isAbsolute: true },
  packages: { title: 'packages installed, with zod', unit: 'packages', goal: 8, isAbsolute: true },
  bundle: { title: 'bundle of core, minified and gzipped, without zod', unit: 'KB', goal: 30, isAbsolute: true },
  types: { title: '40 zod tools to the compiler', unit: 'instantiations', goal: 1.3 },
} as const satisfies Record<string, TableRow>;

export type RowKey = keyof typeof ROWS;

export type MeasuredRows = Partial<Record<RowKey, Samples>>;
