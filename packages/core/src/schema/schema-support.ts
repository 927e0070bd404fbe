import type { PatternDialect } from './patterns.ts';

/**
 * The part of JSON Schema that a server supports. Other rules are written in another form or in the description; the schema itself
 * still validates the model's values.
 */
export interface SchemaSupport {
  /** Keywords that make the server refuse the request, or drop the whole grammar. */
  readonly omittedKeywords: readonly string[];
  /** The supported values of `format`. */
  readonly formats: 'any' | readonly string[];
  /** The supported patterns. */
  readonly patterns: PatternDialect;
  /** Whether text lengths are supported beside a pattern or a format. Otherwise they are omitted. */
  readonly lengthsBesidePatterns: boolean;
  /** A limit on characters or elements is omitted if it is this number or more. */
  readonly maxRepetitions: number;
  /** The supported tuples: all, those of a fixed length, or none. Another tuple becomes an array of any of its elements. */
  readonly tuples: 'any' | 'closed' | 'none';
  /** How a value of any type is written: without a type, or with a list of all types. */
  readonly anyValues: 'empty' | 'all-types';
  /** Whether `true` and `false` are schemas. */
  readonly booleanSchemas: boolean;
  /** Whether `type` may be a list: anywhere, only beside a description, or never. Otherwise it becomes a union. */
  readonly typeLists: 'any' | 'bare' | 'none';
  /** Whether `const` is supported. Otherwise it becomes an `enum` of one value. */
  readonly constants: boolean;
  /** The values that one `enum` may have. */
  readonly enums: 'any' | 'one-type' | 'texts';
  /** With `any-of`, unions are `anyOf` with only a description beside it, and parts of `allOf` are merged. */
  readonly unions: 'any' | 'any-of';
  /** Where `$ref` may point to. With `inline`, only recursive targets are references, and nothing is beside a reference. */
  readonly references: 'any' | 'definitions' | 'inline';
  /** The most characters of a strict form. A longer one is not sent. */
  readonly maxStrictLength: number;
  /** Whether a strict form may be recursive. Otherwise it is not sent. */
  readonly strictRecursion: boolean;
}

/** All of 2020-12. */
export const FULL_SUPPORT: SchemaSupport = {
  omittedKeywords: [],
  formats: 'any',
  patterns: 'ecmascript',
  lengthsBesidePatterns: true,
  maxRepetitions: Number.POSITIVE_INFINITY,
  tuples: 'any',
  anyValues: 'empty',
  booleanSchemas: true,
  typeLists: 'any',
  constants: true,
  enums: 'any',
  unions: 'any',
  references: 'any',
  maxStrictLength: Number.POSITIVE_INFINITY,
  strictRecursion: true,
};
