import { type $ZodType, type $ZodTypes, toJSONSchema } from 'zod/v4/core';
import { ConfigError } from '../base/errors.ts';
import { isRecord } from '../base/json.ts';
import { isDynamic } from './dynamic.ts';
import { isJsonScalar, type JsonSchema } from './json-schema.ts';
import { addPatternNotes, correctPatterns, findFlagged, type Made } from './pattern-flags.ts';
import { propertyPath } from './property-path.ts';

/** Zod 4's own schemas, classic and mini. */
export function isZod(schema: object): schema is $ZodType {
  return '_zod' in schema;
}

/**
 * The input side of a zod 4 schema: what a model has to write.
 *
 * @throws ConfigError for a type that no JSON value passes, with its place and what to use in its stead.
 */
export function zodToJsonSchema(schema: $ZodType, where: string): JsonSchema {
  const unfit: Unfit[] = [];
  const jsonSchema = convert(schema, (each) => unfit.push(each));
  // Zod comes to the inner ones first.
  const first = unfit.at(-1);
  if (jsonSchema !== undefined && first === undefined) return addPatternNotes(jsonSchema);
  const { path, type, cause } = first ?? { path: '', type: 'this schema', cause: undefined };
  throw new ConfigError(`${where}${path}: JSON Schema can't express ${type}. ${FIXES[type] ?? FIX}`, { cause });
}

interface Unfit {
  readonly path: string;
  readonly type: string;
  readonly cause: unknown;
}

/** `undefined` for a schema that zod itself refuses. */
function convert(schema: $ZodType, refuse: (unfit: Unfit) => void): JsonSchema | undefined {
  try {
    const {
      $schema: _,
      '~standard': __,
      ...jsonSchema
    } = toJSONSchema(schema, {
      io: 'input',
      // Each is looked at below: zod makes something of some types that no value from JSON then passes.
      unrepresentable: 'any',
      override({ zodSchema, jsonSchema: made, path }) {
        const type = findUnfitType(zodSchema);
        if (type === undefined) correctZod(zodSchema, made);
        else refuse({ path: propertyPath(path), type, cause: findCause(zodSchema) });
      },
    });
    return jsonSchema;
  } catch (cause) {
    refuse({ path: '', type: 'this schema', cause });
    return undefined;
  }
}

/** What zod itself says of it. */
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

const UNFIT: ReadonlySet<string> = new Set([
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

/** The type of a schema that no JSON value passes, whatever zod makes of it; `undefined` for any other. */
function findUnfitType({ _zod }: $ZodTypes): string | undefined {
  const { def } = _zod;
  if (def.type === 'literal' && def.values.length > 0 && !def.values.some(isJsonScalar)) return 'literal';
  return UNFIT.has(def.type) ? def.type : undefined;
}

/** Corrects what zod wrote into a JSON Schema and its own check does not mean, or JSON can't say. */
function correctZod(schema: $ZodTypes, made: Made): void {
  const { def } = schema._zod;
  for (const [keyword, value] of Object.entries(made))
    if (typeof value === 'number' && !Number.isFinite(value)) delete made[keyword];
  if (def.type === 'default' || def.type === 'prefault') {
    if (isDynamic(() => def.defaultValue)) delete made['default'];
  } else if (def.type === 'catch') {
    if (isDynamic(() => def.catchValue(undefined as never))) delete made['default']; // As zod itself calls it here.
  } else if (def.type === 'literal') correctLiteral(def.values, made);
  // Of what goes in, not of what comes out.
  else if (def.type === 'success') delete made['type'];
  else if (def.type === 'string') {
    if (CHECKS.has(made['format'])) delete made['format'];
    correctPatterns(made, findFlaggedPatterns(schema));
  } else if (def.type === 'record') correctPatternProperties(def.keyType as $ZodTypes, made); // Its own type is wider.
}

/** Zod gives the name of such a check as a format; its pattern says it. */
const CHECKS: ReadonlySet<unknown> = new Set(['starts_with', 'ends_with', 'includes', 'lowercase', 'uppercase']);

/** Values that JSON does not have are left out; a bigint would be sent as a number, which then does not pass. */
function correctLiteral(values: readonly unknown[], made: Made): void {
  const sent = values.filter(isJsonScalar);
  if (sent.length === values.length) return;
  delete made['const'];
  delete made['type'];
  made['enum'] = sent;
}

function correctPatternProperties(key: $ZodTypes, made: Made): void {
  const { patternProperties } = made;
  if (!isRecord(patternProperties)) return;
  const flagged = findFlaggedPatterns(key);
  const kept = Object.entries(patternProperties).filter(([pattern]) => !flagged.has(pattern));
  delete made['patternProperties'];
  if (kept.length > 0) made['patternProperties'] = Object.fromEntries(kept);
}

function findFlaggedPatterns({ _zod }: $ZodTypes): ReadonlyMap<string, string> {
  const { def, bag } = _zod;
  const checks = 'checks' in def && Array.isArray(def.checks) ? def.checks : [];
  const found: readonly unknown[] = [
    Reflect.get(def, 'pattern'),
    ...checks.map((check) => Reflect.get(Object(Reflect.get(Object(check), '_zod')?.def), 'pattern')),
    ...(bag['patterns'] instanceof Set ? bag['patterns'] : []),
  ];
  return findFlagged(found);
}
