import type { PatternDialect } from './patterns.ts';

/**
 * What a server takes of JSON Schema. What it does not take is said in another way, or in the description: the schema itself
 * still checks what comes back.
 */
export interface SchemaSupport {
  /** Keywords that make the server refuse the request, or drop the whole grammar. */
  readonly omittedKeywords: readonly string[];
  /** Values of `format` that are known. */
  readonly formats: 'any' | readonly string[];
  /** Which patterns can be compiled. */
  readonly patterns: PatternDialect;
  /** Without it, lengths are left out beside a pattern or a format. */
  readonly lengthsBesidePatterns: boolean;
  /** From this number of characters or elements on, a limit is left out. */
  readonly maxRepetitions: number;
  /** Which tuples go out as one: all, those of one length, none. Another one is a list of any of its elements. */
  readonly tuples: 'any' | 'closed' | 'none';
  /** How a value of any type goes out: without a word, or with a list of all types. */
  readonly anyValues: 'empty' | 'all-types';
  /** Whether `true` and `false` are schemas. */
  readonly booleanSchemas: boolean;
  /** Whether `type` may be a list: anywhere, beside a description alone, never. Otherwise it is a union. */
  readonly typeLists: 'any' | 'bare' | 'none';
  /** Without it a constant is a list of one value. */
  readonly constants: boolean;
  /** Which values may stand in one `enum`. */
  readonly enums: 'any' | 'one-type' | 'texts';
  /** `any-of`: unions are `anyOf`, with nothing beside it but a description, and parts of `allOf` are joined. */
  readonly unions: 'any' | 'any-of';
  /** Where `$ref` may lead. `inline`: what is not recursive stands where it is referred to, and nothing beside a reference. */
  readonly references: 'any' | 'definitions' | 'inline';
  /** Characters of a strict form; a longer one is not sent. */
  readonly maxStrictLength: number;
  /** Whether a strict form may refer to itself; otherwise it is not sent. */
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
