// Prints which functions of core one streamed request enters, as JSON: a list of `Entry`.
//   node trace-request.ts <base URL> <steps as JSON>
// A process of its own, since the inspector sees every function of its process.
import { Session } from 'node:inspector';
import type { Entry, Step } from './request-path.ts';

const [, , baseURL = '', given = '[]'] = process.argv;
const steps: readonly Step[] = JSON.parse(given);
const SOURCE = new URL('../../packages/core/src/', import.meta.url).href;

const session = new Session();
session.connect();
session.on('Debugger.scriptParsed', ({ params: { url, scriptId } }) => {
  if (url.startsWith(SOURCE)) scripts.set(url, scriptId);
});
const scripts = new Map<string, string>();
session.post('Debugger.enable');
session.post('Profiler.enable');
// From the start: V8 forgets the functions that it does not need any more.
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });

const { Agent, openai } = await import('@pawl/core');
const agent = new Agent({ model: openai('any', { baseURL, apiKey: 'key' }) });
await runOnce(); // What is loaded with the first request is loaded.

const entries: Entry[] = [];
const entered = new Set<number>();
Error.stackTraceLimit = Number.POSITIVE_INFINITY;
Object.assign(globalThis, { enter: recordEntry });
placeTracepoints();
await runOnce();
console.log(JSON.stringify(entries));

async function runOnce(): Promise<void> {
  await agent.run('Go.', { stream: true });
}

/** The condition of a breakpoint that never holds: it sees the function's entry, and nothing stops. */
function recordEntry(step: number): false {
  if (entered.has(step)) return false;
  entered.add(step);
  const { stack = '' } = new Error('Shows the stack.');
  const files = [...stack.matchAll(/\(?(file:[^\s()]+?\.ts):\d+:\d+\)?$/gm)].map(([, url = '']) => url);
  const own = files.filter((url) => url.startsWith(SOURCE)).map((url) => url.slice(SOURCE.length));
  entries.push({ step, files: [...new Set(own)] });
  return false;
}

function placeTracepoints(): void {
  session.post('Profiler.takePreciseCoverage', (_, { result }) => {
    for (const [index, { file, name }] of steps.entries()) {
      const functions = result.find(({ url }) => url === SOURCE + file)?.functions ?? [];
      for (const [start, end] of findRanges(name, functions)) placeTracepoint(index, { file, start, end });
    }
  });
}

/** A function has its name in V8. One without a name has that of the function around it. */
function findRanges(name: string, functions: readonly Coverage[]): readonly Range[] {
  const named = functions.filter(({ functionName }) => functionName === name).map(toRange);
  const nameless = functions.filter(({ functionName }) => functionName === '').map(toRange);
  const inside = nameless.filter(([start, end]) => named.some(([from, to]) => start > from && end <= to));
  return [...named, ...inside];
}

type Range = readonly [start: number, end: number];

interface Coverage {
  readonly functionName: string;
  readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number }[];
}

function toRange({ ranges: [whole] }: Coverage): Range {
  return [whole?.startOffset ?? 0, whole?.endOffset ?? 0];
}

interface Place {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

function placeTracepoint(step: number, { file, start, end }: Place): void {
  const scriptId = scripts.get(SOURCE + file);
  if (scriptId === undefined) return;
  session.post('Debugger.getScriptSource', { scriptId }, (_, { scriptSource }) => {
    const toLocation = (offset: number) => {
      const lines = scriptSource.slice(0, offset).split('\n');
      return { scriptId, lineNumber: lines.length - 1, columnNumber: lines.at(-1)?.length ?? 0 };
    };
    const within = { start: toLocation(start), end: toLocation(end), restrictToFunction: true };
    session.post('Debugger.getPossibleBreakpoints', within, (_, { locations: [first] }) => {
      if (first !== undefined) {
        session.post('Debugger.setBreakpoint', { location: first, condition: `enter(${step})` });
      }
    });
  });
}
