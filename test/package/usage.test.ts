import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, openai } from '@pawl/core';
import { offlineServer, respond } from '@pawl/testing';
import { expect, test } from 'vitest';
import { writeUsagePage } from '../../scripts/usage.ts';
import { USAGE_ROWS } from '../../scripts/usage-rows.ts';

const price = { input: 10, cachedInput: 1, output: 100 };

test.each(USAGE_ROWS)('reads the usage of $vendor as billed', async ({ usage, beside = {}, read }) => {
  const { prompt, cached = 0, completion, reasoning = 0 } = read;
  const choices = [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }];
  const body = {
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices,
    ...(usage && { usage }),
    ...beside,
  };
  const server = await offlineServer({ script: [respond.body(JSON.stringify(body))] });
  const model = openai('m', { baseURL: server.baseURL, apiKey: 'key', price });
  const outcome = await new Agent({ model }).run('Hi.').outcome();
  await server.close();
  expect(outcome.usage).toEqual({
    requests: 1,
    inputTokens: prompt,
    cachedInputTokens: cached,
    outputTokens: completion,
    reasoningTokens: reasoning,
    totalTokens: prompt + completion,
    cost: expect.closeTo(((prompt - cached) * 10 + cached + completion * 100) / 1_000_000, 10),
    estimated: false,
  });
});

test('docs/reference/usage.md equals the cases', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reference', 'usage.md'), 'utf8');
  expect(page).toBe(writeUsagePage());
});
