import type { HintField, Profile, ToolChoiceForm } from './profile.ts';
import { GRAMMAR_SCHEMAS } from './schema-supports.ts';
import type { ToolCallIdRule } from './tool-call-ids.ts';

export const WIDELY_KNOWN: readonly ToolChoiceForm[] = ['none', 'auto', 'required', 'function'];

export const CACHE_HINTS: readonly HintField[] = ['prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention'];

/** OpenAI refuses longer ids: https://github.com/agno-agi/agno/issues/5382 */
export const OPENAI_IDS: ToolCallIdRule = { pattern: '[\\s\\S]{1,40}', length: 40 };

/** The form that most servers accept, for servers with an unknown URL, such as vLLM and llama.cpp. */
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
  // vLLM, SGLang, llama.cpp and Ollama apply the format to the whole response, so that the model cannot call a tool. Others refuse both.
  outputWithTools: 'final-tool',
  schemaDialect: '2020-12',
  schemaSupport: GRAMMAR_SCHEMAS,
  developerRole: false,
  nullContent: true,
  messageNames: true,
  emptyContent: true,
  // The templates of Qwen, Gemma and Mistral refuse a second one: https://github.com/vllm-project/vllm/issues/41114
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

/** A hosted service: it needs a key. */
export const hosted: Profile = { ...compatible, needsKey: true, systemMessages: 'anywhere' };
