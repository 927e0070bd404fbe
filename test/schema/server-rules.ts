// The JSON Schema support of servers, by their documentation and sources, as checks of a finished schema.
// The rules come from those pages, not from the table of core, which they test.

type Schema = Readonly<Record<string, unknown>>;

type Rule = (schema: Schema, place: { readonly isRoot: boolean; readonly root: Schema }) => string | false;

const refuseKeywords =
  (...keywords: readonly string[]): Rule =>
  (schema) => {
    const found = keywords.find((keyword) => schema[keyword] !== undefined);
    return found !== undefined && `the keyword ${found}`;
  };

/** https://platform.openai.com/docs/guides/function-calling, and Anthropic's `input_schema`. */
const requireObjectRoot: Rule = (schema, { isRoot }) => {
  if (!isRoot) return false;
  const combined = ['anyOf', 'oneOf', 'allOf', 'not', 'enum', '$ref'].find((keyword) => schema[keyword] !== undefined);
  return combined === undefined ? schema['type'] !== 'object' && 'no object at the root' : `${combined} at the root`;
};

const requireLocalReferences: Rule = ({ $ref }, { root }) => {
  if (typeof $ref !== 'string' || $ref === '#') return false;
  const [, keyword = '', name = ''] = /^#\/(\$defs|definitions)\/([\w.-]+)$/.exec($ref) ?? [];
  return !Object.hasOwn((root[keyword] ?? {}) as object, name) && `the reference ${$ref}`;
};

const refuseRootReference: Rule = ({ $ref }) => $ref === '#' && 'a reference to the root';
const requireBareReferences: Rule = (schema) =>
  schema['$ref'] !== undefined && Object.keys(schema).length > 1 && 'something beside a reference';
const requireItems: Rule = ({ type, items, prefixItems }) =>
  type === 'array' && items === undefined && prefixItems === undefined && 'an array without items';
const refuseTuples: Rule = ({ items, prefixItems }) => (prefixItems !== undefined || Array.isArray(items)) && 'a tuple';
const refusePrefixItems: Rule = ({ prefixItems }) => prefixItems !== undefined && 'a tuple as of 2020-12';

const checkPatterns =
  (refused: RegExp, needed?: RegExp): Rule =>
  ({ pattern }) =>
    typeof pattern === 'string' &&
    (refused.test(pattern) || needed?.test(pattern) === false) &&
    `the pattern ${pattern}`;

