import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { JsonObject } from '../base/json.ts';
import { listMetadataKeys } from '../host/run-filter.ts';

/** Indexes a run by the fields of its metadata. */
export function insertMetadata(database: DatabaseSync, run: number, metadata: JsonObject): void {
  const keys = listMetadataKeys(metadata);
  if (keys.length === 0) return;
  const insert = database.prepare('INSERT OR IGNORE INTO run_metadata VALUES (?, ?)');
  for (const key of keys) insert.run(hashMetadataKey(key), run);
}

/** Hashes a metadata key for the index: values may be long, and an index needs short keys. */
export function hashMetadataKey(metadataKey: string): string {
  return createHash('sha256').update(metadataKey).digest('base64');
}
