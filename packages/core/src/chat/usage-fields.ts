/** Where a count stands in `usage`: a field, or a field of an object in it. */
export type UsagePath = readonly [field: string] | readonly [holder: string, field: string];

// Lists are in the order in which they are read, the documented place first. The first place that counts something is taken: a
// gateway may fill the documented field with 0 beside the vendor's own. docs/reference/usage.md says which vendor sends what.

export const PROMPT = ['prompt_tokens', 'input_tokens'] as const;
export const COMPLETION = ['completion_tokens', 'output_tokens'] as const;
export const TOTAL = 'total_tokens';

export const CACHED_TOKENS = ['prompt_tokens_details', 'cached_tokens'] as const;
export const CACHE_WRITE_TOKENS = ['prompt_tokens_details', 'cache_write_tokens'] as const;
export const CITATION_TOKENS = ['prompt_tokens_details', 'citation_tokens'] as const;
export const REASONING_TOKENS = ['completion_tokens_details', 'reasoning_tokens'] as const;

/** Tokens of the prompt that came from the server's cache. */
export const CACHE_READS: readonly UsagePath[] = [
  CACHED_TOKENS,
  ['input_tokens_details', 'cached_tokens'],
  ['prompt_token_details', 'cached_tokens'],
  ['cached_tokens'],
  ['prompt_cache_hit_tokens'],
  ['num_cached_tokens'],
  ['cached_prompt_text_tokens'],
  ['cache_read_input_tokens'],
];

/** Tokens of the prompt that were written to the server's cache. */
export const CACHE_WRITES: readonly UsagePath[] = [
  CACHE_WRITE_TOKENS,
  ['prompt_tokens_details', 'cache_creation_tokens'],
  ['prompt_tokens_details', 'cache_creation_input_tokens'],
  ['cache_creation_input_tokens'],
];

/** Anthropic's names. In its own API they stand beside `input_tokens`; some gateways add them to `prompt_tokens`, others do not. */
export const CACHE_BESIDE_PROMPT: readonly UsagePath[] = [['cache_read_input_tokens'], ['cache_creation_input_tokens']];

export const REASONING: readonly UsagePath[] = [
  REASONING_TOKENS,
  ['output_tokens_details', 'reasoning_tokens'],
  ['reasoning_tokens'],
];

/** What a server read for the answer and counts in no total. In the documented form it is a part of `prompt_tokens`. */
export const CITATIONS: readonly UsagePath[] = [CITATION_TOKENS, ['citation_tokens']];
