import { ResponseStream } from 'openai/lib/responses/ResponseStream';
import { describe, expect, test } from 'vitest';
import { responseEventProblems, responseObjectProblems } from '../reference/responses-validators.ts';
import { readData } from './serve-agents.ts';
import { servedScenarios, serveScenario } from './serve-scenario.ts';

type Event = { readonly type: string; readonly sequence_number: number; readonly response?: unknown };

const ENDS = ['response.completed', 'response.incomplete', 'response.failed'];

describe('a run is a stream that is valid by the types of OpenAI, rises, ends once, and adds up to the response', () => {
  test.each(servedScenarios)('$name', async (scenario) => {
    const send = serveScenario(scenario, { faces: ['responses'] });
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
