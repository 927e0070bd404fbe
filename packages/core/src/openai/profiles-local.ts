import type { Profile } from './profile.ts';
import { compatible } from './profile-bases.ts';
import { LLAMA_GRAMMAR, XGRAMMAR } from './schema-supports.ts';

// Servers that people run themselves.

/** Overlooks every `tool_choice`: what must not be called is not shown. */
export const ollama: Profile = {
  ...compatible,
  name: 'ollama',
  toolChoices: ['auto'],
  reasoningFields: ['reasoning'],
  passthroughFields: [],
  // https://github.com/NousResearch/hermes-agent/pull/87900
  textToolCalls: true,
  schemaDialect: 'draft-07',
  schemaSupport: LLAMA_GRAMMAR,
};

/** Models say under which of both names they think. Llama.cpp's grammars, or Outlines: neither knows the other's tuples. */
export const lmstudio: Profile = {
  ...compatible,
  name: 'lmstudio',
  toolChoices: ['none', 'auto', 'required'],
  passthroughFields: ['reasoning_content', 'reasoning'],
  // https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/2115
  textToolCalls: true,
  schemaSupport: { ...LLAMA_GRAMMAR, tuples: 'none' },
};

/**
 * Takes a choice that is an object for `auto`, and gives one call at a time unless it is told otherwise. Before June 2025 it refused tools in a
 * stream, which `streamsTools: false` avoids: https://github.com/ggml-org/llama.cpp/pull/12379.
 */
export const llamacpp: Profile = {
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
  passthroughFields: [],
};

/**
 * It reads `reasoning`, and before the end of 2025 read `reasoning_content`: https://github.com/vllm-project/vllm/issues/38488. Calls a cut
 * `tool_calls` as soon as any call was read: https://github.com/vllm-project/vllm/issues/58228
 */
export const vllm: Profile = {
  ...compatible,
  name: 'vllm',
  reasoningFields: ['reasoning', 'reasoning_content'],
  passthroughFields: [],
  reportsCutCalls: false,
  // https://github.com/vllm-project/vllm/issues/50512
  textToolCalls: true,
  schemaSupport: XGRAMMAR,
};

/**
 * Hands requests on to any vendor, Bedrock and Anthropic among them, which refuse empty texts and calls without tools:
 * https://github.com/can1357/oh-my-pi/issues/1227. Its ids stay: those of Gemini's calls hold the signature of a thought.
 */
export const litellm: Profile = {
  ...compatible,
  name: 'litellm',
  emptyContent: false,
  needsTools: true,
  // https://github.com/BerriAI/litellm/issues/12679
  textToolCalls: true,
};

/** Servers from before tools, which know `functions` only. */
export const legacy: Profile = {
  ...compatible,
  name: 'legacy',
  toolForm: 'functions',
  responseFormat: 'none',
  outputWithTools: 'instructions',
};
