import { describe, expect, test } from 'vitest';
import { chunkProblems, errorProblems, responseProblems } from '../reference/validators.ts';
import { readData } from './serve-agents.ts';
import { servedScenarios, serveScenario } from './serve-scenario.ts';

type Frame = {
  readonly error?: unknown;
  readonly id?: string;
  readonly choices?: readonly { readonly finish_reason: string | null }[];
};

describe('what is sent is valid by the schema of OpenAI, with one id and one end', () => {
  test.each(servedScenarios)('$name', async (scenario) => {
    const send = serveScenario(scenario, { reasoning: true });
    const messages = [{ role: 'user', content: scenario.input ?? 'Go.' }];
    const response = await send('/v1/chat/completions', {
      model: 'played',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    const frames = readData(await response.text()) as readonly Frame[];
    const chunks = frames.filter(({ error }) => error === undefined);
    const errors = frames.filter(({ error }) => error !== undefined);
    expect(chunks.flatMap(chunkProblems)).toEqual([]);
    expect(errors.flatMap(errorProblems)).toEqual([]);
    const reasons = chunks.flatMap(({ choices = [] }) => choices.flatMap(({ finish_reason: reason }) => reason ?? []));
    expect(reasons.length + errors.length).toBe(1);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    const whole = await send(`/v1/chat/completions/${response.headers.get('pawl-run-id')}`);
    const body: unknown = await whole.json();
    expect(errors.length === 0 ? responseProblems(body) : errorProblems(body)).toEqual([]);
    expect(whole.ok).toBe(errors.length === 0);
  });
});
