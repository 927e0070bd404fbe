import type { Profile } from './profile.ts';
import { CACHE_HINTS, hosted, OPENAI_IDS, WIDELY_KNOWN } from './profile-bases.ts';
import { CEREBRAS_SCHEMAS, GEMINI_SCHEMAS, MOONSHOT_SCHEMAS, OPENAI_SCHEMAS, XAI_SCHEMAS } from './schema-supports.ts';

// Vendors that serve their own models.

export const openaiProfile: Profile = {
  ...hosted,
  name: 'openai',
  schemaSupport: OPENAI_SCHEMAS,
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

export const azureProfile: Profile = {
  ...openaiProfile,
  name: 'azure',
  keyHeader: 'api-key',
  apiKeyVariable: 'AZURE_OPENAI_API_KEY',
};

/** Microsoft Foundry: Azure with models of other vendors. They need their reasoning back, and may not support a format with tools. */
export const foundry: Profile = {
  ...azureProfile,
  name: 'foundry',
  outputWithTools: 'final-tool',
  passthroughFields: ['reasoning_content'],
};

/**
 * Refuses unknown fields, also in messages. Supports a schema in `response_format` for some models only, and never with tools or in a
 * stream.
 */
export const groq: Profile = {
  ...hosted,
  name: 'groq',
  tokenField: 'max_completion_tokens',
  responseFormat: 'tool',
  messageNames: false,
  // Models that do not reason refuse `reasoning` too.
  passthroughFields: [],
  omittedFields: ['metadata', 'safety_identifier', 'store', ...CACHE_HINTS],
  apiKeyVariable: 'GROQ_API_KEY',
};

/**
 * Refuses unknown fields, also in messages, and assistant messages without content and calls. mistral-common defines its order of roles:
 * https://github.com/mistralai/mistral-common/blob/main/src/mistral_common/protocol/instruct/validator.py
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
  // A stream always reports its usage.
  streamOptions: false,
  omittedFields: ['metadata', 'safety_identifier', 'service_tier', 'store', 'user', ...CACHE_HINTS],
  apiKeyVariable: 'MISTRAL_API_KEY',
};

/**
 * Its reasoning models refuse a named tool, and need their reasoning back if there are tools, also that of messages without calls:
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
  schemaSupport: XAI_SCHEMAS,
  tokenField: 'max_completion_tokens',
  passthroughFields: ['reasoning_content'],
  apiKeyVariable: 'XAI_API_KEY',
};

/**
 * Its reasoning models refuse a named tool, and need their reasoning back with calls, where an empty text counts as missing:
 * https://github.com/earendil-works/pi/pull/4178. Refuses empty messages: https://github.com/AstrBotDevs/AstrBot/issues/7200
 */
export const moonshot: Profile = {
  ...hosted,
  name: 'moonshot',
  schemaSupport: MOONSHOT_SCHEMAS,
  tokenField: 'max_completion_tokens',
  toolChoices: ['none', 'auto'],
  emptyContent: false,
  reasoningFields: ['reasoning_content'],
  requiredWithToolCalls: { reasoning_content: ' ' },
  responseFormat: 'json_object',
  passthroughFields: [],
  apiKeyVariable: 'MOONSHOT_API_KEY',
};

/** Its reasoning models refuse a named tool. Accepts one system message: https://github.com/can1357/oh-my-pi/issues/958 */
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
 * Refuses unknown fields. Signs its thoughts in `extra_content` of calls, and refuses a call without its signature.
 * Refuses empty messages: https://github.com/langchain-ai/langchain-google/issues/691
 */
export const gemini: Profile = {
  ...hosted,
  name: 'gemini',
  emptyContent: false,
  schemaSupport: GEMINI_SCHEMAS,
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

/** Refuses unknown fields, also in messages. */
export const cerebras: Profile = {
  ...hosted,
  name: 'cerebras',
  schemaSupport: CEREBRAS_SCHEMAS,
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
