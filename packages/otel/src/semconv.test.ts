import { expect, test } from 'vitest';
import { toProviderName } from './semconv.ts';

test.each([
  [undefined, 'unknown'],
  ['groq', 'groq'],
  ['azure', 'azure.ai.openai'],
  ['anthropic.messages', 'anthropic'],
  ['openai.responses', 'openai'],
  ['google.generative-ai', 'gcp.gemini'],
  ['google.vertex.chat', 'gcp.vertex_ai'],
  ['vertex.anthropic.messages', 'gcp.vertex_ai'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['azure.responses', 'azure.ai.openai'],
  ['mistral.chat', 'mistral_ai'],
  ['example.com', 'example.com'],
])('names the provider of a span by the conventions: %s is %s', (provider, name) => {
  expect(toProviderName(provider)).toBe(name);
});
