import { type $ZodType, type $ZodTypes, toJSONSchema } from 'zod/v4/core';
import { ConfigError } from '../base/errors.ts';
import { isRecord } from '../base/json.ts';
import { isDynamic } from './is-dynamic.ts';
import { isJsonScalar, type JsonSchema } from './json-schema.ts';
import { addPatternNotes, extractFlaggedPatterns, findFlaggedPatterns, type MutableSchema } from './pattern-flags.ts';
import { toPropertyPath } from './property-path.ts';

/** Whether a schema is one of zod 4, classic or mini. */
export function isZod(schema: object): schema is $ZodType {
  return '_zod' in schema;
}

/**
 * Converts the input side of a zod 4 schema, which a model must write.
 *
 * @throws ConfigError if no JSON value passes a type of the schema, with its path and a replacement.
 */
export function convertZod(schema: $ZodType, where: string): JsonSchema {
  const unsupported: UnsupportedType[] = [];
  const jsonSchema = convert(schema, (each) => unsupported.push(each));
  // Zod visits inner schemas first.
  const outermost = unsupported.at(-1);
  if (jsonSchema !== undefined && outermost === undefined) return addPatternNotes(jsonSchema);
  const { path, type, cause } = outermost ?? { path: '', type: 'this schema', cause: undefined };
  throw new ConfigError(`${where}${path}: JSON Schema can't express ${type}. ${FIXES[type] ?? FIX}`, { cause });
}

interface UnsupportedType {
  readonly path: string;
  readonly type: string;
  readonly cause: unknown;
}

/** Returns `undefined` if zod itself cannot convert the schema. */
function convert(schema: $ZodType, refuse: (unsupported: UnsupportedType) => void): JsonSchema | undefined {
  try {
    const {
      $schema: _,
      '~standard': __,
      ...jsonSchema
    } = toJSONSchema(schema, {
      io: 'input',
      // `override` checks each type: zod converts some types to schemas whose JSON values then fail validation.
      unrepresentable: 'any',
      override({ zodSchema, jsonSchema: converted, path }) {
        const type = findUnsupportedType(zodSchema);
        if (type === undefined) correctZodSchema(zodSchema, converted);
        else refuse({ path: toPropertyPath(path), type, cause: findCause(zodSchema) });
      },
    });
    return jsonSchema;
  } catch (cause) {
    refuse({ path: '', type: 'this schema', cause });
    return undefined;
  }
}

/** Returns the error that zod throws for a type. */
function findCause(schema: $ZodTypes): unknown {
  try {
    toJSONSchema(schema, { io: 'input' });
    return undefined;
  } catch (cause) {
    return cause;
  }
}

const FIX = 'Use a type that JSON has, and convert it in execute or with a codec.';

const FIXES: Readonly<Record<string, string>> = {
  date: 'Use z.iso.datetime(), or a codec.',
  bigint: 'Use z.int(), or a string with a codec.',
  map: 'Use z.record().',
  set: 'Use z.array().',
  file: 'Use a string: a path, a URL, or z.base64().',
};

const UNSUPPORTED_TYPES: ReadonlySet<string> = new Set([
  'bigint',
  'symbol',
  'undefined',
  'void',
  'date',
  'map',
  'set',
  'nan',
  'custom',
  'file',
  'function',
  'transform',
]);

/** Returns the type of a schema if no JSON value passes it, however zod converts it; otherwise `undefined`. */
function findUnsupportedType({ _zod }: $ZodTypes): string | undefined {
  const { def } = _zod;
  if (def.type === 'literal' && def.values.length > 0 && !def.values.some(isJsonScalar)) return 'literal';
  return UNSUPPORTED_TYPES.has(def.type) ? def.type : undefined;
}

/** Corrects parts of a converted schema that differ from zod's validation, or that JSON cannot express. */
function correctZodSchema(schema: $ZodTypes, jsonSchema: MutableSchema): void {
  const { def } = schema._zod;
  for (const [keyword, value] of Object.entries(jsonSchema))
    if (typeof value === 'number' && !Number.isFinite(value)) delete jsonSchema[keyword];
  if (def.type === 'default' || def.type === 'prefault') {
    if (isDynamic(() => def.defaultValue)) delete jsonSchema['default'];
  } else if (def.type === 'catch') {
    if (isDynamic(() => def.catchValue(undefined as never))) delete jsonSchema['default']; // Zod calls it like this in its own conversion.
  } else if (def.type === 'literal') correctLiteral(def.values, jsonSchema);
  // The type is that of the output, not of the input.
  else if (def.type === 'success') delete jsonSchema['type'];
  else if (def.type === 'string') {
    if (CHECK_FORMATS.has(jsonSchema['format'])) delete jsonSchema['format'];
    extractFlaggedPatterns(jsonSchema, listFlaggedPatterns(schema));
  } else if (def.type === 'record') correctPatternProperties(def.keyType as $ZodTypes, jsonSchema); // The declared type of a key is wider.
}

/** Zod writes the names of these checks as formats; the pattern already has the rule. */
const CHECK_FORMATS: ReadonlySet<unknown> = new Set(['starts_with', 'ends_with', 'includes', 'lowercase', 'uppercase']);

/** Removes literal values without a JSON form. A bigint would be sent as a number, which fails validation. */
function correctLiteral(values: readonly unknown[], jsonSchema: MutableSchema): void {
  const scalars = values.filter(isJsonScalar);
  if (scalars.length === values.length) return;
  delete jsonSchema['const'];
  delete jsonSchema['type'];
  jsonSchema['enum'] = scalars;
}

function correctPatternProperties(key: $ZodTypes, jsonSchema: MutableSchema): void {
  const { patternProperties } = jsonSchema;
  if (!isRecord(patternProperties)) return;
  const flagged = listFlaggedPatterns(key);
  const kept = Object.entries(patternProperties).filter(([pattern]) => !flagged.has(pattern));
  delete jsonSchema['patternProperties'];
  if (kept.length > 0) jsonSchema['patternProperties'] = Object.fromEntries(kept);
}

function listFlaggedPatterns({ _zod }: $ZodTypes): ReadonlyMap<string, string> {
  const { def, bag } = _zod;
  const checks = 'checks' in def && Array.isArray(def.checks) ? def.checks : [];
  const found: readonly unknown[] = [
    Reflect.get(def, 'pattern'),
    ...checks.map((check) => Reflect.get(Object(Reflect.get(Object(check), '_zod')?.def), 'pattern')),
    ...(bag['patterns'] instanceof Set ? bag['patterns'] : []),
  ];
  return findFlaggedPatterns(found);
}
