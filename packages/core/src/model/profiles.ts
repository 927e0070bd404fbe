import type { HintField, Profile, ProfileOption, ToolChoiceForm } from './profile.ts';
import { CEREBRAS, GEMINI, GRAMMARS, LLAMA_GRAMMAR, MOONSHOT, OPENAI, XAI, XGRAMMAR } from './schema-supports.ts';
import type { ToolCallIdRule } from './tool-call-ids.ts';

const WIDELY_KNOWN: readonly ToolChoiceForm[] = ['none', 'auto', 'required', 'function'];

const CACHE_HINTS: readonly HintField[] = ['prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention'];

/** https://github.com/agno-agi/agno/issues/5382 quotes the refusal of a longer one. */
const OPENAI_IDS: ToolCallIdRule = { pattern: '[\\s\\S]{1,40}', length: 40 };

/** The form that most servers take, for those that are not known by their address: vLLM and llama.cpp among them. */
const compatible: Profile = {
  name: 'compatible',
  tokenField: 'max_tokens',
  seedField: 'seed',
  toolForm: 'tools',
  toolChoices: WIDELY_KNOWN,
  textToolCalls: false,
  customTools: false,
  strictSchemas: false,
  strictTools: 'each',
  responseFormat: 'json_schema',
  // vLLM, SGLang, llama.cpp and Ollama hold the whole response to the format; others refuse it beside tools.
  outputWithTools: 'final-tool',
  schemaDialect: '2020-12',
  schemaSupport: GRAMMARS,
  developerRole: false,
  nullContent: true,
  messageNames: true,
  emptyContent: true,
  // Templates of Qwen, Gemma and Mistral refuse another one: https://github.com/vllm-project/vllm/issues/41114
  systemMessages: 'first',
  roleOrder: 'any',
  assistantLast: true,
  toolCallIds: 'any',
  needsTools: false,
  extraFields: 'all',
  reasoningFields: [],
  requiredWithToolCalls: {},
  requiredWithTools: {},
  streamsTools: true,
  reportsCuts: true,
  reportsCutCalls: true,
  streamOptions: true,
  defaults: {},
  leftOut: [],
  keyHeader: 'authorization',
  keyVariable: 'OPENAI_API_KEY',
  needsKey: false,
};

/** Somebody's service, which takes nobody without a key. */
const hosted: Profile = { ...compatible, needsKey: true, systemMessages: 'anywhere' };

const openai: Profile = {
  ...hosted,
  name: 'openai',
  schemaSupport: OPENAI,
  // Reasoning models refuse the older name.
  tokenField: 'max_completion_tokens',
  toolChoices: [...WIDELY_KNOWN, 'custom', 'allowed_tools'],
  customTools: true,
  strictSchemas: true,
  outputWithTools: 'response-format',
  developerRole: true,
  toolCallIds: OPENAI_IDS,
  extraFields: [],
};

const azure: Profile = {
  ...openai,
  name: 'azure',
  keyHeader: 'api-key',
  keyVariable: 'AZURE_OPENAI_API_KEY',
};

/** Microsoft Foundry: Azure with models of other makers, whose thoughts go back to them, and which need not take a format beside tools. */
const foundry: Profile = {
  ...azure,
  name: 'foundry',
  outputWithTools: 'final-tool',
  extraFields: ['reasoning_content'],
};

/**
 * Refuses what it does not know, in messages as well. Takes a schema in `response_format` for some models only, and never beside tools
 * or in a stream.
 */
const groq: Profile = {
  ...hosted,
  name: 'groq',
  tokenField: 'max_completion_tokens',
  responseFormat: 'tool',
  messageNames: false,
  // `reasoning` is refused as well, by models that do not think.
  extraFields: [],
  leftOut: ['metadata', 'safety_identifier', 'store', ...CACHE_HINTS],
  keyVariable: 'GROQ_API_KEY',
};

/**
 * Refuses what it does not know, in messages as well, and assistant messages without content and calls. Its order of roles is that of
 * mistral-common: https://github.com/mistralai/mistral-common/blob/main/src/mistral_common/protocol/instruct/validator.py
 */
