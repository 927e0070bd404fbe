import { NARROWING, type Reason, SHORTCUT } from './reason.ts';

/** Of `schema/`. */
export const SCHEMA_REASONS: readonly Reason[] = [
  {
    file: 'schema/definitions.ts',
    code: `if (isRecord(definition)) this.#named.set(\`#/\${keyword}/\${name}\`, definition);`,
    changes: ['isRecord(definition) → true'],
    reason: 'equal: what is found has to be an object in any case',
  },
  {
    file: 'schema/json-texts.ts',
    code: 'if (!holdsJsonText(value)) return { value, paths: [] };',
    changes: ['!holdsJsonText(value) → false'],
    reason: SHORTCUT,
  },
  {
    file: 'schema/merge.ts',
    code: 'return one === other || canonicalJson(one) === canonicalJson(other);',
    changes: ['one === other → false'],
    reason: SHORTCUT,
  },
  {
    file: 'schema/normalize.ts',
    code: 'if (!Array.isArray(items)) return { ...upgrade, ...(items !== undefined && { items }) };',
    changes: ['items !== undefined → true'],
    reason: 'equal: the last step drops what is `undefined`',
  },
  {
    file: 'schema/null-branches.ts',
    code: 'return all.flatMap((one) => all.filter((other) => other !== one).map((other) => [one, other] as const));',
    changes: ['other !== one → true'],
    reason: 'equal: a branch names each property of its own',
  },
  {
    file: 'schema/strict.ts',
    code: 'const [single, ...more] = Array.isArray(allOf) ? allOf : [];',
    changes: ['[] → ["Stryker was here"]'],
    reason: 'equal: a part that is no object is refused as well',
  },
  {
    file: 'schema/alternatives.ts',
    code: 'memoize((schema: JsonSchema): readonly JsonSchema[] => [...new Set(expand(schema, { root, around: [] }))]),',
    changes: ['[] → ["Stryker was here"]'],
    reason: 'equal: no schema is that text',
  },
  {
    file: 'schema/definitions.ts',
    code: 'return listSubschemas(schema).every(([, each]) => hasNoReferences(each));',
    changes: ['([, each]) => hasNoReferences(each) → () => undefined'],
    reason: SHORTCUT,
  },
  {
    file: 'schema/dynamic.ts',
    code: 'const isNear = (ms: number): boolean => Math.abs(ms - now) < DAY_MS;',
    changes: ['Math.abs(ms - now) < DAY_MS → Math.abs(ms - now) <= DAY_MS'],
    reason: 'not tested: a time of exactly a day ago',
  },
  {
    file: 'schema/dynamic.ts',
    code: 'const stamps = json.match(/\\d{10,}/g) ?? [];',
    changes: ['[] → ["Stryker was here"]'],
    reason: 'equal: that text is no date',
  },
  {
    file: 'schema/dynamic.ts',
    code: 'const dates = json.match(/\\d{1,4}[-/.]\\d{1,2}[-/.]\\d{1,4}/g) ?? [];',
    changes: ['[] → ["Stryker was here"]'],
    reason: 'equal: that text is no date',
  },
  {
    file: 'schema/null-branches.ts',
    code: 'if (BRANCHING.some((keyword) => schema[keyword] !== undefined)) {',
    changes: ['BRANCHING.some((keyword) => schema[keyword] !== undefined) → true'],
    reason: SHORTCUT,
  },
  {
    file: 'schema/nulls.ts',
    code: "return value === null || (typeof value === 'object' && Object.values(value).some(holdsNull));",
    changes: ["value === null || (typeof value === 'object' && Object.values(value).some(holdsNull)) → true"],
    reason: SHORTCUT,
  },
  {
    file: 'schema/object-root.ts',
    code: "return { type: 'object', properties: Object.fromEntries(properties), required, additionalProperties: false };",
    changes: [`'object' → ""`],
    reason: 'equal: the root is made an object in any case',
  },
  {
    file: 'schema/output.ts',
    code: 'linkedReport(jsonSchema, { strict: undefined, where });',
    changes: ['{ strict: undefined, where } → {}'],
    reason: 'equal: only the error of a schema that has to be strict reads it',
  },
  {
    file: 'schema/output.ts',
    code: 'if (isObjectRoot(schema)) return schema;',
    changes: ['isObjectRoot(schema) → false'],
    reason: SHORTCUT,
  },
  {
    file: 'schema/pattern-flags.ts',
    code: "const FLAGGED = 'pawl:pattern';",
    reason: 'equal: any name will do that is no keyword',
  },
  {
    file: 'schema/pattern-flags.ts',
    code: "else if (kept.length > 1) made['allOf'] = kept.map((each) => ({ pattern: each }));",
    changes: ['kept.length > 1 → kept.length >= 1'],
    reason: 'equal: one pattern is handled in the line before',
  },
  {
    file: 'schema/patterns.ts',
    code: 'if (answers.size >= MOST_ANSWERS) answers.clear();',
    reason: 'equal: an answer that was forgotten is made again',
  },
  {
    file: 'schema/patterns.ts',
    code: 'else if (/^[.^$]$/.test(token) || !isSafeBetween(token, token)) return false;',
    changes: ['/^[.^$]$/ → /[.^$]$/'],
    reason: 'equal: every token that comes here is one sign',
  },
  {
    file: 'schema/plain.ts',
    code: "const vendor = (schema as StandardSchema)['~standard']?.vendor; // It is there.",
    reason: NARROWING,
  },
  {
    file: 'schema/reduce-keywords.ts',
    code: 'if (lost.length === 0) return { schema, notes };',
    changes: ['lost.length === 0 → false'],
    reason: SHORTCUT,
  },
  {
    file: 'schema/reduce.ts',
    code: 'if (single !== undefined && more.length === 0 && isRecord(single))',
    changes: ['single !== undefined → true'],
    reason: NARROWING,
  },
  {
    file: 'schema/schema-support.ts',
    code: 'omittedKeywords: [],',
    reason: 'equal: that text is no keyword',
  },
  {
    file: 'schema/strict.ts',
    code: 'const isMerged = original !== schema;',
    changes: ['original !== schema → true'],
    reason: SHORTCUT,
  },
  {
    file: 'schema/zod.ts',
    code: "unrepresentable: 'any',",
    reason: 'equal: zod throws for one other word alone',
  },
  {
    file: 'schema/zod3.ts',
    code: "if (typeName === 'ZodDefault' && defaultValue !== undefined && isDynamic(defaultValue)) delete made['default'];",
    changes: ['defaultValue !== undefined → true'],
    reason: NARROWING,
  },
  {
    file: 'schema/zod3.ts',
    code: "if (typeName === 'ZodString') correctPatterns(made, findFlagged(checks.map(({ regex }) => regex)));",
    changes: ["typeName === 'ZodString' → true"],
    reason: 'equal: only the checks of texts have patterns',
  },
];
