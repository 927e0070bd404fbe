import { copyJson } from '../base/copy-json.ts';
import type { JsonObject } from '../base/json.ts';

/** What is kept with a run, as a copy: the caller may change his own later. @throws ConfigError for what JSON can't hold, naming the path. */
export function copyMetadata(metadata: JsonObject, where: string): JsonObject {
  return copyJson(metadata, { where, name: 'metadata' });
}
