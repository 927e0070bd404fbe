import type { HintField, Profile, ToolChoiceForm } from './profile.ts';
import { GRAMMARS } from './schema-supports.ts';
import type { ToolCallIdRule } from './tool-call-ids.ts';

export const WIDELY_KNOWN: readonly ToolChoiceForm[] = ['none', 'auto', 'required', 'function'];

export const CACHE_HINTS: readonly HintField[] = ['prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention'];

/** https://github.com/agno-agi/agno/issues/5382 quotes the refusal of a longer one. */
export const OPENAI_IDS: ToolCallIdRule = { pattern: '[\\s\\S]{1,40}', length: 40 };

/** The form that most servers take, for those that are not known by their address: vLLM and llama.cpp among them. */
export const compatible: Profile = {
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
  passthroughFields: 'all',
  reasoningFields: [],
  requiredWithToolCalls: {},
  requiredWithTools: {},
  streamsTools: true,
  reportsCuts: true,
  reportsCutCalls: true,
  streamOptions: true,
  defaults: {},
  omittedFields: [],
  keyHeader: 'authorization',
  apiKeyVariable: 'OPENAI_API_KEY',
  needsKey: false,
};

/** Somebody's service, which takes nobody without a key. */
export const hosted: Profile = { ...compatible, needsKey: true, systemMessages: 'anywhere' };
