import {
  COMMON_FORMATS,
  CONTAINS,
  CONTENT_ENCODINGS,
  EXCLUSIVE_LIMITS,
  LIST_LENGTHS,
  NUMBER_LIMITS,
  OTHER_PROPERTIES,
  PROPERTY_COUNTS,
  TEXT_LENGTHS,
  USAGE_NOTES,
} from '../schema/keywords.ts';
import { FULL_SUPPORT, type SchemaSupport } from '../schema/schema-support.ts';

// The parts of JSON Schema that kinds of servers support, from their documentation, their sources and observed refusals.

/** Servers that compile a schema to a grammar: they refuse other patterns, or drop the grammar silently. */
export const GRAMMAR_SCHEMAS: SchemaSupport = { ...FULL_SUPPORT, patterns: 'regular' };

/**
 * Compiles patterns with Python's `re` and refuses look-around, with and without `strict`. Needs `items` of each array, and schemas that
 * are objects. https://github.com/BerriAI/litellm/pull/40485, https://github.com/vercel/ai/pull/21037,
 * https://github.com/AnswerDotAI/fastcore/issues/798
 */
export const OPENAI_SCHEMAS: SchemaSupport = {
  ...FULL_SUPPORT,
  patterns: 'python',
  tuples: 'none',
  booleanSchemas: false,
};

/** https://github.com/vllm-project/vllm/blob/main/vllm/v1/structured_output/backend_xgrammar.py (`has_xgrammar_unsupported_json_features`) */
export const XGRAMMAR_SCHEMAS: SchemaSupport = {
  ...GRAMMAR_SCHEMAS,
  omittedKeywords: ['not', 'multipleOf', 'uniqueItems', ...CONTAINS, ...OTHER_PROPERTIES],
  formats: [...COMMON_FORMATS, 'uri', 'uri-reference', 'uri-template', 'json-pointer', 'relative-json-pointer'],
  lengthsBesidePatterns: false,
};

/**
 * https://github.com/ggml-org/llama.cpp/blob/master/common/json-schema-to-grammar.cpp: a schema that is `false`, a reference to
 * `#` and a pattern without both anchors are errors, `{}` is an object. A grammar that does not parse, because of an escape or
 * 2,000 repetitions, is dropped.
 */
export const LLAMA_GRAMMAR_SCHEMAS: SchemaSupport = {
  ...FULL_SUPPORT,
  omittedKeywords: ['not'],
  patterns: 'gbnf',
  maxRepetitions: 2_000,
  tuples: 'closed',
  anyValues: 'all-types',
  booleanSchemas: false,
  references: 'definitions',
};

/**
 * Refuses circular references and more than one part of `allOf`. Responded with 502 to length limits.
 * https://docs.x.ai/developers/model-capabilities/text/structured-outputs, https://github.com/openclaw/openclaw (`clean-for-xai`)
 */
export const XAI_SCHEMAS: SchemaSupport = {
  ...GRAMMAR_SCHEMAS,
  omittedKeywords: [...TEXT_LENGTHS, ...LIST_LENGTHS, 'minContains', 'maxContains'],
  unions: 'any-of',
};

const LIMIT_KEYWORDS = [...NUMBER_LIMITS, ...TEXT_LENGTHS, ...LIST_LENGTHS];

/** Keywords that do not constrain values. */
const ANNOTATION_KEYWORDS = ['$schema', '$comment', 'examples', ...USAGE_NOTES];

/** Keywords that few servers support. */
const RARE_KEYWORDS = [
  ...['not', 'dependentRequired', 'unevaluatedProperties', 'unevaluatedItems', 'uniqueItems', 'contentSchema'],
  ...[...OTHER_PROPERTIES, ...CONTAINS, ...CONTENT_ENCODINGS],
];

/**
 * Moonshot Flavored JSON Schema. https://github.com/MoonshotAI/walle/blob/main/docs/walle.md,
 * https://github.com/MoonshotAI/walle/blob/main/docs/mfjs-walle-vs-draft-2020-12.md. Only a reference without siblings is
 * accepted for certain: https://github.com/MoonshotAI/kimi-cli/issues/2061
 */
export const MOONSHOT_SCHEMAS: SchemaSupport = {
  ...FULL_SUPPORT,
  omittedKeywords: [
    ...ANNOTATION_KEYWORDS,
    ...RARE_KEYWORDS,
    ...PROPERTY_COUNTS,
    ...EXCLUSIVE_LIMITS,
    'multipleOf',
    'default',
  ],
  formats: [],
  patterns: 'none',
  tuples: 'none',
  anyValues: 'all-types',
  booleanSchemas: false,
  typeLists: 'bare',
  constants: false,
  enums: 'one-type',
  unions: 'any-of',
  references: 'inline',
};

/**
 * Parses a schema into its own `Schema` message, and refuses other fields, lists of types, and numbers in an `enum`. https://ai.google.dev/api/caching#Schema, https://github.com/pizza-bot-app/pizza-bot/issues/62,
 * https://github.com/zed-industries/zed/issues/44875. Newer models reportedly accept more; all models
 * accept this much.
 */
export const GEMINI_SCHEMAS: SchemaSupport = {
  ...GRAMMAR_SCHEMAS,
  omittedKeywords: [
    ...ANNOTATION_KEYWORDS,
    ...RARE_KEYWORDS,
    ...EXCLUSIVE_LIMITS,
    'multipleOf',
    'additionalProperties',
  ],
  formats: ['date-time'],
  tuples: 'none',
  booleanSchemas: false,
  typeLists: 'none',
  constants: false,
  enums: 'texts',
  unions: 'any-of',
  references: 'inline',
};

/**
 * https://inference-docs.cerebras.ai/capabilities/structured-outputs (limits of strict mode). Refuses limits of values, formats and lists of
 * types. https://github.com/musistudio/claude-code-router/issues/708
 */
export const CEREBRAS_SCHEMAS: SchemaSupport = {
  ...FULL_SUPPORT,
  omittedKeywords: [
    ...ANNOTATION_KEYWORDS,
    '$anchor',
    'default',
    'title',
    ...RARE_KEYWORDS,
    ...PROPERTY_COUNTS,
    ...LIMIT_KEYWORDS,
  ],
  formats: [],
  patterns: 'none',
  booleanSchemas: false,
  typeLists: 'none',
  constants: false,
  unions: 'any-of',
  maxStrictLength: 5_000,
  strictRecursion: false,
};
