// What kinds of servers take of JSON Schema, as their documents and sources say, checked by walking over a finished schema.
// Written from those pages, and not from the table of core, which it is held against.

type Schema = Readonly<Record<string, unknown>>;

type Rule = (schema: Schema, place: { readonly isRoot: boolean; readonly root: Schema }) => string | false;

const refuses =
  (...keywords: readonly string[]): Rule =>
  (schema) => {
    const found = keywords.find((keyword) => schema[keyword] !== undefined);
    return found !== undefined && `the keyword ${found}`;
  };

/** https://platform.openai.com/docs/guides/function-calling, and Anthropic's `input_schema`. */
const toObjectRoot: Rule = (schema, { isRoot }) => {
  if (!isRoot) return false;
  const combined = ['anyOf', 'oneOf', 'allOf', 'not', 'enum', '$ref'].find((keyword) => schema[keyword] !== undefined);
  return combined === undefined ? schema['type'] !== 'object' && 'no object at the root' : `${combined} at the root`;
};

const localReferences: Rule = ({ $ref }, { root }) => {
  if (typeof $ref !== 'string' || $ref === '#') return false;
  const [, keyword = '', name = ''] = /^#\/(\$defs|definitions)\/([\w.-]+)$/.exec($ref) ?? [];
  return !Object.hasOwn((root[keyword] ?? {}) as object, name) && `the reference ${$ref}`;
};

const noRootReference: Rule = ({ $ref }) => $ref === '#' && 'a reference to the root';
const bareReferences: Rule = (schema) =>
  schema['$ref'] !== undefined && Object.keys(schema).length > 1 && 'something beside a reference';
const arraysHaveItems: Rule = ({ type, items, prefixItems }) =>
  type === 'array' && items === undefined && prefixItems === undefined && 'an array without items';
const noTuples: Rule = ({ items, prefixItems }) => (prefixItems !== undefined || Array.isArray(items)) && 'a tuple';
const noNewTuples: Rule = ({ prefixItems }) => prefixItems !== undefined && 'a tuple as of 2020-12';

const patterns =
  (refused: RegExp, needed?: RegExp): Rule =>
  ({ pattern }) =>
    typeof pattern === 'string' &&
    (refused.test(pattern) || needed?.test(pattern) === false) &&
    `the pattern ${pattern}`;

/** Python's `re`, without look-around; and what no automaton can be made of. */
const PYTHON = /\(\?(?!:)|\\[pPuk]\{|\\[1-9k]/;
const AUTOMATON = /\(\?(?!:)|\\[pPuk]\{|\\[1-9kbB]/;
/** Beside an escape of a sign of regular expressions. */
const GBNF = /^(?:\\[.[\](){}|*+?^$]|[^\\])*?(?:\\[a-zA-Z0-9/"\\-]|(?<!\\)[."]|\(\?(?!:)|\[\^)/;

const typed: Rule = (schema) =>
  ['type', 'anyOf', '$ref'].every((keyword) => schema[keyword] === undefined) && 'no type';
const typeInsideUnion: Rule = ({ type, anyOf }) => anyOf !== undefined && type !== undefined && 'a type beside anyOf';
const bareUnion: Rule = (schema, { isRoot }) => {
  const others = Object.keys(schema).filter((keyword) => !['anyOf', 'description', 'title', '$defs'].includes(keyword));
  return schema['anyOf'] !== undefined && !isRoot && others.length > 0 && `${others.join()} beside anyOf`;
};
const bareTypeList: Rule = (schema) => {
  const others = Object.keys(schema).filter((keyword) => !['type', 'description', 'title'].includes(keyword));
  return Array.isArray(schema['type']) && others.length > 0 && `${others.join()} beside several types`;
};
const noTypeLists: Rule = ({ type }) => Array.isArray(type) && 'a list of types';
const enumOf =
  (...types: readonly string[]): Rule =>
  ({ enum: values, type }) => {
    if (!Array.isArray(values)) return false;
    const kinds = new Set(values.map((value) => (value === null ? 'null' : typeof value)));
    const [kind = ''] = kinds;
    return (kinds.size > 1 || !types.includes(kind) || String(type).replace('integer', 'number') !== kind) && 'an enum';
  };

const EVERYWHERE: readonly Rule[] = [toObjectRoot, localReferences];

const RULES: Readonly<Record<string, readonly Rule[]>> = {
  openai: [patterns(PYTHON), arraysHaveItems, noTuples],
  azure: [patterns(PYTHON), arraysHaveItems, noTuples],
  foundry: [patterns(PYTHON), arraysHaveItems, noTuples],
  openrouter: [patterns(PYTHON), arraysHaveItems, noTuples],
  vllm: [
    patterns(AUTOMATON),
    refuses('multipleOf', 'uniqueItems', 'contains', 'propertyNames', 'not'),
    (schema) =>
      (schema['pattern'] ?? schema['format']) !== undefined && refuses('minLength', 'maxLength')(schema, {} as never),
  ],
  llamacpp: [patterns(GBNF, /^\^.*\$$/), noRootReference, noNewTuples, refuses('not')],
  ollama: [patterns(GBNF, /^\^.*\$$/), noRootReference, noNewTuples, refuses('not')],
  lmstudio: [patterns(GBNF, /^\^.*\$$/), noRootReference, noTuples, refuses('not')],
  xai: [patterns(AUTOMATON), refuses('minLength', 'maxLength', 'minItems', 'maxItems', 'allOf')],
  moonshot: [
    typed,
    typeInsideUnion,
    bareUnion,
    bareTypeList,
    bareReferences,
    noTuples,
    enumOf('string', 'number'),
    refuses('oneOf', 'allOf', 'not', 'const', 'pattern', 'format', 'exclusiveMinimum', 'exclusiveMaximum'),
    refuses('multipleOf', 'propertyNames', 'patternProperties', 'uniqueItems', 'default', '$schema'),
  ],
  gemini: [
    noTypeLists,
    bareUnion,
    bareReferences,
    noTuples,
    arraysHaveItems,
    enumOf('string'),
    refuses('oneOf', 'allOf', 'not', 'const', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'),
    refuses('propertyNames', 'patternProperties', 'uniqueItems', '$schema', 'readOnly'),
    ({ additionalProperties: more }) => typeof more === 'boolean' && 'additionalProperties',
  ],
  cerebras: [
    noTypeLists,
    refuses('pattern', 'format', 'minItems', 'maxItems', 'minLength', 'maxLength', 'minimum', 'maximum'),
    refuses('oneOf', 'allOf', 'not', 'const', 'exclusiveMinimum', 'exclusiveMaximum', 'default', 'propertyNames'),
    arraysHaveItems,
  ],
};

/** What a server of this profile would not take of a schema; nothing for a schema that it takes. */
export function serverProblems(profile: string, root: Schema): readonly string[] {
  const rules = [...EVERYWHERE, ...(RULES[profile] ?? [patterns(AUTOMATON)])];
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
