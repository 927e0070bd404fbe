// The program of a process that runs one piece of code. It writes that it is ready, waits until its parent has limited it, reads a request
// from standard input, and writes what happens, as lines of JSON. It removes what Node's permissions leave open before the code runs. This is
// the innermost protection, and not sufficient alone.

import { readFileSync, writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
import type { JavaScriptLine, JavaScriptRequest } from './javascript-request.ts';

/** Globals that the code may use: the language, and APIs that neither read nor write anything outside. */
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

/** Fields of `process` that Node itself needs. */
const KEPT_PROCESS_FIELDS: ReadonlySet<PropertyKey> = new Set([
  ...['version', 'versions', 'arch', 'platform', 'release', 'features', 'config', 'env', 'argv', 'execArgv', 'pid'],
  ...['_events', '_eventsCount', '_maxListeners', '_exiting', 'exitCode', 'domain', 'nextTick', '_tickCallback'],
  ...['_fatalException', 'emitWarning', 'noProcessWarnings', 'reallyExit'],
]);

// Saved now: the code may remove or replace the globals. Importing `node:process` would open the standard streams.
const { process, Buffer } = globalThis;
const { stringify } = JSON;
const { exit } = process;
const { setTimeout: startTimeout, setInterval: startInterval, clearTimeout: clearTimer } = globalThis;

function writeLine(line: JavaScriptLine): void {
  const bytes = Buffer.from(`${stringify(line)}\n`);
  for (let written = 0; written < bytes.length; ) written += writeSync(1, bytes, written);
}

async function run({ code, input }: JavaScriptRequest): Promise<void> {
  const AsyncFunction = run.constructor as FunctionConstructor; // AsyncFunction is not a global.
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

/** Adds the line of the code if the error has it. The function's head and the directive are 3 lines before the code. */
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

/** Creates timers whose ids are numbers: Node's timer objects give access to more of Node. */
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

/** Deletes all properties that are not kept. A property that cannot be deleted becomes undefined. */
function strip(target: object, kept: ReadonlySet<PropertyKey>): void {
  for (const key of Reflect.ownKeys(target)) {
    if (kept.has(key) || Reflect.deleteProperty(target, key)) continue;
    Reflect.set(target, key, undefined);
  }
}

// Last, because it needs the constants above.
process.on('uncaughtException', (error) => end({ type: 'threw', message: formatError(error) }));
process.on('exit', () => writeLine({ type: 'stalled' }));
writeLine({ type: 'ready' });
const text = readFileSync(0, 'utf8');
if (text === '') end({ type: 'threw', message: 'There is no code to run.' });
const request: JavaScriptRequest = JSON.parse(text); // Only run-code.ts writes it.
registerHooks({
  resolve: () => {
    throw new Error('Imports are not available.');
  },
});
const own = { console: { log: print, info: print, warn: print, error: print, debug: print }, ...createTimers() };
strip(globalThis, KEPT_GLOBALS);
strip(process, KEPT_PROCESS_FIELDS);
Object.assign(globalThis, own);
await run(request);
