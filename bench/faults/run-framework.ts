import { inspect } from 'node:util';
import type { Fault, FrameworkRun, ToolBehavior, ToolExecution } from './fault.ts';
import type { Framework, OfferedTool } from './framework.ts';

const PROMPT = 'What is the weather in Oslo?';

export interface RunFrameworkOptions {
  readonly fault: Fault;
  readonly baseURL: string;
  /** Called at once, so that executions of a framework that hangs are recorded, too. */
  readonly onRun?: (ran: ToolExecution) => void;
}

/** Asks a framework the question under a fault. Never rejects. Does not settle if the framework does not. */
export async function runFramework(
  contestant: Framework,
  { fault, baseURL, onRun }: RunFrameworkOptions,
): Promise<FrameworkRun> {
  const ran: ToolExecution[] = [];
  const abort = new AbortController();
  let abortedAt: number | undefined;
  const recordExecution = (one: ToolExecution): void => {
    ran.push(one);
    onRun?.(one);
    if (fault.abortAfterMs === undefined || ran.length > 1) return;
    setTimeout(() => {
      abortedAt = performance.now();
      abort.abort(new Error('The user aborted the run.'));
    }, fault.abortAfterMs);
  };
  const tools = createTools(fault.tool ?? 'works', recordExecution);
  const isStreamed = fault.isStreamed === true;
  return takeRun({
    run: () => contestant.ask({ baseURL, prompt: PROMPT, isStreamed, tools, signal: abort.signal }),
    ran,
    findStart: (begun) => abortedAt ?? begun,
  });
}

export interface TakeRunOptions {
  readonly run: () => Promise<{ readonly text: string; readonly finish?: string }>;
  readonly ran: readonly ToolExecution[];
  /** Returns the time from which the duration counts: the start, or the abort of an aborted run. */
  readonly findStart: (begun: number) => number;
}

/** Waits for a run. Never rejects. */
export async function takeRun({ run, ran, findStart }: TakeRunOptions): Promise<FrameworkRun> {
  const begun = performance.now();
  const measureDuration = (): number => Math.round(performance.now() - findStart(begun));
  try {
    const { text, finish } = await run();
    return { ended: 'answered', text, ...(finish !== undefined && { finish }), ran, durationMs: measureDuration() };
  } catch (error) {
    return {
      ended: 'threw',
      error: formatError(error),
      details: formatDetails(error),
      ran,
      durationMs: measureDuration(),
    };
  }
}

function createTools(manner: ToolBehavior, note: (ran: ToolExecution) => void): readonly OfferedTool[] {
  const get_weather: OfferedTool = {
    name: 'get_weather',
    description: 'Tells the weather of a city.',
    input: (zod) => zod.object({ city: zod.string().describe('The name of the city.') }),
    execute(input) {
      note({ tool: 'get_weather', input });
      return getWeather(manner, String(input['city']));
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

function getWeather(manner: ToolBehavior, city: string): unknown {
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

function formatError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

const MAX_DETAILS_LENGTH = 4_000;

/** Formats an error like `console.error`, with its fields and causes. */
function formatDetails(error: unknown): string {
  return inspect(error, { depth: 4 }).slice(0, MAX_DETAILS_LENGTH);
}
