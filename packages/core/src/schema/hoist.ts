import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';

/** The same schema with each reference pointing into `$defs` or to the root: not every server follows others. */
export function hoisted(root: JsonSchema): JsonSchema {
  const names = new Map<string, string>();
  const definitions: Record<string, unknown> = isRecord(root['$defs']) ? { ...root['$defs'] } : {};
  const rewritten = (schema: unknown): unknown => {
    if (Array.isArray(schema)) return schema.map(rewritten);
    if (!isRecord(schema)) return schema;
    const entries = Object.entries(schema).map(([keyword, value]) => {
      const isInner = keyword === '$ref' && typeof value === 'string' && /^#\/(?!\$defs\/)/.test(value);
      return [keyword, isInner ? `#/$defs/${nameFor(value)}` : rewritten(value)];
    });
    return Object.fromEntries(entries);
  };
  const nameFor = (reference: string): string => {
    const known = names.get(reference);
    if (known !== undefined) return known;
    let name = reference.split('/').at(-1)?.replace(/\W/g, '_') || 'shared';
    while (Object.hasOwn(definitions, name)) name += '_';
    names.set(reference, name);
    // There already while its own references are looked at: it may be one of them.
    definitions[name] = true;
    definitions[name] = rewritten(at(root, reference));
    return name;
  };
  const { $defs: _, ...rest } = root;
  const schema = rewritten(rest) as JsonSchema; // An object stays one.
  return Object.keys(definitions).length === 0 ? schema : { ...schema, $defs: definitions };
}

function at(root: JsonSchema, reference: string): unknown {
  let place: unknown = root;
  for (const part of reference.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(place)) place = place[Number(key)];
    else place = isRecord(place) ? place[key] : undefined;
  }
  return place;
}
