import type { Profile, ProfileOption } from './profile.ts';
import { compatible } from './profile-bases.ts';
import {
  cloudflare,
  databricks,
  fireworks,
  huggingface,
  nvidia,
  openrouter,
  perplexity,
  sambanova,
  together,
} from './profiles-hosts.ts';
import { legacy, litellm, llamacpp, lmstudio, ollama, vllm } from './profiles-local.ts';
import {
  anthropic,
  azureProfile,
  cerebras,
  deepseek,
  foundry,
  gemini,
  groq,
  mistral,
  moonshot,
  openaiProfile,
  qwen,
  xai,
  zai,
} from './profiles-vendors.ts';

/** The name of a profile, or changes to `base`, by default the profile of the URL. */
export type ServerProfile = ProfileOption<ProfileName>;

/** Every profile by its name. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  compatible,
  openai: openaiProfile,
  azure: azureProfile,
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
