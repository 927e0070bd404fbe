// The rules of OpenAI's structured outputs, by its guide, as checks of a finished schema. They come
// from that page, not from the renderer, which they test.

type Schema = Readonly<Record<string, unknown>>;

const KEYWORDS = new Set([
  'type',
  'description',
  'title',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'enum',
  'const',
  'anyOf',
  '$ref',
  '$defs',
  'pattern',
  'format',
  'multipleOf',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
]);
const TYPES = new Set(['string', 'number', 'boolean', 'integer', 'object', 'array', 'null']);
const FORMATS = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid']);

/** Finds the parts of a schema that break a rule. */
export function findStrictProblems(root: Schema): readonly string[] {
  const problems: string[] = [];
  let properties = 0;
  let values = 0;
  let characters = 0;

  const visit = (schema: Schema, { path, depth }: { readonly path: string; readonly depth: number }): void => {
    const report = (text: string): unknown => problems.push(`${path || '#'}: ${text}`);
    for (const keyword of Object.keys(schema)) if (!KEYWORDS.has(keyword)) report(`the keyword ${keyword}`);
    const { type, $ref, anyOf, items, required, enum: listed, const: constant, format, pattern } = schema;
    if ($ref !== undefined && Object.keys(schema).length > 1) report('something beside $ref');
    if (typeof $ref === 'string' && $ref !== '#' && !Object.hasOwn((root['$defs'] ?? {}) as object, $ref.slice(8)))
      report(`a reference without a target: ${$ref}`);
    if ($ref === undefined && anyOf === undefined) {
      const types: readonly unknown[] = Array.isArray(type) ? type : [type];
      for (const each of types) if (!TYPES.has(String(each))) report(`the type ${String(each)}`);
      if (types.includes('object')) {
        if (depth > 10) report('nested too deeply');
        if (schema['additionalProperties'] !== false) report('an open object');
        const names = Object.keys((schema['properties'] ?? {}) as object);
        if (JSON.stringify([...names].sort()) !== JSON.stringify([...((required ?? []) as string[])].sort()))
          report('a property that is not required');
      }
      if (types.includes('array') && items === undefined) report('an array of any value');
    }
    if (format !== undefined && !FORMATS.has(String(format))) report(`the format ${String(format)}`);
    if (typeof pattern === 'string' && pattern.includes('(?')) {
      if (/\(\?(=|!|<=|<!)/.test(pattern)) report('a pattern with look-around');
    }
    const all = Array.isArray(listed) ? listed : constant === undefined ? [] : [constant];
    values += all.length;
    characters += all.reduce((sum: number, value: unknown) => sum + (typeof value === 'string' ? value.length : 0), 0);
    for (const [name, property] of Object.entries((schema['properties'] ?? {}) as Record<string, Schema>)) {
      properties++;
      characters += name.length;
      visit(property, { path: `${path}/${name}`, depth: depth + 1 });
    }
    if (items !== undefined) visit(items as Schema, { path: `${path}/[]`, depth });
    for (const branch of (anyOf ?? []) as Schema[]) visit(branch, { path: `${path}|`, depth });
    for (const [name, definition] of Object.entries((schema['$defs'] ?? {}) as Record<string, Schema>))
      visit(definition, { path: `$${name}`, depth: 1 });
  };

  visit(root, { path: '', depth: 1 });
  if (root['type'] !== 'object' || root['anyOf'] !== undefined) problems.push('#: no object at the root');
  if (properties > 5_000) problems.push('too many properties');
  if (values > 1_000) problems.push('too many values');
  if (characters > 120_000) problems.push('too many characters');
  return problems;
}
