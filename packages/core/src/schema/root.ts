import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';

/** A schema whose root is a reference, as one with an id of its own has it, with what that refers to in its place. */
export function withoutReference({ $ref, ...schema }: JsonSchema): JsonSchema {
  const { $defs } = schema;
  const name = typeof $ref === 'string' ? /^#\/\$defs\/([^/~]+)$/.exec($ref)?.[1] : undefined;
  const target = name !== undefined && isRecord($defs) && Object.hasOwn($defs, name) ? $defs[name] : undefined;
  if (!isRecord(target)) return $ref === undefined ? schema : { $ref, ...schema };
  return { ...target, ...schema };
}

/** `{ value: … }` around a schema whose root is no object: servers take nothing else there. */
export function wrapped({ $defs, ...schema }: JsonSchema): JsonSchema {
  const around = { type: 'object', required: ['value'], additionalProperties: false } as const;
  const definitions = isRecord($defs) ? $defs : {};
  if (!refersToRoot(schema) && !refersToRoot(definitions)) {
    return { ...around, properties: { value: schema }, ...($defs !== undefined && { $defs }) };
  }
  let name = 'value';
  while (Object.hasOwn(definitions, name)) name += '_';
  const moved = moveRoot({ ...definitions, [name]: schema }, `#/$defs/${name}`);
  return { ...around, properties: { value: { $ref: `#/$defs/${name}` } }, $defs: moved };
}

function refersToRoot(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.some(refersToRoot);
  if (!isRecord(schema)) return false;
  return Object.entries(schema).some(([keyword, value]) =>
    keyword === '$ref' ? isRootReference(value) : refersToRoot(value),
  );
}

function isRootReference(reference: unknown): reference is string {
  return typeof reference === 'string' && /^#(\/(?!\$defs\/)|$)/.test(reference);
}

function moveRoot(schema: unknown, root: string): unknown {
  if (Array.isArray(schema)) return schema.map((each) => moveRoot(each, root));
  if (!isRecord(schema)) return schema;
  const entries = Object.entries(schema).map(([keyword, value]) => {
    const isMoved = keyword === '$ref' && isRootReference(value);
    return [keyword, isMoved ? root + value.slice(1) : moveRoot(value, root)];
  });
  return Object.fromEntries(entries);
}
