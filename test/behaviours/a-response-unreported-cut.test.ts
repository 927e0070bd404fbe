import { Agent, type AgentOptions, type Outcome, openai, type ServerProfile } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { offlineServer, respond, type ScriptedResponse } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { weather } from './weather.ts';

const CAP = 20;
const CITY = z.object({ city: z.string(), rain: z.string() });
const CUT_JSON = '{"city":"Oslo","rai';

interface Asking extends Omit<AgentOptions<unknown, unknown>, 'model'> {
  readonly stream: boolean;
  readonly profile?: ServerProfile;
  readonly extraBody?: { readonly [name: string]: Json };
}

interface Asked {
  readonly outcome: Outcome<unknown>;
  readonly requests: number;
  readonly repairs: readonly string[];
}

/** Runs an agent whose requests have a limit of 20 output tokens. */
async function ask(
  script: readonly ScriptedResponse[],
  { stream, profile, extraBody, ...options }: Asking,
): Promise<Asked> {
  const server = await offlineServer({ script, checks: 'none' });
  try {
    const model = openai('m', {
      baseURL: server.baseURL,
      apiKey: 'key',
      ...(profile !== undefined && { profile }),
      ...(extraBody !== undefined && { extraBody }),
    });
    const agent = new Agent<unknown, unknown>({ modelSettings: { max_completion_tokens: CAP }, ...options, model });
    const run = agent.run('Go.', { stream });
    const repairs: string[] = [];
    run.on('response.repaired', ({ repairs: mends }) => repairs.push(...mends.map(({ note }) => note)));
    return { outcome: await run.outcome(), requests: server.requests.length, repairs };
  } finally {
    await server.close();
  }
}

function used(completion_tokens: number): {
  readonly usage: NonNullable<Parameters<typeof respond.text>[1]>['usage'] & object;
} {
  return { usage: { prompt_tokens: 10, completion_tokens, total_tokens: 10 + completion_tokens } };
}

function called(text: string, tokens = CAP): ScriptedResponse {
  return respond.message(
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'get_weather', arguments: text } }],
    },
    { finishReason: 'tool_calls', ...used(tokens) },
  );
}

