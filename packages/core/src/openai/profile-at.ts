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
  const found = ADDRESSES.find(({ hosts = [], path: pattern = '', port: known }) => {
    return (
      (hosts.some((host) => isAt(hostname, host)) && beginsLike(path, pattern)) || (known === port && isLocal(hostname))
    );
  });
  const profile = PROFILES[found?.profile ?? 'compatible'];
  if (
    (profile === PROFILES.azure || profile === PROFILES.foundry) &&
    path.includes('/deployments/') &&
    !hasApiVersion
  ) {
    throw new ConfigError(
      `The Azure deployment at ${hostname} needs the version of the API. Pass query: { 'api-version': '2024-10-21' }, or use azure(deployment, { endpoint, apiVersion }).`,
    );
  }
  return profile;
}

export interface Address {
  readonly profile: ProfileName;
  /** Names of hosts; one that begins with a dot stands for all below it. */
  readonly hosts?: readonly string[];
  /** How the path has to begin, where several services share the hosts; `*` stands for any one segment. */
  readonly path?: string;
  /** On this machine: the port that the server takes unless it is told otherwise. */
  readonly port?: string;
}

/** The first that fits. */
export const ADDRESSES: readonly Address[] = [
  { profile: 'openai', hosts: ['api.openai.com', '.api.openai.com'] },
  { profile: 'azure', hosts: [...azureHosts('openai'), ...azureHosts('cognitiveservices')] },
  { profile: 'foundry', hosts: azureHosts('services.ai') },
  { profile: 'groq', hosts: ['api.groq.com'] },
  { profile: 'mistral', hosts: ['api.mistral.ai', 'codestral.mistral.ai'] },
  { profile: 'deepseek', hosts: ['api.deepseek.com'] },
  { profile: 'xai', hosts: ['api.x.ai', '.api.x.ai'] },
  { profile: 'moonshot', hosts: ['api.moonshot.ai', 'api.moonshot.cn'] },
  {
    profile: 'qwen',
    hosts: [
      'dashscope.aliyuncs.com',
      '.dashscope.aliyuncs.com',
      'dashscope-intl.aliyuncs.com',
      'dashscope-us.aliyuncs.com',
    ],
  },
  { profile: 'gemini', hosts: ['generativelanguage.googleapis.com'] },
  { profile: 'anthropic', hosts: ['api.anthropic.com'] },
  { profile: 'cerebras', hosts: ['api.cerebras.ai'] },
  { profile: 'zai', hosts: ['api.z.ai', 'open.bigmodel.cn'] },
  // A gateway passes a key on to the vendor that its path names.
  { profile: 'openai', hosts: ['gateway.ai.cloudflare.com'], path: '/v1/*/*/openai' },
  { profile: 'cloudflare', hosts: ['api.cloudflare.com', 'gateway.ai.cloudflare.com'] },
  {
    profile: 'databricks',
    hosts: [
      '.cloud.databricks.com',
      '.gcp.databricks.com',
      '.azuredatabricks.net',
      '.databricks.azure.cn',
      '.databricks.azure.us',
    ],
  },
  { profile: 'together', hosts: ['api.together.ai', 'api.together.xyz'] },
  { profile: 'fireworks', hosts: ['api.fireworks.ai'] },
  { profile: 'nvidia', hosts: ['integrate.api.nvidia.com'] },
  { profile: 'sambanova', hosts: ['api.sambanova.ai'] },
  { profile: 'perplexity', hosts: ['api.perplexity.ai'] },
  { profile: 'huggingface', hosts: ['router.huggingface.co'] },
  { profile: 'openrouter', hosts: ['openrouter.ai'] },
  { profile: 'ollama', hosts: ['ollama.com', 'ollama'], port: '11434' },
  { profile: 'lmstudio', port: '1234' },
  { profile: 'litellm', hosts: ['litellm'], port: '4000' },
  { profile: 'vllm', hosts: ['vllm'] },
  // Others take the same port, and what this profile says of tools suits them too: LocalAI, mlx_lm.server, TGI in a container.
  { profile: 'llamacpp', hosts: ['llamacpp', 'llama-server'], port: '8080' },
];

function azureHosts(service: string): readonly string[] {
  return ['com', 'us', 'cn'].map((cloud) => `.${service}.azure.${cloud}`);
}

function isAt(hostname: string, host: string): boolean {
  return host.startsWith('.') ? hostname.endsWith(host) : hostname === host;
}

function beginsLike(path: string, pattern: string): boolean {
  const given = path.split('/');
  return pattern.split('/').every((segment, at) => segment === '*' || segment === given[at]);
}

function isLocal(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1\]|host\.docker\.internal)$/.test(hostname);
}
