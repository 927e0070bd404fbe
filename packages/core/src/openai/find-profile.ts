import { ConfigError } from '../base/errors.ts';
import type { Profile } from './profile.ts';
import { PROFILES, type ProfileName } from './profiles.ts';
import type { Server } from './server.ts';

/**
 * Finds the profile of a server by its URL.
 *
 * @throws ConfigError for an Azure deployment without an API version.
 */
export function findProfile({ hostname, address, path, hasApiVersion }: Server): Profile {
  const port = address.slice(address.lastIndexOf(':') + 1);
  const found = PROFILE_ADDRESSES.find(({ hostnames = [], path: pathPattern = '', port: defaultPort }) => {
    return (
      (hostnames.some((pattern) => matchesHostname(hostname, pattern)) && matchesPath(path, pathPattern)) ||
      (defaultPort === port && isLocal(hostname))
    );
  });
  const profile = PROFILES[found?.profile ?? 'compatible'];
  if (
    (profile === PROFILES.azure || profile === PROFILES.foundry) &&
    path.includes('/deployments/') &&
    !hasApiVersion
  ) {
    throw new ConfigError(
      `The Azure deployment at ${hostname} needs an API version. Pass query: { 'api-version': '2024-10-21' }, or use azure(deployment, { endpoint, apiVersion }).`,
    );
  }
  return profile;
}

export interface ProfileAddress {
  readonly profile: ProfileName;
  /** A name that begins with a dot matches all subdomains. */
  readonly hostnames?: readonly string[];
  /** The beginning of the path, if several services share the hostnames. `*` matches one segment. */
  readonly path?: string;
  /** The default port of the server, on this machine. */
  readonly port?: string;
}

/** The first match applies. */
export const PROFILE_ADDRESSES: readonly ProfileAddress[] = [
  { profile: 'openai', hostnames: ['api.openai.com', '.api.openai.com'] },
  { profile: 'azure', hostnames: [...listAzureHostnames('openai'), ...listAzureHostnames('cognitiveservices')] },
  { profile: 'foundry', hostnames: listAzureHostnames('services.ai') },
  { profile: 'groq', hostnames: ['api.groq.com'] },
  { profile: 'mistral', hostnames: ['api.mistral.ai', 'codestral.mistral.ai'] },
  { profile: 'deepseek', hostnames: ['api.deepseek.com'] },
  { profile: 'xai', hostnames: ['api.x.ai', '.api.x.ai'] },
  { profile: 'moonshot', hostnames: ['api.moonshot.ai', 'api.moonshot.cn'] },
  {
    profile: 'qwen',
    hostnames: [
      'dashscope.aliyuncs.com',
      '.dashscope.aliyuncs.com',
      'dashscope-intl.aliyuncs.com',
      'dashscope-us.aliyuncs.com',
    ],
  },
  { profile: 'gemini', hostnames: ['generativelanguage.googleapis.com'] },
  { profile: 'anthropic', hostnames: ['api.anthropic.com'] },
  { profile: 'cerebras', hostnames: ['api.cerebras.ai'] },
  { profile: 'zai', hostnames: ['api.z.ai', 'open.bigmodel.cn'] },
  // The gateway sends the key to the vendor in its path.
  { profile: 'openai', hostnames: ['gateway.ai.cloudflare.com'], path: '/v1/*/*/openai' },
  { profile: 'cloudflare', hostnames: ['api.cloudflare.com', 'gateway.ai.cloudflare.com'] },
  {
    profile: 'databricks',
    hostnames: [
      '.cloud.databricks.com',
      '.gcp.databricks.com',
      '.azuredatabricks.net',
      '.databricks.azure.cn',
      '.databricks.azure.us',
    ],
  },
  { profile: 'together', hostnames: ['api.together.ai', 'api.together.xyz'] },
  { profile: 'fireworks', hostnames: ['api.fireworks.ai'] },
  { profile: 'nvidia', hostnames: ['integrate.api.nvidia.com'] },
  { profile: 'sambanova', hostnames: ['api.sambanova.ai'] },
  { profile: 'perplexity', hostnames: ['api.perplexity.ai'] },
  { profile: 'huggingface', hostnames: ['router.huggingface.co'] },
  { profile: 'openrouter', hostnames: ['openrouter.ai'] },
  { profile: 'ollama', hostnames: ['ollama.com', 'ollama'], port: '11434' },
  { profile: 'lmstudio', port: '1234' },
  { profile: 'litellm', hostnames: ['litellm'], port: '4000' },
  { profile: 'vllm', hostnames: ['vllm'] },
  // LocalAI, mlx_lm.server and TGI in a container use this port too, and accept the same form of tools.
  { profile: 'llamacpp', hostnames: ['llamacpp', 'llama-server'], port: '8080' },
];

function listAzureHostnames(service: string): readonly string[] {
  return ['com', 'us', 'cn'].map((cloud) => `.${service}.azure.${cloud}`);
}

function matchesHostname(hostname: string, pattern: string): boolean {
  return pattern.startsWith('.') ? hostname.endsWith(pattern) : hostname === pattern;
}

function matchesPath(path: string, pattern: string): boolean {
  const segments = path.split('/');
  return pattern.split('/').every((segment, at) => segment === '*' || segment === segments[at]);
}

function isLocal(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1\]|host\.docker\.internal)$/.test(hostname);
}
