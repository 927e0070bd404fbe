import { isRecord } from '../base/json.ts';
import { memoize } from '../base/memoize.ts';
import type { JsonSchema } from './json-schema.ts';
import { mapSubschemas } from './subschemas.ts';

/** Converts a schema to draft-07, for servers that do not support 2020-12. Memoized by schema. */
export const toDraft07: (schema: JsonSchema) => JsonSchema = memoize(convert);

function convert(schema: JsonSchema): JsonSchema {
  const inner = mapSubschemas(schema, (each) => (isRecord(each) ? convert(each) : each));
  return Object.fromEntries(
    Object.entries(inner).flatMap(([keyword, value]): (readonly [string, unknown])[] => {
      switch (keyword) {
        case '$schema':
          return [];
        case '$ref':
          return [[keyword, typeof value === 'string' ? value.replace(/^#\/\$defs\//, '#/definitions/') : value]];
        case '$defs':
          return [['definitions', value]];
        case 'prefixItems':
          return [['items', value]];
        case 'items':
          return [[schema['prefixItems'] === undefined ? 'items' : 'additionalItems', value]];
      }
      return [[keyword, value]];
    }),
  );
}
