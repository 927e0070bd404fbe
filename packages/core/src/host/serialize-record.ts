import { isRecord } from '../base/json.ts';
import type { RunRecord } from './host.ts';

/** Serializes a run's record, for hosts that store text. An infinite limit, which JSON cannot represent, becomes `{ $limit: 'none' }`. */
export function serializeRecord(record: RunRecord): string {
  return JSON.stringify(record, (_, value: unknown) => (value === Number.POSITIVE_INFINITY ? NO_LIMIT : value));
}

const NO_LIMIT = { $limit: 'none' } as const;

/** Parses a text of `serializeRecord`. */
export function parseRecord(text: string): RunRecord {
  return JSON.parse(text, (_, value: unknown) => (isRecord(value) && value['$limit'] === 'none' ? NO_END : value));
}

const NO_END = Number.POSITIVE_INFINITY;
