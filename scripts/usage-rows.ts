/** The counts that a cost depends on. */
export interface ReadCounts {
  readonly prompt: number;
  readonly cached?: number;
  readonly completion: number;
  readonly reasoning?: number;
}

export interface UsageRow {
  readonly vendor: string;
  /** Each field that is not as in OpenAI's documentation, and what it means. */
  readonly fields: Readonly<Record<string, string>>;
  /** An example of that vendor's `usage`. */
  readonly usage?: Readonly<Record<string, unknown>>;
  /** Fields of the response beside `usage`. */
  readonly beside?: Readonly<Record<string, unknown>>;
  /** What the example is read as. `test/package/usage.test.ts` holds the reader to it. */
  readonly read: ReadCounts;
  readonly source: string;
}

const IN_PROMPT = 'a part of `prompt_tokens`';
const CACHED = `read from the cache, ${IN_PROMPT}`;
const KEPT = 'kept, not read';
const REFERENCE = 'https://docs.nvidia.com/aiperf/latest/reference/vendor-usage-field-reference';

export const USAGE_ROWS: readonly UsageRow[] = [
  {
    vendor: 'OpenAI, Azure',
    fields: {
      'prompt_tokens_details.cached_tokens': CACHED,
      'prompt_tokens_details.cache_write_tokens': `written to the cache, ${IN_PROMPT}`,
      'completion_tokens_details.reasoning_tokens': 'a part of `completion_tokens`',
    },
    usage: {
      ...makeUsage(2_600, 300, 2_900),
      prompt_tokens_details: { cached_tokens: 2_000, cache_write_tokens: 400, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 200, audio_tokens: 0 },
    },
    read: { prompt: 2_600, cached: 2_000, completion: 300, reasoning: 200 },
    source: 'https://github.com/openai/openai-python/blob/main/src/openai/types/completion_usage.py',
  },
  {
    vendor: 'xAI',
    fields: {
      'completion_tokens_details.reasoning_tokens': 'beside `completion_tokens`, in the total, billed as output',
      'num_sources_used`, `cost_in_usd_ticks': KEPT,
    },
    usage: {
      ...makeUsage(10_120, 1_499, 14_428),
      prompt_tokens_details: { cached_tokens: 128 },
      completion_tokens_details: { reasoning_tokens: 2_809 },
      num_sources_used: 0,
    },
    read: { prompt: 10_120, cached: 128, completion: 4_308, reasoning: 2_809 },
    source: 'https://github.com/Wei-Shaw/sub2api/issues/5771',
  },
  {
    vendor: 'Gemini',
    fields: { total_tokens: 'with the thoughts, which no other field counts; billed as output' },
    usage: makeUsage(20, 424, 1_016),
    read: { prompt: 20, completion: 996 },
    source: 'https://github.com/Clarifai/clarifai-python/pull/978',
  },
  {
    vendor: 'Gemini, through CLIProxyAPI',
    fields: { 'completion_tokens_details.reasoning_tokens': 'beside `completion_tokens`, in the total' },
    usage: { ...makeUsage(21, 0, 81), completion_tokens_details: { reasoning_tokens: 60 } },
    read: { prompt: 21, completion: 60, reasoning: 60 },
    source: 'https://github.com/router-for-me/CLIProxyAPI/issues/5733',
  },
  {
    vendor: 'Groq',
    fields: {
      'x_groq.usage': 'in a stream, where `usage` is missing',
      'queue_time`, `prompt_time`, `completion_time`, `total_time': `seconds: ${KEPT}`,
    },
    beside: { x_groq: { usage: { ...makeUsage(4_641, 82, 4_723), prompt_tokens_details: { cached_tokens: 4_608 } } } },
    read: { prompt: 4_641, cached: 4_608, completion: 82 },
    source: 'https://console.groq.com/docs/prompt-caching',
  },
  {
    vendor: 'Mistral',
    fields: {
      'num_cached_tokens`, `prompt_token_details.cached_tokens': CACHED,
      prompt_audio_seconds: `seconds, or \`{}\`: ${KEPT}`,
    },
    usage: { ...makeUsage(1_013, 30, 1_043), num_cached_tokens: 1_008, prompt_audio_seconds: {} },
    read: { prompt: 1_013, cached: 1_008, completion: 30 },
    source: 'https://github.com/vercel/ai/issues/14382',
  },
  {
    vendor: 'DeepSeek',
    fields: { prompt_cache_hit_tokens: CACHED, prompt_cache_miss_tokens: `the rest of it: ${KEPT}` },
    usage: { ...makeUsage(1_000, 100, 1_100), prompt_cache_hit_tokens: 800, prompt_cache_miss_tokens: 200 },
    read: { prompt: 1_000, cached: 800, completion: 100 },
    source: 'https://api-docs.deepseek.com/api/create-chat-completion',
  },
  {
    vendor: 'Moonshot (Kimi)',
    fields: { cached_tokens: CACHED, 'choices[0].usage': 'in a stream, where `usage` is missing' },
    usage: { ...makeUsage(1_336, 31, 1_367), cached_tokens: 1_280 },
    read: { prompt: 1_336, cached: 1_280, completion: 31 },
    source: 'https://github.com/AstrBotDevs/AstrBot/issues/6614',
  },
  {
    vendor: 'Qwen (DashScope)',
    fields: {
      'prompt_tokens_details.cache_creation_input_tokens': `written to the cache, ${IN_PROMPT}`,
      'prompt_tokens_details.cache_creation`, `cache_type': KEPT,
    },
    usage: {
      ...makeUsage(1_530, 12, 1_542),
      prompt_tokens_details: { cached_tokens: 0, cache_creation_input_tokens: 1_500, cache_type: 'ephemeral' },
    },
    read: { prompt: 1_530, completion: 12 },
    source: 'https://help.aliyun.com/en/model-studio/context-cache',
  },
  {
    vendor: 'Z.ai',
    fields: {},
    usage: { ...makeUsage(1_200, 300, 1_500), prompt_tokens_details: { cached_tokens: 800 } },
    read: { prompt: 1_200, cached: 800, completion: 300 },
    source: 'https://docs.z.ai/guides/capabilities/cache',
  },
  {
    vendor: 'MiniMax',
    fields: { total_characters: KEPT, total_tokens: '0 in each chunk but the last' },
    usage: { ...makeUsage(40, 21, 61), total_characters: 0 },
    read: { prompt: 40, completion: 21 },
    source: 'https://github.com/MiniMax-AI/MiniMax-M2.5/issues/18',
  },
  {
    vendor: 'Anthropic',
    fields: { prompt_tokens_details: 'always empty: its endpoint for Chat Completions has no cache' },
    usage: makeUsage(402, 88, 490),
    read: { prompt: 402, completion: 88 },
    source: 'https://platform.claude.com/docs/en/api/openai-sdk',
  },
  {
    vendor: "Gateways with Anthropic's own names",
    fields: {
      'input_tokens`, `output_tokens': 'the prompt without what the cache read or wrote; the answer',
      'cache_read_input_tokens`, `cache_creation_input_tokens':
        'read from and written to the cache, beside `input_tokens`',
    },
    usage: {
      input_tokens: 3,
      output_tokens: 550,
      cache_creation_input_tokens: 304,
      cache_read_input_tokens: 12_000,
    },
    read: { prompt: 12_307, cached: 12_000, completion: 550 },
    source: 'https://github.com/BerriAI/litellm/issues/9812',
  },
  {
    vendor: 'Bedrock, through Portkey',
    fields: { 'cache_read_input_tokens`, `cache_creation_input_tokens': 'beside `prompt_tokens`, in the total' },
    usage: { ...makeUsage(368, 19, 10_923), cache_read_input_tokens: 10_536, cache_creation_input_tokens: 0 },
    read: { prompt: 10_904, cached: 10_536, completion: 19 },
    source: 'https://github.com/Portkey-AI/gateway/pull/1211',
  },
  {
    vendor: 'LiteLLM',
    fields: {
      'cache_read_input_tokens`, `cache_creation_input_tokens': IN_PROMPT,
      'prompt_tokens_details.cache_creation_tokens': `written to the cache, ${IN_PROMPT}`,
    },
    usage: {
      ...makeUsage(98_805, 5_120, 103_925),
      prompt_tokens_details: { text_tokens: null, cached_tokens: 66_360, cache_creation_tokens: 32_435 },
      completion_tokens_details: { reasoning_tokens: 1_710 },
      cache_read_input_tokens: 66_360,
      cache_creation_input_tokens: 32_435,
    },
    read: { prompt: 98_805, cached: 66_360, completion: 5_120, reasoning: 1_710 },
    source: 'https://github.com/BerriAI/litellm/issues/11364',
  },
  {
    vendor: 'Databricks',
    fields: { 'cache_read_input_tokens`, `cache_creation_input_tokens': IN_PROMPT },
    usage: { ...makeUsage(10_416, 8, 10_424), cache_read_input_tokens: 10_400, cache_creation_input_tokens: 0 },
    read: { prompt: 10_416, cached: 10_400, completion: 8 },
    source: 'https://github.com/databricks/databricks-ai-bridge/issues/446',
  },
  {
    vendor: 'OpenRouter',
    fields: {
      'prompt_tokens_details.cache_write_tokens': `written to the cache, ${IN_PROMPT}`,
      'completion_tokens_details.reasoning_tokens': 'with some upstreams beside `completion_tokens`, and in no total',
      'cost`, `cost_details`, `is_byok': `what OpenRouter bills, in credits: ${KEPT}`,
    },
    usage: {
      ...makeUsage(1_940, 293, 2_233),
      prompt_tokens_details: { cached_tokens: 1_000, cache_write_tokens: 100 },
      completion_tokens_details: { reasoning_tokens: 321 },
      cost: 0.0095,
      cost_details: { upstream_inference_cost: null },
      is_byok: false,
    },
    read: { prompt: 1_940, cached: 1_000, completion: 614, reasoning: 321 },
    source: 'https://github.com/MapleTechLabs/maple/pull/824',
  },
  {
    vendor: 'Perplexity',
    fields: {
      citation_tokens: 'what the server read for the answer, beside `prompt_tokens`, in no total; billed as input',
      reasoning_tokens: 'beside `completion_tokens`, in no total',
      'num_search_queries`, `search_context_size`, `cost': `billed apart: ${KEPT}`,
    },
    usage: {
      ...makeUsage(108, 3_256, 3_364),
      citation_tokens: 7_299,
      num_search_queries: 74,
      reasoning_tokens: 73_248,
      cost: { total_cost: 0.63 },
    },
    read: { prompt: 7_407, completion: 76_504, reasoning: 73_248 },
    source: 'https://github.com/bgeneto/open-webui-cost-tracker/issues/6',
  },
  {
    vendor: 'Together, Fireworks, Cerebras, SambaNova, NVIDIA NIM, Cloudflare, the router of Hugging Face',
    fields: { 'time_to_first_token`, `total_latency`, `time_info': `measurements: ${KEPT}` },
    usage: {
      ...makeUsage(27_147, 351, 27_498),
      prompt_tokens_details: { cached_tokens: 27_146 },
      time_to_first_token: 0.4,
    },
    read: { prompt: 27_147, cached: 27_146, completion: 351 },
    source: REFERENCE,
  },
  {
    vendor: 'vLLM',
    fields: { prompt_tokens_details: '`null` unless the server has `--enable-prompt-tokens-details`' },
    usage: { ...makeUsage(90, 12, 102), prompt_tokens_details: null },
    read: { prompt: 90, completion: 12 },
    source: REFERENCE,
  },
  {
    vendor: 'SGLang',
    fields: { reasoning_tokens: 'a part of `completion_tokens`' },
    usage: { ...makeUsage(90, 412, 502), prompt_tokens_details: { cached_tokens: 64 }, reasoning_tokens: 400 },
    read: { prompt: 90, cached: 64, completion: 412, reasoning: 400 },
    source:
      'https://github.com/sgl-project/sglang/blob/004c82e07d876f6e4a0ad6e15325706b0f478f1a/python/sglang/srt/entrypoints/openai/protocol.py',
  },
  {
    vendor: 'llama.cpp',
    fields: {
      'timings.cache_n': `beside \`usage\`: ${CACHED}`,
      'timings.prompt_n`, `timings.predicted_n':
        'the rest of the prompt, and the answer: read where `usage` is missing',
    },
    beside: { timings: { cache_n: 236, prompt_n: 1, prompt_ms: 30.9, predicted_n: 35, predicted_ms: 661 } },
    read: { prompt: 237, cached: 236, completion: 35 },
    source: 'https://github.com/ggml-org/llama.cpp/pull/15827',
  },
  {
    vendor: 'Ollama, LM Studio',
    fields: { stats: `of LM Studio, measurements: ${KEPT}` },
    usage: makeUsage(263, 34, 297),
    read: { prompt: 263, completion: 34 },
    source: 'https://github.com/ollama/ollama/issues/8008',
  },
];

function makeUsage(prompt_tokens: number, completion_tokens: number, total_tokens: number): Record<string, number> {
  return { prompt_tokens, completion_tokens, total_tokens };
}
