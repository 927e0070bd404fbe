/** The path of a count in `usage`: a field, or a field of an object in it. */
export type UsagePath = readonly [field: string] | readonly [holder: string, field: string];

// Fields are read in this order, the documented one first. The first count above 0 is used, because a gateway can fill the documented
// field with 0 and keep the vendor's own. docs/reference/usage.md lists the fields of each vendor.

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

/** Anthropic's names. In its own API, `input_tokens` does not include them; some gateways add them to `prompt_tokens`. */
export const CACHE_BESIDE_PROMPT: readonly UsagePath[] = [['cache_read_input_tokens'], ['cache_creation_input_tokens']];

export const REASONING: readonly UsagePath[] = [
  REASONING_TOKENS,
  ['output_tokens_details', 'reasoning_tokens'],
  ['reasoning_tokens'],
];

/** Tokens that a server read for citations and counts in no total. In the documented form they are a part of `prompt_tokens`. */
export const CITATIONS: readonly UsagePath[] = [CITATION_TOKENS, ['citation_tokens']];
