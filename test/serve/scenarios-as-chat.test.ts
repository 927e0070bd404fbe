import { memoryHost } from '@pawl/core';
import { serve } from '@pawl/serve';
import { manualClock, scriptedModel } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createResponder, createScenarioAgent } from '../invariants/scenario.ts';
import { scenarios } from '../invariants/scenarios.ts';
import { chunkProblems, errorProblems, responseProblems } from '../reference/validators.ts';
import { readData } from './serve-agents.ts';

type Frame = {
  readonly error?: unknown;
  readonly id?: string;
  readonly choices?: readonly { readonly finish_reason: string | null }[];
};

describe('what is sent is valid by the schema of OpenAI, with one id and one end', () => {
  // `serve` has no flows.
  const played = scenarios.filter(
    ({ steering, input, flow }) => steering === undefined && typeof (input ?? '') === 'string' && flow === undefined,
  );

  test.each(played)('$name', async (scenario) => {
    const clock = manualClock();
    const model = scriptedModel(createResponder(scenario));
    const agent = createScenarioAgent(scenario, { started: [], model, clock }, { name: 'played' });
    const server = serve({ agents: [agent], host: memoryHost(), resumeEveryMs: 0, reasoning: true });
    onTestFinished(server.close);
    const send = (path: string, body?: object): Promise<Response> => {
      const init = {
        headers: { 'content-type': 'application/json', 'pawl-events': '1' },
        ...(body && { method: 'POST', body: JSON.stringify(body) }),
      };
      return server.fetch(new Request(`http://localhost${path}`, init));
    };
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
