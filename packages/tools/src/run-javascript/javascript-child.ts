// A process of its own for one piece of code: whatever the code does, ending the process ends it. It says that it is ready, is given its limits
// by whoever started it, reads a request from standard input, and says what comes of it, a JSON line each. The means that Node's permissions
// leave open are taken away before the code runs. That is the innermost of the walls, and no wall by itself.

import { readFileSync, writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
import type { JavaScriptLine, JavaScriptRequest } from './javascript-request.ts';

/** What the code finds: the language, and what neither reads nor writes anything. */
const KEPT_GLOBALS: ReadonlySet<PropertyKey> = new Set([
  ...['Object', 'Function', 'Array', 'Number', 'Boolean', 'String', 'Symbol', 'Date', 'Promise', 'RegExp', 'BigInt'],
  ...['Error', 'AggregateError', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'],
  ...['ArrayBuffer', 'DataView', 'Uint8Array', 'Int8Array', 'Uint16Array', 'Int16Array', 'Uint32Array', 'Int32Array'],
  ...['Float16Array', 'Float32Array', 'Float64Array', 'Uint8ClampedArray', 'BigUint64Array', 'BigInt64Array'],
  ...['Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'FinalizationRegistry', 'Proxy', 'Reflect', 'Iterator', 'JSON'],
  ...['Math', 'Intl', 'Temporal', 'SuppressedError', 'DisposableStack', 'AsyncDisposableStack', 'globalThis'],
  ...['parseFloat', 'parseInt', 'isFinite', 'isNaN', 'Infinity', 'NaN', 'undefined', 'escape', 'unescape', 'eval'],
  ...['decodeURI', 'decodeURIComponent', 'encodeURI', 'encodeURIComponent', 'atob', 'btoa', 'URL', 'URLSearchParams'],
  ...['TextEncoder', 'TextDecoder', 'structuredClone', 'queueMicrotask', Symbol.toStringTag],
]);

/** What Node itself needs of its own. */
const KEPT_PROCESS_FIELDS: ReadonlySet<PropertyKey> = new Set([
  ...['version', 'versions', 'arch', 'platform', 'release', 'features', 'config', 'env', 'argv', 'execArgv', 'pid'],
  ...['_events', '_eventsCount', '_maxListeners', '_exiting', 'exitCode', 'domain', 'nextTick', '_tickCallback'],
  ...['_fatalException', 'emitWarning', 'noProcessWarnings', 'reallyExit'],
]);

// Taken now: the globals are gone when the code runs, or others are in their place. `node:process` would open the standard streams.
const { process, Buffer } = globalThis;
const { stringify } = JSON;
const { exit } = process;
const { setTimeout: startTimeout, setInterval: startInterval, clearTimeout: clearTimer } = globalThis;

function writeLine(line: JavaScriptLine): void {
  const bytes = Buffer.from(`${stringify(line)}\n`);
  for (let written = 0; written < bytes.length; ) written += writeSync(1, bytes, written);
}

async function run({ code, input }: JavaScriptRequest): Promise<void> {
  const AsyncFunction = run.constructor as FunctionConstructor; // That of asynchronous functions is no global.
  let line: JavaScriptLine;
  try {
    const body = AsyncFunction('input', `'use strict';\n${code}`);
    line = { type: 'returned', json: stringify(await body(input)) ?? 'null' };
  } catch (error) {
    line = { type: 'threw', message: formatError(error) };
  }
  end(line);
}

function end(line: JavaScriptLine): never {
  process.removeAllListeners('exit');
  writeLine(line);
  return exit.call(process, 0);
}

/** With the line of the code, where the error knows it: the function's head and the directive are two and one before it. */
function formatError(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${formatValue(error)}`;
  const [, line] = /<anonymous>:(\d+):\d+/.exec(String(error.stack)) ?? [];
  return `${error.name}: ${error.message}${line === undefined ? '' : ` (line ${Number(line) - 3})`}`;
}

function formatValue(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return (value instanceof Error ? formatError(value) : stringify(value)) ?? String(value);
  } catch {
    return typeof value;
  }
}

const print = (...values: readonly unknown[]): void =>
  writeLine({ type: 'printed', text: values.map(formatValue).join(' ') });

/** Numbers in place of Node's own timers, by which there is more to be reached. */
function createTimers(): Readonly<Record<string, unknown>> {
  const running = new Map<number, NodeJS.Timeout>();
  let last = 0;
  const createStarter =
    (start: typeof startTimeout | typeof startInterval) =>
    (callback: unknown, ms: unknown, ...args: readonly unknown[]): number => {
      if (typeof callback !== 'function') throw new TypeError('A timer needs a function.');
      const id = ++last;
      running.set(id, start(() => void callback(...args), Number(ms)) as NodeJS.Timeout);
      return id;
    };
  const clear = (id: unknown): void => clearTimer(running.get(Number(id)));
  return {
    setTimeout: createStarter(startTimeout),
    setInterval: createStarter(startInterval),
    clearTimeout: clear,
    clearInterval: clear,
  };
}

/** Takes away all but what is kept. What can't be taken away is nothing any more. */
function strip(target: object, kept: ReadonlySet<PropertyKey>): void {
  for (const key of Reflect.ownKeys(target)) {
    if (kept.has(key) || Reflect.deleteProperty(target, key)) continue;
    Reflect.set(target, key, undefined);
  }
}

// Last, when all of the above is there.
process.on('uncaughtException', (error) => end({ type: 'threw', message: formatError(error) }));
process.on('exit', () => writeLine({ type: 'stalled' }));
writeLine({ type: 'ready' });
const text = readFileSync(0, 'utf8');
if (text === '') end({ type: 'threw', message: 'It was given nothing to run.' });
const request: JavaScriptRequest = JSON.parse(text); // Written by run-code.ts only.
registerHooks({
  resolve: () => {
    throw new Error('Nothing can be imported here.');
  },
});
const own = { console: { log: print, info: print, warn: print, error: print, debug: print }, ...createTimers() };
strip(globalThis, KEPT_GLOBALS);
strip(process, KEPT_PROCESS_FIELDS);
Object.assign(globalThis, own);
await run(request);
