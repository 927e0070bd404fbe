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

// What kinds of servers take of JSON Schema, by what they document, by their sources, and by what they were seen to refuse.

/** What a grammar can be made of: servers with one refuse any other pattern, or drop the grammar without a word. */
export const GRAMMARS: SchemaSupport = { ...FULL_SUPPORT, patterns: 'regular' };

/**
 * Compiles patterns with Python's `re` and refuses look-around, with and without `strict`; wants `items` of each array, and
 * schemas that are objects. https://github.com/BerriAI/litellm/pull/40485, https://github.com/vercel/ai/pull/21037,
 * https://github.com/AnswerDotAI/fastcore/issues/798
 */
export const OPENAI: SchemaSupport = { ...FULL_SUPPORT, patterns: 'python', tuples: 'none', booleanSchemas: false };

/** https://github.com/vllm-project/vllm/blob/main/vllm/v1/structured_output/backend_xgrammar.py (`has_xgrammar_unsupported_json_features`) */
export const XGRAMMAR: SchemaSupport = {
  ...GRAMMARS,
  omittedKeywords: ['not', 'multipleOf', 'uniqueItems', ...CONTAINS, ...OTHER_PROPERTIES],
  formats: [...COMMON_FORMATS, 'uri', 'uri-reference', 'uri-template', 'json-pointer', 'relative-json-pointer'],
  lengthsBesidePatterns: false,
};

/**
 * https://github.com/ggml-org/llama.cpp/blob/master/common/json-schema-to-grammar.cpp: a schema that is `false`, a reference to
 * `#` and a pattern without both anchors are errors, `{}` is an object, and a grammar that does not parse, as with an
 * escape or with 2,000 repetitions, is dropped.
 */
export const LLAMA_GRAMMAR: SchemaSupport = {
  ...FULL_SUPPORT,
  omittedKeywords: ['not'],
  patterns: 'gbnf',
  maxRepetitions: 2_000,
  tuples: 'closed',
  anyValues: 'all-types',
  booleanSchemas: false,
  references: 'definitions',
};

/** Takes no circular references and one part of `allOf`; answered 502 to lengths.
 * https://docs.x.ai/developers/model-capabilities/text/structured-outputs, https://github.com/openclaw/openclaw (`clean-for-xai`) */
export const XAI: SchemaSupport = {
  ...GRAMMARS,
  omittedKeywords: [...TEXT_LENGTHS, ...LIST_LENGTHS, 'minContains', 'maxContains'],
  unions: 'any-of',
};

const LIMITS = [...NUMBER_LIMITS, ...TEXT_LENGTHS, ...LIST_LENGTHS];

/** Says nothing about values. */
const ANNOTATIONS = ['$schema', '$comment', 'examples', ...USAGE_NOTES];

/** What few servers know. */
const RARE = [
  ...['not', 'dependentRequired', 'unevaluatedProperties', 'unevaluatedItems', 'uniqueItems', 'contentSchema'],
  ...[...OTHER_PROPERTIES, ...CONTAINS, ...CONTENT_ENCODINGS],
];

/**
 * Moonshot Flavored JSON Schema. https://github.com/MoonshotAI/walle/blob/main/docs/walle.md,
 * https://github.com/MoonshotAI/walle/blob/main/docs/mfjs-walle-vs-draft-2020-12.md. A bare reference alone is sure to be
 * taken: https://github.com/MoonshotAI/kimi-cli/issues/2061
 */
export const MOONSHOT: SchemaSupport = {
  ...FULL_SUPPORT,
  omittedKeywords: [...ANNOTATIONS, ...RARE, ...PROPERTY_COUNTS, ...EXCLUSIVE_LIMITS, 'multipleOf', 'default'],
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
 * Reads a schema into the fields of its own `Schema` message, and refuses others by name, lists of types and numbers in an
 * `enum` by value. https://ai.google.dev/api/caching#Schema, https://github.com/pizza-bot-app/pizza-bot/issues/62,
 * https://github.com/zed-industries/zed/issues/44875. Newer models are said to take more; less is understood by all.
 */
export const GEMINI: SchemaSupport = {
  ...GRAMMARS,
  omittedKeywords: [...ANNOTATIONS, ...RARE, ...EXCLUSIVE_LIMITS, 'multipleOf', 'additionalProperties'],
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
 * https://inference-docs.cerebras.ai/capabilities/structured-outputs (limits of strict mode); refuses limits, formats and
 * lists of types. https://github.com/musistudio/claude-code-router/issues/708
 */
export const CEREBRAS: SchemaSupport = {
  ...FULL_SUPPORT,
  omittedKeywords: [...ANNOTATIONS, '$anchor', 'default', 'title', ...RARE, ...PROPERTY_COUNTS, ...LIMITS],
  formats: [],
  patterns: 'none',
  booleanSchemas: false,
  typeLists: 'none',
  constants: false,
  unions: 'any-of',
  maxStrictLength: 5_000,
  strictRecursion: false,
};