const mistral: Profile = {
  ...hosted,
  name: 'mistral',
  seedField: 'random_seed',
  strictSchemas: true,
  messageNames: false,
  emptyContent: false,
  systemMessages: 'leading',
  roleOrder: 'assistant-after-tool',
  assistantLast: false,
  // https://github.com/langchain-ai/langchain/pull/24668
  toolCallIds: { pattern: '[a-zA-Z0-9]{9}', length: 9 },
  extraFields: [],
  // A stream always tells its usage.
  streamOptions: false,
  leftOut: ['metadata', 'safety_identifier', 'service_tier', 'store', 'user', ...CACHE_HINTS],
  keyVariable: 'MISTRAL_API_KEY',
};

/**
 * Its models that think refuse a named tool, and want their thoughts back where there are tools, also those of plain answers:
 * https://api-docs.deepseek.com/guides/thinking_mode and https://github.com/NousResearch/hermes-agent/pull/15228
 */
const deepseek: Profile = {
  ...hosted,
  name: 'deepseek',
  toolChoices: ['none', 'auto'],
  // https://github.com/xorbitsai/xagent/pull/790
  textToolCalls: true,
  reasoningFields: ['reasoning_content'],
  requiredWithToolCalls: { reasoning_content: '' },
  requiredWithTools: { reasoning_content: '' },
  responseFormat: 'json_object',
  extraFields: [],
  keyVariable: 'DEEPSEEK_API_KEY',
};

const xai: Profile = {
  ...hosted,
  name: 'xai',
  schemaSupport: XAI,
  tokenField: 'max_completion_tokens',
  extraFields: ['reasoning_content'],
  keyVariable: 'XAI_API_KEY',
};

/**
 * Its models that think refuse a named tool, and want their thoughts back beside calls, where an empty text counts as none:
 * https://github.com/earendil-works/pi/pull/4178. Refuses empty messages: https://github.com/AstrBotDevs/AstrBot/issues/7200
 */
const moonshot: Profile = {
  ...hosted,
  name: 'moonshot',
  schemaSupport: MOONSHOT,
  tokenField: 'max_completion_tokens',
  toolChoices: ['none', 'auto'],
  emptyContent: false,
  reasoningFields: ['reasoning_content'],
  requiredWithToolCalls: { reasoning_content: ' ' },
  responseFormat: 'json_object',
  extraFields: [],
  keyVariable: 'MOONSHOT_API_KEY',
};

/** Its models that think refuse to be told which tool to call. One system message: https://github.com/can1357/oh-my-pi/issues/958 */
const qwen: Profile = {
  ...hosted,
  name: 'qwen',
  toolChoices: ['none', 'auto'],
  responseFormat: 'json_object',
  systemMessages: 'first',
  reasoningFields: ['reasoning_content'],
  extraFields: [],
  keyVariable: 'DASHSCOPE_API_KEY',
};

/**
 * Refuses what it does not know. Signs its thoughts in `extra_content` of calls, and refuses a call whose signature is gone.
 * Refuses empty messages: https://github.com/langchain-ai/langchain-google/issues/691
 */
const gemini: Profile = {
  ...hosted,
  name: 'gemini',
  emptyContent: false,
  schemaSupport: GEMINI,
  extraFields: ['extra_content'],
  leftOut: ['metadata', 'safety_identifier', 'service_tier', 'store', 'user', ...CACHE_HINTS],
  keyVariable: 'GEMINI_API_KEY',
};

/**
 * Ignores `response_format` and `strict`. Refuses ids with other characters (https://github.com/maximhq/bifrost/issues/5097), empty texts
 * (https://github.com/anthropics/claude-code/issues/59812) and calls without tools (https://github.com/camel-ai/owl/issues/532).
 */
const anthropic: Profile = {
  ...hosted,
  name: 'anthropic',
  responseFormat: 'tool',
  emptyContent: false,
  toolCallIds: { pattern: '[a-zA-Z0-9_-]{1,64}', length: 24 },
  needsTools: true,
  extraFields: [],
  keyVariable: 'ANTHROPIC_API_KEY',
};

/** Refuses what it does not know, in messages as well. */
const cerebras: Profile = {
  ...hosted,
  name: 'cerebras',
  schemaSupport: CEREBRAS,
  tokenField: 'max_completion_tokens',
  toolChoices: ['none', 'auto'],
  strictSchemas: true,
  strictTools: 'all-or-none',
  extraFields: [],
  leftOut: ['parallel_tool_calls', 'service_tier'],
  keyVariable: 'CEREBRAS_API_KEY',
};

