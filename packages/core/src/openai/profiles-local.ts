import type { Profile } from './profile.ts';
import { compatible } from './profile-bases.ts';
import { LLAMA_GRAMMAR_SCHEMAS, XGRAMMAR_SCHEMAS } from './schema-supports.ts';

// Self-hosted servers.

/** Ignores `tool_choice`, so tools that must not be called are omitted. */
export const ollama: Profile = {
  ...compatible,
  name: 'ollama',
  toolChoices: ['auto'],
  reasoningFields: ['reasoning'],
  passthroughFields: [],
  // https://github.com/NousResearch/hermes-agent/pull/87900
  textToolCalls: true,
  schemaDialect: 'draft-07',
  schemaSupport: LLAMA_GRAMMAR_SCHEMAS,
};

/** Models use either name for their reasoning. The schema engine is llama.cpp or Outlines: neither supports the tuples of the other. */
export const lmstudio: Profile = {
  ...compatible,
  name: 'lmstudio',
  toolChoices: ['none', 'auto', 'required'],
  passthroughFields: ['reasoning_content', 'reasoning'],
  // https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/2115
  textToolCalls: true,
  schemaSupport: { ...LLAMA_GRAMMAR_SCHEMAS, tuples: 'none' },
};

/**
 * Treats an object as `tool_choice` like `auto`, and gives one call per turn by default. Before June 2025 it refused tools in a stream;
 * use `streamsTools: false` with such a version: https://github.com/ggml-org/llama.cpp/pull/12379.
 */
export const llamacpp: Profile = {
  ...compatible,
  name: 'llamacpp',
  schemaDialect: 'draft-07',
  schemaSupport: LLAMA_GRAMMAR_SCHEMAS,
  toolChoices: ['none', 'auto', 'required'],
  // Some versions report a cut as `stop`: https://github.com/ggml-org/llama.cpp/pull/7198
  reportsCuts: false,
  reportsCutCalls: false,
  // https://github.com/ggml-org/llama.cpp/issues/15012
  textToolCalls: true,
  defaults: { parallel_tool_calls: true },
  reasoningFields: ['reasoning_content'],
  passthroughFields: [],
};

/**
 * Reads `reasoning`; before the end of 2025 it read `reasoning_content`: https://github.com/vllm-project/vllm/issues/38488. Reports a cut
 * as `tool_calls` if it has parsed a call: https://github.com/vllm-project/vllm/issues/58228
 */
export const vllm: Profile = {
  ...compatible,
  name: 'vllm',
  reasoningFields: ['reasoning', 'reasoning_content'],
  passthroughFields: [],
  reportsCutCalls: false,
  // https://github.com/vllm-project/vllm/issues/50512
  textToolCalls: true,
  schemaSupport: XGRAMMAR_SCHEMAS,
};

/**
 * Forwards requests to any vendor, including Bedrock and Anthropic, which refuse empty texts and calls without tools:
 * https://github.com/can1357/oh-my-pi/issues/1227. Ids stay as they are: those of Gemini contain signatures of thoughts.
 */
export const litellm: Profile = {
  ...compatible,
  name: 'litellm',
  emptyContent: false,
  needsTools: true,
  // https://github.com/BerriAI/litellm/issues/12679
  textToolCalls: true,
};

/** Servers that support only `functions`, the form before `tools`. */
export const legacy: Profile = {
  ...compatible,
  name: 'legacy',
  toolForm: 'functions',
  responseFormat: 'none',
  outputWithTools: 'instructions',
};
