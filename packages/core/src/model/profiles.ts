import type { HintField, Profile, ProfileOption, ToolChoiceForm } from './profile.ts';
import { CEREBRAS, GEMINI, GRAMMARS, LLAMA_GRAMMAR, MOONSHOT, OPENAI, XAI, XGRAMMAR } from './schema-supports.ts';

const WIDELY_KNOWN: readonly ToolChoiceForm[] = ['none', 'auto', 'required', 'function'];

const CACHE_HINTS: readonly HintField[] = ['prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention'];

/** The form that most servers take, for those that are not known by their address: vLLM and llama.cpp among them. */
const compatible: Profile = {
  name: 'compatible',
  tokenField: 'max_tokens',
  seedField: 'seed',
  toolForm: 'tools',
  toolChoices: WIDELY_KNOWN,
  customTools: false,
  strictSchemas: false,
  strictTools: 'each',
  responseFormat: 'json_schema',
  schemaDialect: '2020-12',
  schemaSupport: GRAMMARS,
  developerRole: false,
  nullContent: true,
  messageNames: true,
  extraFields: 'all',
  besideCalls: {},
  streamOptions: true,
  defaults: {},
  leftOut: [],
  keyHeader: 'authorization',
  keyVariable: 'OPENAI_API_KEY',
  needsKey: false,
};

/** Somebody's service, which takes nobody without a key. */
const hosted: Profile = { ...compatible, needsKey: true };

const openai: Profile = {
  ...hosted,
  name: 'openai',
  schemaSupport: OPENAI,
  // Reasoning models refuse the older name.
  tokenField: 'max_completion_tokens',
  toolChoices: [...WIDELY_KNOWN, 'custom', 'allowed_tools'],
  customTools: true,
  strictSchemas: true,
  developerRole: true,
  extraFields: [],
};

const azure: Profile = {
  ...openai,
  name: 'azure',
  keyHeader: 'api-key',
  keyVariable: 'AZURE_OPENAI_API_KEY',
};

/** Refuses what it does not know, in messages as well. */
const groq: Profile = {
  ...hosted,
  name: 'groq',
  tokenField: 'max_completion_tokens',
  messageNames: false,
  // `reasoning` is refused as well, by models that do not think.
  extraFields: [],
  leftOut: ['metadata', 'safety_identifier', 'store', ...CACHE_HINTS],
  keyVariable: 'GROQ_API_KEY',
};

/** Refuses what it does not know, in messages as well. */
const mistral: Profile = {
  ...hosted,
  name: 'mistral',
  seedField: 'random_seed',
  strictSchemas: true,
  messageNames: false,
  extraFields: [],
  // A stream always tells its usage.
  streamOptions: false,
  leftOut: ['metadata', 'safety_identifier', 'service_tier', 'store', 'user', ...CACHE_HINTS],
  keyVariable: 'MISTRAL_API_KEY',
};

/** Its models that think refuse a named tool, and want their thoughts back beside calls. */
const deepseek: Profile = {
  ...hosted,
  name: 'deepseek',
  toolChoices: ['none', 'auto'],
  besideCalls: { reasoning_content: '' },
  responseFormat: 'json_object',
  extraFields: ['reasoning_content'],
  keyVariable: 'DEEPSEEK_API_KEY',
};

const xai: Profile = {
  ...hosted,
  name: 'xai',
  schemaSupport: XAI,
  tokenField: 'max_completion_tokens',
  keyVariable: 'XAI_API_KEY',
};

/** Its models that think refuse a named tool, and want their thoughts back beside calls. */
const moonshot: Profile = {
  ...hosted,
  name: 'moonshot',
  schemaSupport: MOONSHOT,
  tokenField: 'max_completion_tokens',
  toolChoices: ['none', 'auto'],
  besideCalls: { reasoning_content: '' },
  responseFormat: 'json_object',
  extraFields: ['reasoning_content'],
  keyVariable: 'MOONSHOT_API_KEY',
};

/** Its models that think refuse to be told which tool to call. */
const qwen: Profile = {
  ...hosted,
  name: 'qwen',
  toolChoices: ['none', 'auto'],
  responseFormat: 'json_object',
  keyVariable: 'DASHSCOPE_API_KEY',
};

/** Refuses what it does not know. Signs its thoughts in `extra_content` of calls, and refuses a call whose signature is gone. */
const gemini: Profile = {
  ...hosted,
  name: 'gemini',
  schemaSupport: GEMINI,
  extraFields: ['extra_content'],
  leftOut: ['metadata', 'safety_identifier', 'service_tier', 'store', 'user', ...CACHE_HINTS],
  keyVariable: 'GEMINI_API_KEY',
};

/** Ignores `response_format` and `strict`. */
const anthropic: Profile = {
  ...hosted,
  name: 'anthropic',
  responseFormat: 'tool',
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
  extraFields: ['reasoning_content'],
  streamOptions: false,
  keyVariable: 'ZAI_API_KEY',
};

const openrouter: Profile = {
  ...hosted,
  name: 'openrouter',
  schemaSupport: OPENAI,
  strictSchemas: true,
  extraFields: ['reasoning', 'reasoning_details'],
  keyVariable: 'OPENROUTER_API_KEY',
};

/** Overlooks every `tool_choice`: what must not be called is not shown. */
const ollama: Profile = {
  ...compatible,
  name: 'ollama',
  toolChoices: ['auto'],
  schemaDialect: 'draft-07',
  schemaSupport: LLAMA_GRAMMAR,
};

/** Llama.cpp's grammars, or Outlines: neither knows the other's tuples. */
const lmstudio: Profile = {
  ...compatible,
  name: 'lmstudio',
  toolChoices: ['none', 'auto', 'required'],
  schemaSupport: { ...LLAMA_GRAMMAR, tuples: 'none' },
};

/** Takes a choice that is an object for `auto`, and gives one call at a time unless it is told otherwise. */
const llamacpp: Profile = {
  ...compatible,
  name: 'llamacpp',
  schemaDialect: 'draft-07',
  schemaSupport: LLAMA_GRAMMAR,
  toolChoices: ['none', 'auto', 'required'],
  defaults: { parallel_tool_calls: true },
};

const vllm: Profile = { ...compatible, name: 'vllm', schemaSupport: XGRAMMAR };

const litellm: Profile = { ...compatible, name: 'litellm' };

/** Servers from before tools, which know `functions` only. */
const legacy: Profile = { ...compatible, name: 'legacy', toolForm: 'functions', responseFormat: 'none' };

/** A profile's name, or what is different from the profile that the address suggests. */
export type ServerProfile = ProfileOption<ProfileName>;

/** Every profile by its name. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  compatible,
  openai,
  azure,
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
  litellm,
  openrouter,
  legacy,
};

export type ProfileName =
  | 'compatible'
  | 'openai'
  | 'azure'
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
  | 'litellm'
  | 'openrouter'
  | 'legacy';
