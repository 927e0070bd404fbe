import { isRecord } from '../base/json.ts';
import type { RunRecord } from './host.ts';

/** A run's record as JSON, for hosts that keep text. A limit may be `Infinity`, which JSON has no word for. */
export function serializeRecord(record: RunRecord): string {
  return JSON.stringify(record, (_, value: unknown) => (value === Number.POSITIVE_INFINITY ? NO_LIMIT : value));
}

const NO_LIMIT = { $limit: 'none' } as const;

export function parseRecord(text: string): RunRecord {
  return JSON.parse(text, (_, value: unknown) => (isRecord(value) && value['$limit'] === 'none' ? NO_END : value));
}

const NO_END = Number.POSITIVE_INFINITY;