/** Matches what Python's `re` without look-around, or an automaton, does not support. */
const PYTHON = /\(\?(?!:)|\\[pPuk]\{|\\[1-9k]/;
const AUTOMATON = /\(\?(?!:)|\\[pPuk]\{|\\[1-9kbB]/;
/** Matches what llama.cpp cannot convert. It converts escapes of the special characters of regular expressions. */
const GBNF = /^(?:\\[.[\](){}|*+?^$]|[^\\])*?(?:\\[a-zA-Z0-9/"\\-]|(?<!\\)[."]|\(\?(?!:)|\[\^)/;

const requireType: Rule = (schema) =>
  ['type', 'anyOf', '$ref'].every((keyword) => schema[keyword] === undefined) && 'no type';
const refuseTypeBesideUnion: Rule = ({ type, anyOf }) =>
  anyOf !== undefined && type !== undefined && 'a type beside anyOf';
const requireBareUnion: Rule = (schema, { isRoot }) => {
  const others = Object.keys(schema).filter((keyword) => !['anyOf', 'description', 'title', '$defs'].includes(keyword));
  return schema['anyOf'] !== undefined && !isRoot && others.length > 0 && `${others.join()} beside anyOf`;
};
const requireBareTypeList: Rule = (schema) => {
  const others = Object.keys(schema).filter((keyword) => !['type', 'description', 'title'].includes(keyword));
  return Array.isArray(schema['type']) && others.length > 0 && `${others.join()} beside several types`;
};
const refuseTypeLists: Rule = ({ type }) => Array.isArray(type) && 'a list of types';
const requireEnumOf =
  (...types: readonly string[]): Rule =>
  ({ enum: values, type }) => {
    if (!Array.isArray(values)) return false;
    const kinds = new Set(values.map((value) => (value === null ? 'null' : typeof value)));
    const [kind = ''] = kinds;
    return (kinds.size > 1 || !types.includes(kind) || String(type).replace('integer', 'number') !== kind) && 'an enum';
  };

const EVERYWHERE: readonly Rule[] = [requireObjectRoot, requireLocalReferences];

const RULES: Readonly<Record<string, readonly Rule[]>> = {
  openai: [checkPatterns(PYTHON), requireItems, refuseTuples],
  azure: [checkPatterns(PYTHON), requireItems, refuseTuples],
  foundry: [checkPatterns(PYTHON), requireItems, refuseTuples],
  openrouter: [checkPatterns(PYTHON), requireItems, refuseTuples],
  vllm: [
    checkPatterns(AUTOMATON),
    refuseKeywords('multipleOf', 'uniqueItems', 'contains', 'propertyNames', 'not'),
    (schema) =>
      (schema['pattern'] ?? schema['format']) !== undefined &&
      refuseKeywords('minLength', 'maxLength')(schema, {} as never),
  ],
  llamacpp: [checkPatterns(GBNF, /^\^.*\$$/), refuseRootReference, refusePrefixItems, refuseKeywords('not')],
  ollama: [checkPatterns(GBNF, /^\^.*\$$/), refuseRootReference, refusePrefixItems, refuseKeywords('not')],
  lmstudio: [checkPatterns(GBNF, /^\^.*\$$/), refuseRootReference, refuseTuples, refuseKeywords('not')],
  xai: [checkPatterns(AUTOMATON), refuseKeywords('minLength', 'maxLength', 'minItems', 'maxItems', 'allOf')],
  moonshot: [
    requireType,
    refuseTypeBesideUnion,
    requireBareUnion,
    requireBareTypeList,
    requireBareReferences,
    refuseTuples,
    requireEnumOf('string', 'number'),
    refuseKeywords('oneOf', 'allOf', 'not', 'const', 'pattern', 'format', 'exclusiveMinimum', 'exclusiveMaximum'),
    refuseKeywords('multipleOf', 'propertyNames', 'patternProperties', 'uniqueItems', 'default', '$schema'),
  ],
  gemini: [
    refuseTypeLists,
    requireBareUnion,
    requireBareReferences,
    refuseTuples,
    requireItems,
    requireEnumOf('string'),
    refuseKeywords('oneOf', 'allOf', 'not', 'const', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'),
    refuseKeywords('propertyNames', 'patternProperties', 'uniqueItems', '$schema', 'readOnly'),
    ({ additionalProperties: more }) => typeof more === 'boolean' && 'additionalProperties',
  ],
  cerebras: [
    refuseTypeLists,
    refuseKeywords('pattern', 'format', 'minItems', 'maxItems', 'minLength', 'maxLength', 'minimum', 'maximum'),
    refuseKeywords(
      'oneOf',
      'allOf',
      'not',
      'const',
      'exclusiveMinimum',
      'exclusiveMaximum',
      'default',
      'propertyNames',
    ),
    requireItems,
  ],
};

/** Finds the parts of a schema that a server with this profile does not support. */
export function findServerProblems(profile: string, root: Schema): readonly string[] {
  const rules = [...EVERYWHERE, ...(RULES[profile] ?? [checkPatterns(AUTOMATON)])];
  const problems: string[] = [];
  const visit = (schema: unknown, path: string): void => {
    if (Array.isArray(schema)) for (const [index, each] of schema.entries()) visit(each, `${path}/${index}`);
    else if (typeof schema === 'object' && schema !== null) {
      for (const rule of rules) {
        const problem = rule(schema as Schema, { isRoot: path === '', root });
        if (problem !== false) problems.push(`${path || '#'}: ${problem}`);
      }
      for (const [keyword, value] of Object.entries(schema)) visitKeyword(keyword, value, `${path}/${keyword}`);
    } else if (typeof schema === 'boolean' && ['openai', 'llamacpp', 'moonshot', 'gemini'].includes(profile))
      problems.push(`${path}: a boolean schema`);
  };
  const visitKeyword = (keyword: string, value: unknown, path: string): void => {
    if (['properties', '$defs', 'definitions', 'patternProperties'].includes(keyword))
      for (const [name, each] of Object.entries(value as object)) visit(each, `${path}/${name}`);
    else if (['items', 'prefixItems', 'anyOf', 'oneOf', 'allOf', 'not', 'propertyNames'].includes(keyword))
      visit(value, path);
    else if (keyword === 'additionalProperties' && typeof value === 'object') visit(value, path);
  };
  visit(root, '');
  return problems;
}
