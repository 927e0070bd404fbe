import { ConfigError } from '../base/errors.ts';
import type { Profile } from './profile.ts';
import { PROFILES, type ProfileName } from './profiles.ts';
import type { Server } from './server.ts';

/**
 * The profile that an address suggests.
 *
 * @throws ConfigError for an Azure deployment without the version of the API that it needs.
 */
export function profileAt({ hostname, address, path, hasApiVersion }: Server): Profile {
  const port = address.slice(address.lastIndexOf(':') + 1);
  const found = ADDRESSES.find(
    ({ host, port: known }) => host?.test(hostname) || (isLocal(hostname) && known === port),
  );
  const profile = PROFILES[found?.profile ?? 'compatible'];
  if (profile === PROFILES.azure && path.includes('/deployments/') && !hasApiVersion) {
    throw new ConfigError(
      `The Azure deployment at ${hostname} needs the version of the API. Pass query: { 'api-version': '2024-10-21' }, or use azure(deployment, { endpoint, apiVersion }).`,
    );
  }
  return profile;
}

interface Address {
  readonly profile: ProfileName;
  readonly host?: RegExp;
  /** On this machine: the port that the server takes unless it is told otherwise. */
  readonly port?: string;
}

const ADDRESSES: readonly Address[] = [
  { profile: 'openai', host: /(^|\.)api\.openai\.com$/ },
  { profile: 'azure', host: /\.(openai|cognitiveservices|services\.ai)\.azure\.(com|us|cn)$/ },
  { profile: 'groq', host: /^api\.groq\.com$/ },
  { profile: 'mistral', host: /^(api|codestral)\.mistral\.ai$/ },
  { profile: 'deepseek', host: /^api\.deepseek\.com$/ },
  { profile: 'xai', host: /^([a-z0-9-]+\.)?api\.x\.ai$/ },
  { profile: 'moonshot', host: /^api\.moonshot\.(ai|cn)$/ },
  { profile: 'qwen', host: /^dashscope(-[a-z]+)?\.aliyuncs\.com$/ },
  { profile: 'gemini', host: /^generativelanguage\.googleapis\.com$/ },
  { profile: 'anthropic', host: /^api\.anthropic\.com$/ },
  { profile: 'openrouter', host: /^openrouter\.ai$/ },
  { profile: 'ollama', host: /^(www\.)?ollama\.com$/, port: '11434' },
  { profile: 'lmstudio', port: '1234' },
  { profile: 'litellm', port: '4000' },
];

function isLocal(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\]|host\.docker\.internal)$/.test(hostname);
}
