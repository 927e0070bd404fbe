// Groups of JSON Schema keywords.

/** Keywords that identify a schema or a place in it. */
export const IDENTITY: readonly string[] = ['$schema', '$id', '$anchor', '$comment'];
export const USAGE_NOTES: readonly string[] = ['readOnly', 'writeOnly', 'deprecated'];
export const CONTENT_ENCODINGS: readonly string[] = ['contentEncoding', 'contentMediaType'];

export const TEXT_LENGTHS: readonly string[] = ['minLength', 'maxLength'];
export const LIST_LENGTHS: readonly string[] = ['minItems', 'maxItems'];
export const CONTAINS: readonly string[] = ['contains', 'minContains', 'maxContains'];
export const PROPERTY_COUNTS: readonly string[] = ['minProperties', 'maxProperties'];
export const EXCLUSIVE_LIMITS: readonly string[] = ['exclusiveMinimum', 'exclusiveMaximum'];
export const NUMBER_LIMITS: readonly string[] = ['minimum', 'maximum', ...EXCLUSIVE_LIMITS, 'multipleOf'];

/** Keywords about properties that `properties` does not list. */
export const OTHER_PROPERTIES: readonly string[] = ['patternProperties', 'propertyNames'];
export const PROPERTIES: readonly string[] = ['properties', 'required', 'additionalProperties', ...OTHER_PROPERTIES];

/** Keywords that apply to values of one type only. */
export const KEYWORDS_OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  string: [...TEXT_LENGTHS, 'pattern', 'format'],
  number: NUMBER_LIMITS,
  object: [...PROPERTIES, ...PROPERTY_COUNTS],
  array: ['items', 'prefixItems', ...LIST_LENGTHS, 'uniqueItems'],
};

const TIME_FORMATS = ['date-time', 'time', 'date', 'duration'];

/** Values of `format` that OpenAI's structured outputs and most grammars support. */
export const COMMON_FORMATS: readonly string[] = [...TIME_FORMATS, 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'];