const zai: Profile = {
  ...hosted,
  name: 'zai',
  toolChoices: ['auto'],
  responseFormat: 'json_object',
  messageNames: false,
  // https://docs.z.ai/guides/capabilities/thinking-mode
  reasoningFields: ['reasoning_content'],
  extraFields: [],
  streamOptions: false,
  keyVariable: 'ZAI_API_KEY',
};

/**
 * Hands requests on to other vendors: the ids are those that OpenAI (https://github.com/openclaw/openclaw/pull/875) and Kimi both take.
 * Wants the tools in every request: https://openrouter.ai/docs/guides/features/tool-calling
 */
const openrouter: Profile = {
  ...hosted,
  name: 'openrouter',
  // https://github.com/NousResearch/hermes-agent/issues/119261
  textToolCalls: true,
  schemaSupport: OPENAI,
  strictSchemas: true,
  outputWithTools: 'response-format',
  emptyContent: false,
  toolCallIds: { pattern: '[a-zA-Z0-9_.:-]{1,40}', length: 40 },
  needsTools: true,
  reasoningFields: ['reasoning'],
  extraFields: ['reasoning_details'],
  keyVariable: 'OPENROUTER_API_KEY',
};

/**
 * Old and new models side by side: some know a `tool_choice`, some do not. JSON mode is for few of them, not in streams, and wants the
 * bare schema.
 */
const cloudflare: Profile = {
  ...hosted,
  name: 'cloudflare',
  toolChoices: ['auto'],
  responseFormat: 'tool',
  nullContent: false,
  messageNames: false,
  extraFields: [],
  keyVariable: 'CLOUDFLARE_API_TOKEN',
};

/** Refuses what it does not know. Some of its models refuse to be made to call a tool. */
const databricks: Profile = {
  ...hosted,
  name: 'databricks',
  toolChoices: ['none', 'auto'],
  messageNames: false,
  extraFields: [],
  // A stream reports its usage; many models refuse the field.
  streamOptions: false,
  leftOut: ['metadata', 'parallel_tool_calls', 'safety_identifier', 'service_tier', 'store', 'user', ...CACHE_HINTS],
  keyVariable: 'DATABRICKS_TOKEN',
};

const together: Profile = {
  ...hosted,
  name: 'together',
  messageNames: false,
  extraFields: [],
  keyVariable: 'TOGETHER_API_KEY',
};

/** Refuses what it does not know, in messages as well. */
const fireworks: Profile = {
  ...hosted,
  name: 'fireworks',
  messageNames: false,
  reasoningFields: ['reasoning_content'],
  extraFields: [],
  leftOut: ['safety_identifier', 'store', ...CACHE_HINTS],
  keyVariable: 'FIREWORKS_API_KEY',
};

/** Refuses what it does not know. Its models are served by different engines: most take instructions, few a schema or `required`. */
const nvidia: Profile = {
  ...hosted,
  name: 'nvidia',
  toolChoices: ['none', 'auto'],
  responseFormat: 'none',
  messageNames: false,
  extraFields: [],
  leftOut: ['metadata', 'safety_identifier', 'service_tier', 'store', 'user', ...CACHE_HINTS],
  keyVariable: 'NVIDIA_API_KEY',
};

const sambanova: Profile = {
  ...hosted,
  name: 'sambanova',
  messageNames: false,
  reasoningFields: ['reasoning'],
  extraFields: [],
  keyVariable: 'SAMBANOVA_API_KEY',
};

/** Searches the web by itself; some of its models refuse tools. */
const perplexity: Profile = {
  ...hosted,
  name: 'perplexity',
  // Refuses two messages of one role in a row.
  roleOrder: 'alternating',
  toolChoices: ['none', 'auto', 'required'],
  messageNames: false,
  extraFields: [],
  // A stream reports its usage.
  streamOptions: false,
  leftOut: ['metadata', 'safety_identifier', 'service_tier', 'store', 'user', ...CACHE_HINTS],
  keyVariable: 'PERPLEXITY_API_KEY',
};

/** A router in front of several vendors: what one of them refuses is left out for all. */
const huggingface: Profile = {
  ...hosted,
  name: 'huggingface',
  messageNames: false,
  extraFields: [],
  leftOut: ['metadata', 'safety_identifier', 'service_tier', 'store', 'user', ...CACHE_HINTS],
  keyVariable: 'HF_TOKEN',
};

