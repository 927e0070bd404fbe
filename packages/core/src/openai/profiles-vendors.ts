import type { Profile } from './profile.ts';
import { CACHE_HINTS, hosted, OPENAI_IDS, WIDELY_KNOWN } from './profile-bases.ts';
import { CEREBRAS, GEMINI, MOONSHOT, OPENAI, XAI } from './schema-supports.ts';

// Those who serve their own models.

export const openai: Profile = {
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
  passthroughFields: [],
};

export const azure: Profile = {
  ...openai,
  name: 'azure',
  keyHeader: 'api-key',
  apiKeyVariable: 'AZURE_OPENAI_API_KEY',
};

/** Microsoft Foundry: Azure with models of other makers, whose thoughts go back to them, and which need not take a format beside tools. */
export const foundry: Profile = {
  ...azure,
  name: 'foundry',
  outputWithTools: 'final-tool',
  passthroughFields: ['reasoning_content'],
};

/**
 * Refuses what it does not know, in messages as well. Takes a schema in `response_format` for some models only, and never beside tools
 * or in a stream.
 */
export const groq: Profile = {
  ...hosted,
  name: 'groq',
  tokenField: 'max_completion_tokens',
  responseFormat: 'tool',
  messageNames: false,
  // `reasoning` is refused as well, by models that do not think.
  passthroughFields: [],
  omittedFields: ['metadata', 'safety_identifier', 'store', ...CACHE_HINTS],
  apiKeyVariable: 'GROQ_API_KEY',
};

/**
 * Refuses what it does not know, in messages as well, and assistant messages without content and calls. Its order of roles is that of
 * mistral-common: https://github.com/mistralai/mistral-common/blob/main/src/mistral_common/protocol/instruct/validator.py
 */
export const mistral: Profile = {
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
  passthroughFields: [],
  // A stream always tells its usage.
  streamOptions: false,
  omittedFields: ['metadata', 'safety_identifier', 'service_tier', 'store', 'user', ...CACHE_HINTS],
  apiKeyVariable: 'MISTRAL_API_KEY',
};

/**
 * Its models that think refuse a named tool, and want their thoughts back where there are tools, also those of plain answers:
 * https://api-docs.deepseek.com/guides/thinking_mode and https://github.com/NousResearch/hermes-agent/pull/15228
 */
export const deepseek: Profile = {
  ...hosted,
  name: 'deepseek',
  toolChoices: ['none', 'auto'],
  // https://github.com/xorbitsai/xagent/pull/790
  textToolCalls: true,
  reasoningFields: ['reasoning_content'],
  requiredWithToolCalls: { reasoning_content: '' },
  requiredWithTools: { reasoning_content: '' },
  responseFormat: 'json_object',
  passthroughFields: [],
  apiKeyVariable: 'DEEPSEEK_API_KEY',
};

export const xai: Profile = {
  ...hosted,
  name: 'xai',
  schemaSupport: XAI,
  tokenField: 'max_completion_tokens',
  passthroughFields: ['reasoning_content'],
  apiKeyVariable: 'XAI_API_KEY',
};

/**
 * Its models that think refuse a named tool, and want their thoughts back beside calls, where an empty text counts as none:
 * https://github.com/earendil-works/pi/pull/4178. Refuses empty messages: https://github.com/AstrBotDevs/AstrBot/issues/7200
 */
export const moonshot: Profile = {
  ...hosted,
  name: 'moonshot',
  schemaSupport: MOONSHOT,
  tokenField: 'max_completion_tokens',
  toolChoices: ['none', 'auto'],
  emptyContent: false,
  reasoningFields: ['reasoning_content'],
  requiredWithToolCalls: { reasoning_content: ' ' },
  responseFormat: 'json_object',
  passthroughFields: [],
  apiKeyVariable: 'MOONSHOT_API_KEY',
};

/** Its models that think refuse to be told which tool to call. One system message: https://github.com/can1357/oh-my-pi/issues/958 */
export const qwen: Profile = {
  ...hosted,
  name: 'qwen',
  toolChoices: ['none', 'auto'],
  responseFormat: 'json_object',
  systemMessages: 'first',
  reasoningFields: ['reasoning_content'],
  passthroughFields: [],
  apiKeyVariable: 'DASHSCOPE_API_KEY',
};

/**
 * Refuses what it does not know. Signs its thoughts in `extra_content` of calls, and refuses a call whose signature is gone.
 * Refuses empty messages: https://github.com/langchain-ai/langchain-google/issues/691
 */
export const gemini: Profile = {
  ...hosted,
  name: 'gemini',
  emptyContent: false,
  schemaSupport: GEMINI,
  passthroughFields: ['extra_content'],
  omittedFields: ['metadata', 'safety_identifier', 'service_tier', 'store', 'user', ...CACHE_HINTS],
  apiKeyVariable: 'GEMINI_API_KEY',
};

/**
 * Ignores `response_format` and `strict`. Refuses ids with other characters (https://github.com/maximhq/bifrost/issues/5097), empty texts
 * (https://github.com/anthropics/claude-code/issues/59812) and calls without tools (https://github.com/camel-ai/owl/issues/532).
 */
export const anthropic: Profile = {
  ...hosted,
  name: 'anthropic',
  responseFormat: 'tool',
  emptyContent: false,
  toolCallIds: { pattern: '[a-zA-Z0-9_-]{1,64}', length: 24 },
  needsTools: true,
  passthroughFields: [],
  apiKeyVariable: 'ANTHROPIC_API_KEY',
};

/** Refuses what it does not know, in messages as well. */
export const cerebras: Profile = {
  ...hosted,
  name: 'cerebras',
  schemaSupport: CEREBRAS,
  tokenField: 'max_completion_tokens',
  toolChoices: ['none', 'auto'],
  strictSchemas: true,
  strictTools: 'all-or-none',
  passthroughFields: [],
  omittedFields: ['parallel_tool_calls', 'service_tier'],
  apiKeyVariable: 'CEREBRAS_API_KEY',
};

export const zai: Profile = {
  ...hosted,
  name: 'zai',
  toolChoices: ['auto'],
  responseFormat: 'json_object',
  messageNames: false,
  // https://docs.z.ai/guides/capabilities/thinking-mode
  reasoningFields: ['reasoning_content'],
  passthroughFields: [],
  streamOptions: false,
  apiKeyVariable: 'ZAI_API_KEY',
};
