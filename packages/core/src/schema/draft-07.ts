import { isRecord } from '../base/json.ts';
import { memoize } from '../base/memoize.ts';
import type { JsonSchema } from './json-schema.ts';
import { mapSubschemas } from './subschemas.ts';

/** The same schema for servers that know JSON Schema as of draft-07. Made once for each schema. */
export const draft07: (schema: JsonSchema) => JsonSchema = memoize(convert);

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
