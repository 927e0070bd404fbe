import { memoryHost } from '@pawl/core';
import { serve } from '@pawl/serve';
import { manualClock, scriptedModel } from '@pawl/testing';
import { ResponseStream } from 'openai/lib/responses/ResponseStream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createResponder, createScenarioAgent } from '../invariants/scenario.ts';
import { scenarios } from '../invariants/scenarios.ts';
import { responseEventProblems, responseObjectProblems } from '../reference/responses-validators.ts';
import { readData } from './serve-agents.ts';

type Event = { readonly type: string; readonly sequence_number: number; readonly response?: unknown };

const ENDS = ['response.completed', 'response.incomplete', 'response.failed'];

describe('a run is a stream that is valid by the types of OpenAI, rises, ends once, and adds up to the response', () => {
  // `serve` has no flows.
  const played = scenarios.filter(
    ({ steering, input, flow }) => steering === undefined && typeof (input ?? '') === 'string' && flow === undefined,
  );

  test.each(played)('$name', async (scenario) => {
    const clock = manualClock();
    const model = scriptedModel(createResponder(scenario));
    const agent = createScenarioAgent(scenario, { started: [], model, clock }, { name: 'played' });
    const server = serve({ agents: [agent], host: memoryHost(), resumeEveryMs: 0, faces: ['responses'] });
    onTestFinished(server.close);
    const send = (path: string, body?: object): Promise<Response> => {
      const init = {
        headers: { 'content-type': 'application/json' },
        ...(body && { method: 'POST', body: JSON.stringify(body) }),
      };
      return server.fetch(new Request(`http://localhost${path}`, init));
    };
    const response = await send('/v1/responses', { model: 'played', input: scenario.input ?? 'Go.', stream: true });
    const live = readData(await response.text()) as readonly Event[];
    const id = response.headers.get('pawl-run-id');
    const whole = (await (await send(`/v1/responses/${id}`)).json()) as object; // Checked below.
    const replayed = readData(await (await send(`/v1/responses/${id}?stream=true`)).text()) as readonly Event[];
    expect(responseObjectProblems(whole)).toEqual([]);
    for (const events of [live, replayed]) {
      expect(events.flatMap(responseEventProblems)).toEqual([]);
      expect(events.filter(({ type }) => ENDS.includes(type)).map((event) => event.response)).toEqual([whole]);
      const numbers = events.map(({ sequence_number: number }) => number);
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
      expect(await accumulate(events)).toMatchObject(whole);
    }
  });
});

/** Adds events up as the client does. */
async function accumulate(events: readonly object[]): Promise<unknown> {
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
  return ResponseStream.fromReadableStream(new Response(lines).body as ReadableStream).finalResponse(); // It has a body.
}
