import type { Profile } from './profile.ts';
import { CACHE_HINTS, hosted } from './profile-bases.ts';
import { OPENAI } from './schema-supports.ts';

// Those who serve the models of others.

/**
 * Hands requests on to other vendors: the ids are those that OpenAI (https://github.com/openclaw/openclaw/pull/875) and Kimi both take.
 * Wants the tools in every request: https://openrouter.ai/docs/guides/features/tool-calling
 */
export const openrouter: Profile = {
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
  passthroughFields: ['reasoning_details'],
  apiKeyVariable: 'OPENROUTER_API_KEY',
};

/**
 * Old and new models side by side: some know a `tool_choice`, some do not. JSON mode is for few of them, not in streams, and wants the
 * bare schema.
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

/** Refuses what it does not know. Some of its models refuse to be made to call a tool. */
export const databricks: Profile = {
  ...hosted,
  name: 'databricks',
  toolChoices: ['none', 'auto'],
  messageNames: false,
  passthroughFields: [],
  // A stream reports its usage; many models refuse the field.
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

/** Refuses what it does not know, in messages as well. */
export const fireworks: Profile = {
  ...hosted,
  name: 'fireworks',
  messageNames: false,
  reasoningFields: ['reasoning_content'],
  passthroughFields: [],
  omittedFields: ['safety_identifier', 'store', ...CACHE_HINTS],
  apiKeyVariable: 'FIREWORKS_API_KEY',
};

/** Refuses what it does not know. Its models are served by different engines: most take instructions, few a schema or `required`. */
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

/** Searches the web by itself; some of its models refuse tools. */
export const perplexity: Profile = {
  ...hosted,
  name: 'perplexity',
  // Refuses two messages of one role in a row.
  roleOrder: 'alternating',
  toolChoices: ['none', 'auto', 'required'],
  messageNames: false,
  passthroughFields: [],
  // A stream reports its usage.
  streamOptions: false,
  omittedFields: ['metadata', 'safety_identifier', 'service_tier', 'store', 'user', ...CACHE_HINTS],
  apiKeyVariable: 'PERPLEXITY_API_KEY',
};

/** A router in front of several vendors: what one of them refuses is left out for all. */
export const huggingface: Profile = {
  ...hosted,
  name: 'huggingface',
  messageNames: false,
  passthroughFields: [],
  omittedFields: ['metadata', 'safety_identifier', 'service_tier', 'store', 'user', ...CACHE_HINTS],
  apiKeyVariable: 'HF_TOKEN',
};
