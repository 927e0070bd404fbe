import type { Profile } from './profile.ts';
import { CACHE_HINTS, hosted } from './profile-bases.ts';
import { OPENAI_SCHEMAS } from './schema-supports.ts';

// Providers that serve models of other vendors.

/**
 * Forwards requests to other vendors. The ids satisfy both OpenAI (https://github.com/openclaw/openclaw/pull/875) and Kimi.
 * Needs the tools in each request: https://openrouter.ai/docs/guides/features/tool-calling
 */
export const openrouter: Profile = {
  ...hosted,
  name: 'openrouter',
  // https://github.com/NousResearch/hermes-agent/issues/119261
  textToolCalls: true,
  schemaSupport: OPENAI_SCHEMAS,
  strictSchemas: true,
  outputWithTools: 'response-format',
  emptyContent: false,
  toolCallIds: { pattern: '[a-zA-Z0-9_.:-]{1,40}', length: 40 },
  needsTools: true,
  reasoningFields: ['reasoning'],
  passthroughFields: ['reasoning_details'],
  apiKeyVariable: 'OPENROUTER_API_KEY',
};

/**
 * Only some of its models support `tool_choice`. JSON mode works with few of them, not in streams, and needs the bare schema.
 */
export const cloudflare: Profile = {
  ...hosted,
  name: 'cloudflare',
  toolChoices: ['auto'],
  responseFormat: 'tool',
  nullContent: false,
  messageNames: false,
  passthroughFields: [],
  apiKeyVariable: 'CLOUDFLARE_API_TOKEN',
};

/** Refuses unknown fields. Some of its models refuse `required` and named tools. */
export const databricks: Profile = {
  ...hosted,
  name: 'databricks',
  toolChoices: ['none', 'auto'],
  messageNames: false,
  passthroughFields: [],
  // A stream reports its usage anyway, and many models refuse the field.
  streamOptions: false,
  omittedFields: [
    'metadata',
    'parallel_tool_calls',
    'safety_identifier',
    'service_tier',
    'store',
    'user',
    ...CACHE_HINTS,
  ],
  apiKeyVariable: 'DATABRICKS_TOKEN',
};

export const together: Profile = {
  ...hosted,
  name: 'together',
  messageNames: false,
  passthroughFields: [],
  apiKeyVariable: 'TOGETHER_API_KEY',
};

/** Refuses unknown fields, also in messages. */
export const fireworks: Profile = {
  ...hosted,
  name: 'fireworks',
  messageNames: false,
  reasoningFields: ['reasoning_content'],
  passthroughFields: [],
  omittedFields: ['safety_identifier', 'store', ...CACHE_HINTS],
  apiKeyVariable: 'FIREWORKS_API_KEY',
};

/** Refuses unknown fields. Different engines serve its models: most follow instructions, few support a schema or `required`. */
export const nvidia: Profile = {
  ...hosted,
  name: 'nvidia',
  toolChoices: ['none', 'auto'],
  responseFormat: 'none',
  messageNames: false,
  passthroughFields: [],
  omittedFields: ['metadata', 'safety_identifier', 'service_tier', 'store', 'user', ...CACHE_HINTS],
  apiKeyVariable: 'NVIDIA_API_KEY',
};

export const sambanova: Profile = {
  ...hosted,
  name: 'sambanova',
  messageNames: false,
  reasoningFields: ['reasoning'],
  passthroughFields: [],
  apiKeyVariable: 'SAMBANOVA_API_KEY',
};

/** Searches the web by itself. Some of its models refuse tools. */
export const perplexity: Profile = {
  ...hosted,
  name: 'perplexity',
  // Refuses two messages of one role in a row.
  roleOrder: 'alternating',
  toolChoices: ['none', 'auto', 'required'],
  messageNames: false,
  passthroughFields: [],
  // A stream reports its usage anyway.
  streamOptions: false,
  omittedFields: ['metadata', 'safety_identifier', 'service_tier', 'store', 'user', ...CACHE_HINTS],
  apiKeyVariable: 'PERPLEXITY_API_KEY',
};

/** A router for several vendors. Fields that one of them refuses are omitted for all. */
export const huggingface: Profile = {
  ...hosted,
  name: 'huggingface',
  messageNames: false,
  passthroughFields: [],
  omittedFields: ['metadata', 'safety_identifier', 'service_tier', 'store', 'user', ...CACHE_HINTS],
  apiKeyVariable: 'HF_TOKEN',
};
