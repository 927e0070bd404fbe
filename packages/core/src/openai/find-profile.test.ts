import { expect, test } from 'vitest';
import { findProfile } from './find-profile.ts';
import { resolveProfile } from './profile.ts';
import { PROFILES } from './profiles.ts';
import { resolveServer } from './server.ts';

test.each([
  ['https://api.openai.com/v1', 'openai'],
  ['https://eu.api.openai.com/v1', 'openai'],
  ['https://my.openai.azure.com/openai/v1', 'azure'],
  ['https://my.openai.azure.com/openai/deployments/a?api-version=1', 'azure'],
  ['https://my.services.ai.azure.com/openai/v1', 'foundry'],
  ['https://my.services.ai.azure.us/models', 'foundry'],
  ['https://api.groq.com/openai/v1', 'groq'],
  ['https://api.mistral.ai/v1', 'mistral'],
  ['https://api.deepseek.com', 'deepseek'],
  ['https://eu-west-1.api.x.ai/v1', 'xai'],
  ['https://api.moonshot.cn/v1', 'moonshot'],
  ['https://dashscope-intl.aliyuncs.com/compatible-mode/v1', 'qwen'],
  ['https://generativelanguage.googleapis.com/v1beta/openai', 'gemini'],
  ['https://api.anthropic.com/v1', 'anthropic'],
  ['https://api.cerebras.ai/v1', 'cerebras'],
  ['https://api.z.ai/api/paas/v4', 'zai'],
  ['https://openrouter.ai/api/v1', 'openrouter'],
  ['https://cn-hongkong.dashscope.aliyuncs.com/compatible-mode/v1', 'qwen'],
  ['https://api.cloudflare.com/client/v4/accounts/0a1b/ai/v1', 'cloudflare'],
  ['https://gateway.ai.cloudflare.com/v1/0a1b/my-gateway/workers-ai/v1', 'cloudflare'],
  ['https://gateway.ai.cloudflare.com/v1/0a1b/my-gateway/compat', 'cloudflare'],
  ['https://gateway.ai.cloudflare.com/v1/0a1b/my-gateway/google-ai-studio/v1beta/openai', 'cloudflare'],
  ['https://gateway.ai.cloudflare.com/v1/0a1b/my-gateway/openai', 'openai'],
  ['https://gateway.ai.cloudflare.com/v1/0a1b/my-gateway/openai/v1/', 'openai'],
  ['https://gateway.ai.cloudflare.com/v1/openai/openai/compat', 'cloudflare'],
  ['https://dbc-1.cloud.databricks.com/serving-endpoints', 'databricks'],
  ['https://adb-1.2.azuredatabricks.net/serving-endpoints', 'databricks'],
  ['https://1.2.gcp.databricks.com/serving-endpoints', 'databricks'],
  ['https://api.together.xyz/v1', 'together'],
  ['https://api.together.ai/v1', 'together'],
  ['https://api.fireworks.ai/inference/v1', 'fireworks'],
  ['https://integrate.api.nvidia.com/v1', 'nvidia'],
  ['https://api.sambanova.ai/v1', 'sambanova'],
  ['https://api.perplexity.ai', 'perplexity'],
  ['https://router.huggingface.co/v1', 'huggingface'],
  ['https://router.huggingface.co/cerebras/v1', 'huggingface'],
  ['http://127.0.0.1:11434/v1', 'ollama'],
  ['http://[::1]:11434/v1', 'ollama'],
  ['http://ollama:80/v1', 'ollama'],
  ['http://localhost:1234/v1', 'lmstudio'],
  ['http://localhost:4000', 'litellm'],
  ['http://127.0.0.1:8080/v1', 'llamacpp'],
  ['http://localhost:8080', 'llamacpp'],
  ['http://[::1]:8080/v1', 'llamacpp'],
  ['http://0.0.0.0:8080/v1', 'llamacpp'],
  ['http://host.docker.internal:8080/v1', 'llamacpp'],
  ['http://gpu:8080/v1', 'compatible'],
  ['http://10.0.0.7:8080/v1', 'compatible'],
  ['http://localhost:8000/v1', 'compatible'],
  ['https://example.test:11434/v1', 'compatible'],
  ['https://notapi.openai.com/v1', 'compatible'],
  ['https://cloud.databricks.com.example.test/serving-endpoints', 'compatible'],
  ['https://example.test/client/v4/accounts/0a1b/ai/v1', 'compatible'],
  ['https://api.openai.com.example.test/v1', 'compatible'],
])('%s has the profile %s', (baseURL, name) => {
  expect(findProfile(resolveServer(baseURL)).name).toEqual(name);
});

test('an Azure deployment needs an API version', () => {
  const message =
    "The Azure deployment at my.openai.azure.com needs an API version. Pass query: { 'api-version': '2024-10-21' }, or use azure(deployment, { endpoint, apiVersion }).";
  const baseURL = 'https://my.openai.azure.com/openai/deployments/gpt';
  expect(() => findProfile(resolveServer(baseURL))).toThrow(message);
  expect(findProfile(resolveServer(baseURL, { 'api-version': '1' })).name).toEqual('azure');
});

const options = { known: PROFILES, suggested: PROFILES.groq };

test('resolves to the suggested profile, the named one, or either with changes', () => {
  expect([
    resolveProfile(undefined, options),
    resolveProfile('vllm', options),
    resolveProfile({ developerRole: true }, options),
    resolveProfile({ base: 'vllm', developerRole: true }, options),
  ]).toEqual([
    PROFILES.groq,
    PROFILES.vllm,
    { ...PROFILES.groq, developerRole: true },
    { ...PROFILES.vllm, developerRole: true },
  ]);
});

test('refuses an unknown name and lists the known ones', () => {
  expect(() => resolveProfile('olama', options)).toThrow(
    `There is no profile "olama". Did you mean "ollama"? The profiles are: ${Object.keys(PROFILES).join(', ')}.`,
  );
});

test('ignores undefined fields', () => {
  const changes = { tokenField: undefined, omittedFields: undefined, base: undefined } as object; // As without exactOptionalPropertyTypes.
  expect(resolveProfile(changes, options)).toEqual(PROFILES.groq);
});

test.each<[object, string]>([
  [{ tokenFeild: 'max_tokens' }, 'A profile has no field "tokenFeild".'],
  [{ omittedFields: 'store' }, 'The profile\'s omittedFields is "store". Pass a value such as ["metadata"'],
  [{ strictSchemas: 'yes' }, 'The profile\'s strictSchemas is "yes". Pass a value such as false.'],
  [
    { outputWithTools: 'final_tool' },
    'The profile\'s outputWithTools is "final_tool". Pass one of: response-format, final-tool, instructions.',
  ],
  [{ responseFormat: 'json' }, 'The profile\'s responseFormat is "json". Pass one of: json_schema, tool, '],
  [{ passthroughFields: null }, 'The profile\'s passthroughFields is null. Pass "all", or a list of names.'],
  [
    { roleOrder: 'strict' },
    'The profile\'s roleOrder is "strict". Pass one of: any, assistant-after-tool, alternating.',
  ],
  [{ systemMessages: true }, "The profile's systemMessages is true. Pass one of: anywhere, leading, first."],
  [{ toolCallIds: { pattern: '[a-z]{9}' } }, 'The profile\'s toolCallIds is {"pattern":"[a-z]{9}"}. Pass "any", or'],
  [{ reasoningFields: 'reasoning' }, 'The profile\'s reasoningFields is "reasoning". Pass a value such as [].'],
])('refuses a profile of %j', (changes, message) => {
  expect(() => resolveProfile(changes, options)).toThrow(message);
});