describe.each([{ stream: true }, { stream: false }])('an unreported cut, stream: $stream', (form) => {
  test.each([
    { what: 'an open brace', text: '{' },
    { what: 'an open text', text: '{"city":"Os' },
    { what: 'an open list', text: '{"cities":["Oslo"' },
    { what: 'nothing', text: '' },
  ])('A4: arguments that stop at the token limit with $what are cut, so no call runs', async ({ text }) => {
    const { outcome, requests, repairs } = await ask([called(text), called(text)], { ...form, tools: [weather] });

    expect(outcome).toMatchObject({ status: 'truncated', toolCallCount: 0 });
    expect(requests).toBe(2);
    expect(repairs).toContain('"tool_calls" at the cap of 20 tokens, and arguments stop early: now "length"');
  });

  test('A4: after an unreported cut the run can still complete', async () => {
    const { outcome } = await ask([called('{"ci'), respond.text('Wet.', used(3))], { ...form, tools: [weather] });

    expect(outcome).toMatchObject({ status: 'completed', text: 'Wet.' });
  });

  test.each([
    { what: 'below the limit', script: [called('{"ci', CAP - 1), respond.text('Wet.', used(3))], status: 'completed' },
    {
      what: 'that are whole',
      script: [called('{"city":"Oslo"}'), respond.text('Wet.', used(3))],
      status: 'completed',
    },
    {
      what: 'that are not JSON, but complete',
      script: [called('{city}'), respond.text('Wet.', used(3))],
      status: 'completed',
    },
  ])('treats arguments with $what as invalid, not as cut', async ({ script, status }) => {
    const { outcome, repairs } = await ask(script, { ...form, tools: [weather] });

    expect(outcome.status).toBe(status);
    expect(repairs.join()).not.toContain('length');
  });

  test.each([
    { what: 'JSON', text: CUT_JSON },
    { what: 'JSON in a fence', text: `\`\`\`json\n${CUT_JSON}` },
    { what: 'whole JSON in a fence that is open', text: '```json\n{"city":"Oslo","rain":"no"}\n' },
  ])('A5: $what that stops early at the token limit is a cut, not a wrong answer', async ({ text }) => {
    const { outcome, requests } = await ask([respond.text(text, used(CAP))], { ...form, output: CITY });

    expect(outcome).toMatchObject({ status: 'truncated', text });
    expect(requests).toBe(1);
  });

  test('A5: an answer by the final-answer tool that stops early at the token limit is a cut', async () => {
    const final = respond.message(
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'final_answer', arguments: CUT_JSON } }],
      },
      { finishReason: 'tool_calls', ...used(CAP) },
    );
    const { outcome, requests } = await ask([final], {
      ...form,
      profile: 'anthropic',
      output: CITY,
      tools: [weather],
    });

    expect(outcome).toMatchObject({ status: 'truncated', text: CUT_JSON });
    expect(requests).toBe(1);
  });

  test('A5: a response without text at the token limit is a cut', async () => {
    const { outcome, requests } = await ask([respond.text('', used(CAP))], form);

    expect(outcome).toMatchObject({ status: 'truncated', text: '' });
    expect(requests).toBe(1);
  });

  test.each([
    { profile: 'compatible', status: 'completed' },
    { profile: 'openai', status: 'completed' },
    { profile: 'vllm', status: 'completed' },
    { profile: 'llamacpp', status: 'truncated' },
    { profile: { base: 'compatible', reportsCuts: false }, status: 'truncated' },
  ] as const)(
    'A5: a plain text at the token limit is $status for the profile $profile',
    async ({ profile, status }) => {
      const { outcome } = await ask([respond.text('The first half of', used(CAP))], { ...form, profile });

      expect(outcome).toMatchObject({ status, text: 'The first half of' });
    },
  );

  test.each([
    { profile: 'compatible', toolCallCount: 1 },
    { profile: 'vllm', toolCallCount: 0 },
    { profile: 'llamacpp', toolCallCount: 0 },
    { profile: { base: 'compatible', reportsCuts: false }, toolCallCount: 0 },
  ] as const)(
    'A4: complete calls at the token limit run $toolCallCount times for the profile $profile',
    async ({ profile, toolCallCount }) => {
      const script = [called('{"city":"Oslo"}'), respond.text('Wet.', used(3))];
      const { outcome } = await ask(script, { ...form, profile, tools: [weather] });

      expect(outcome).toMatchObject({ status: 'completed', toolCallCount });
    },
  );

  test.each([
    { what: 'max_tokens of the settings', options: { modelSettings: { max_tokens: CAP } } },
    { what: 'extraBody', options: { modelSettings: {}, extraBody: { max_tokens: CAP } } },
    {
      what: 'extraBody, below the settings’',
      options: { modelSettings: { max_tokens: 900 }, extraBody: { max_tokens: CAP } },
    },
  ])('A4: an unreported cut is detected by the limit of $what', async ({ options }) => {
    const { outcome } = await ask([called('{'), called('{')], { ...form, tools: [weather], ...options });

    expect(outcome).toMatchObject({ status: 'truncated', toolCallCount: 0 });
  });

  test('A4: an unreported cut at the limit that a budget leaves ends the run as limited', async () => {
    const options = { modelSettings: {}, limits: { tokens: 200 } };
    const server = await offlineServer({
      script: (request) => called('{"ci', request.max_completion_tokens ?? request.max_tokens ?? 0),
      checks: 'none',
    });
    const model = openai('m', { baseURL: server.baseURL });
    const outcome = await new Agent({ model, tools: [weather], ...options }).run('Go.', form).outcome();
    await server.close();

    expect(outcome).toMatchObject({ status: 'limited', limit: 'tokens', toolCallCount: 0 });
  });

  test.each([-1, 0])('ignores a token limit of %i', async (max_tokens) => {
    const settings = { max_tokens };
    const { outcome } = await ask([respond.text('Hi.', used(CAP))], {
      ...form,
      profile: 'llamacpp',
      modelSettings: settings,
    });

    expect(outcome).toMatchObject({ status: 'completed', text: 'Hi.' });
  });

  test('reports a refusal at the token limit as a refusal', async () => {
    const { outcome } = await ask([respond.refusal('No.', used(CAP))], { ...form, profile: 'llamacpp' });

    expect(outcome).toMatchObject({ status: 'refused', refusal: 'No.' });
  });

  test('detects no cut in a response to a request without a token limit', async () => {
    const script = [called('{"ci'), respond.text('Wet.', used(CAP))];
    const { outcome } = await ask(script, { ...form, profile: 'llamacpp', modelSettings: {}, tools: [weather] });

    expect(outcome).toMatchObject({ status: 'completed', text: 'Wet.' });
  });
});
