import { inspect } from 'node:util';
import type { Contestant, OfferedTool } from './contestant.ts';
import type { Did, Fault, Ran, ToolManner } from './fault.ts';

const PROMPT = 'What is the weather in Oslo?';

export interface Driving {
  readonly fault: Fault;
  readonly baseURL: string;
  /** Told at once, so that it is known of a framework that hangs, too. */
  readonly onRun?: (ran: Ran) => void;
}

/** Has a framework answer the question under a fault. Never rejects; never ends where the framework does not. */
export async function drive(contestant: Contestant, { fault, baseURL, onRun }: Driving): Promise<Did> {
  const ran: Ran[] = [];
  const abort = new AbortController();
  let abortedAt: number | undefined;
  const note = (one: Ran): void => {
    ran.push(one);
    onRun?.(one);
    if (fault.abortAfterMs === undefined || ran.length > 1) return;
    setTimeout(() => {
      abortedAt = performance.now();
      abort.abort(new Error('The user has gone.'));
    }, fault.abortAfterMs);
  };
  const tools = toolsOf(fault.tool ?? 'works', note);
  const begun = performance.now();
  /** Of a run that is aborted: since then. */
  const durationMs = (): number => Math.round(performance.now() - (abortedAt ?? begun));
  try {
    const isStreamed = fault.isStreamed === true;
    const { text, finish } = await contestant.ask({ baseURL, prompt: PROMPT, isStreamed, tools, signal: abort.signal });
    return { ended: 'answered', text, ...(finish !== undefined && { finish }), ran, durationMs: durationMs() };
  } catch (error) {
    return { ended: 'threw', error: said(error), details: details(error), ran, durationMs: durationMs() };
  }
}

function toolsOf(manner: ToolManner, note: (ran: Ran) => void): readonly OfferedTool[] {
  const get_weather: OfferedTool = {
    name: 'get_weather',
    description: 'Tells the weather of a city.',
    input: (zod) => zod.object({ city: zod.string().describe('The name of the city.') }),
    execute(input) {
      note({ tool: 'get_weather', input });
      return weather(manner, String(input['city']));
    },
  };
  const get_time: OfferedTool = {
    name: 'get_time',
    description: 'Tells the time in Oslo.',
    input: (zod) => zod.object({}),
    execute(input) {
      note({ tool: 'get_time', input });
      return '12:00';
    },
  };
  return [get_weather, get_time];
}

function weather(manner: ToolManner, city: string): unknown {
  switch (manner) {
    case 'works':
      return `${city}: 4 degrees`;
    case 'throws for Oslo':
      if (city === 'Oslo') throw new Error('The weather service is down.');
      return `${city}: 4 degrees`;
    case 'hangs':
      return new Promise(() => undefined);
    case 'gives nothing':
      return undefined;
    case 'gives what JSON has no form for':
      return { station: 12345678901234567890n, near: new Map([['Rome', 1]]), at: new Date(0) };
  }
}

function said(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

const LONGEST_DETAILS = 4_000;

/** As `console.error` shows it, so that what is in a field or a cause counts, too. */
function details(error: unknown): string {
  return inspect(error, { depth: 4 }).slice(0, LONGEST_DETAILS);
}
