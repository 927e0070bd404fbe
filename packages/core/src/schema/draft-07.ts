import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';

const made = new WeakMap<JsonSchema, JsonSchema>();

/** The same schema for servers that know JSON Schema as of draft-07. Made once for each schema. */
export function draft07(schema: JsonSchema): JsonSchema {
  const known = made.get(schema);
  if (known !== undefined) return known;
  const converted = converted07(schema) as JsonSchema; // An object stays one.
  made.set(schema, converted);
  return converted;
}

function converted07(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(converted07);
  if (!isRecord(schema)) return schema;
  const entries = Object.entries(schema).flatMap(([keyword, value]): (readonly [string, unknown])[] => {
    switch (keyword) {
      case '$schema':
        return [];
      case '$ref':
        return [[keyword, typeof value === 'string' ? value.replace(/^#\/\$defs\//, '#/definitions/') : value]];
      case '$defs':
        return [['definitions', named(value)]];
      case 'properties':
      case 'patternProperties':
        return [[keyword, named(value)]];
      case 'prefixItems':
        return [['items', converted07(value)]];
      case 'items':
        return [[schema['prefixItems'] === undefined ? 'items' : 'additionalItems', converted07(value)]];
      case 'enum':
      case 'const':
      case 'default':
      case 'examples':
        return [[keyword, value]];
    }
    return [[keyword, converted07(value)]];
  });
  return Object.fromEntries(entries);
}

/** The names are the user's, whatever they are. */
function named(schemas: unknown): unknown {
  if (!isRecord(schemas)) return schemas;
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, converted07(schema)]));
}
