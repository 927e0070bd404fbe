import { copyJson } from '../base/copy-json.ts';
import type { JsonObject } from '../base/json.ts';

/** Copies the metadata of a run: the caller may change its own object later. @throws ConfigError with the path of a value that JSON cannot represent. */
export function copyMetadata(metadata: JsonObject, where: string): JsonObject {
  return copyJson(metadata, { where, name: 'metadata' });
}