/** Overlooks every `tool_choice`: what must not be called is not shown. */
const ollama: Profile = {
  ...compatible,
  name: 'ollama',
  toolChoices: ['auto'],
  reasoningFields: ['reasoning'],
  extraFields: [],
  // https://github.com/NousResearch/hermes-agent/pull/87900
  textToolCalls: true,
  schemaDialect: 'draft-07',
  schemaSupport: LLAMA_GRAMMAR,
};

/** Models say under which of both names they think. Llama.cpp's grammars, or Outlines: neither knows the other's tuples. */
const lmstudio: Profile = {
  ...compatible,
  name: 'lmstudio',
  toolChoices: ['none', 'auto', 'required'],
  extraFields: ['reasoning_content', 'reasoning'],
  // https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/2115
  textToolCalls: true,
  schemaSupport: { ...LLAMA_GRAMMAR, tuples: 'none' },
};

/**
 * Takes a choice that is an object for `auto`, and gives one call at a time unless it is told otherwise. Before June 2025 it refused tools in a
 * stream, which `streamsTools: false` avoids: https://github.com/ggml-org/llama.cpp/pull/12379.
 */
const llamacpp: Profile = {
  ...compatible,
  name: 'llamacpp',
  schemaDialect: 'draft-07',
  schemaSupport: LLAMA_GRAMMAR,
  toolChoices: ['none', 'auto', 'required'],
  // Versions call a cut `stop`: https://github.com/ggml-org/llama.cpp/pull/7198
  reportsCuts: false,
  reportsCutCalls: false,
  // https://github.com/ggml-org/llama.cpp/issues/15012
  textToolCalls: true,
  defaults: { parallel_tool_calls: true },
  reasoningFields: ['reasoning_content'],
  extraFields: [],
};

/**
 * It reads `reasoning`, and before the end of 2025 read `reasoning_content`: https://github.com/vllm-project/vllm/issues/38488. Calls a cut
 * `tool_calls` as soon as any call was read: https://github.com/vllm-project/vllm/issues/58228
 */
const vllm: Profile = {
  ...compatible,
  name: 'vllm',
  reasoningFields: ['reasoning', 'reasoning_content'],
  extraFields: [],
  reportsCutCalls: false,
  // https://github.com/vllm-project/vllm/issues/50512
  textToolCalls: true,
  schemaSupport: XGRAMMAR,
};

/**
 * Hands requests on to any vendor, Bedrock and Anthropic among them, which refuse empty texts and calls without tools:
 * https://github.com/can1357/oh-my-pi/issues/1227. Its ids stay: those of Gemini's calls hold the signature of a thought.
 */
const litellm: Profile = {
  ...compatible,
  name: 'litellm',
  emptyContent: false,
  needsTools: true,
  // https://github.com/BerriAI/litellm/issues/12679
  textToolCalls: true,
};

/** Servers from before tools, which know `functions` only. */
const legacy: Profile = {
  ...compatible,
  name: 'legacy',
  toolForm: 'functions',
  responseFormat: 'none',
  outputWithTools: 'instructions',
};

/** A profile's name, or what is different from the profile that the address suggests. */
export type ServerProfile = ProfileOption<ProfileName>;

/** Every profile by its name. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  compatible,
  openai,
  azure,
  foundry,
  vllm,
  llamacpp,
  ollama,
  lmstudio,
  groq,
  mistral,
  deepseek,
  xai,
  moonshot,
  qwen,
  gemini,
  anthropic,
  cerebras,
  zai,
  cloudflare,
  databricks,
  together,
  fireworks,
  nvidia,
  sambanova,
  perplexity,
  huggingface,
  litellm,
  openrouter,
  legacy,
};

export type ProfileName =
  | 'compatible'
  | 'openai'
  | 'azure'
  | 'foundry'
  | 'vllm'
  | 'llamacpp'
  | 'ollama'
  | 'lmstudio'
  | 'groq'
  | 'mistral'
  | 'deepseek'
  | 'xai'
  | 'moonshot'
  | 'qwen'
  | 'gemini'
  | 'anthropic'
  | 'cerebras'
  | 'zai'
  | 'cloudflare'
  | 'databricks'
  | 'together'
  | 'fireworks'
  | 'nvidia'
  | 'sambanova'
  | 'perplexity'
  | 'huggingface'
  | 'litellm'
  | 'openrouter'
  | 'legacy';
