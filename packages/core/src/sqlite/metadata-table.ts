import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { JsonObject } from '../base/json.ts';
import { listMetadataKeys } from '../host/run-filter.ts';

/** Makes a run to be found by the fields of its metadata. */
export function insertMetadata(database: DatabaseSync, run: number, metadata: JsonObject): void {
  const keys = listMetadataKeys(metadata);
  if (keys.length === 0) return;
  const insert = database.prepare('INSERT OR IGNORE INTO run_metadata VALUES (?, ?)');
  for (const key of keys) insert.run(hashMetadataKey(key), run);
}

/** What a metadata field is found by: values may be long, and an index holds only what is short well. */
export function hashMetadataKey(metadataKey: string): string {
  return createHash('sha256').update(metadataKey).digest('base64');
}
