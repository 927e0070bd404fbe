import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { Agent, memoryHost } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { generateText, isStepCount, jsonSchema, streamText, tool } from 'ai';
import { expect, test } from 'vitest';
import { collect, createWeatherAgent, startServer } from './serve-agents.ts';

async function createProvider(agents: readonly Agent[]): Promise<ReturnType<typeof createOpenAICompatible>> {
  const { url } = await startServer({ agents, host: memoryHost() });
  return createOpenAICompatible({ name: 'pawl', baseURL: `${url}/v1`, includeUsage: true });
}

test('the AI SDK generates a text with an agent as its model', async () => {
  const provider = await createProvider([createWeatherAgent()]);
  const result = await generateText({ model: provider('weather'), prompt: 'Weather in Rome?' });
  expect(result.text).toBe('It is sunny in Rome.');
  expect(result.finishReason).toBe('stop');
  expect(result.usage.totalTokens).toBeGreaterThan(0);
});

test('the AI SDK streams a text with an agent as its model', async () => {
  const provider = await createProvider([createWeatherAgent()]);
  const result = streamText({ model: provider('weather'), prompt: 'Weather in Rome?' });
  expect((await collect(result.textStream)).join('')).toBe('It is sunny in Rome.');
  expect(await result.finishReason).toBe('stop');
  expect((await result.usage).totalTokens).toBeGreaterThan(0);
});

test('the AI SDK executes its own tool in the run that asked for it', async () => {
  const model = scriptedModel(({ messages }) => {
    const last = messages.at(-1);
    return last?.role === 'tool' ? respond.text(`Got ${String(last.content)}.`) : respond.call('lookUp', { key: 'a' });
  });
  const provider = await createProvider([new Agent({ name: 'reader', model })]);
  const looked: unknown[] = [];
  const result = await generateText({
    model: provider('reader'),
    prompt: 'Look it up.',
    stopWhen: isStepCount(3),
    tools: {
      lookUp: tool({
        description: 'Looks up a key.',
        inputSchema: jsonSchema({ type: 'object', properties: { key: { type: 'string' } } }),
        execute: (input) => {
          looked.push(input);
          return 'b';
        },
      }),
    },
  });
  expect(result.text).toBe('Got b.');
  expect(looked).toEqual([{ key: 'a' }]);
  expect(new Set(result.steps.map(({ response }) => response.id)).size).toBe(1);
});
