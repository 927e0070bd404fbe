import { checkOptions, type OptionTable, type Tool, tool } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { z } from 'zod';
import { checkPositive } from '../base/check-positive.ts';
import { visible } from '../base/visible.ts';
import { sliceStart } from '../base/whole.ts';
import type { ChildCaps } from '../child/caps.ts';
import { Isolation, type IsolationMode } from '../child/isolation.ts';
import { capped } from '../output/capped.ts';
import { type OutputKey, type OutputStore, restOf } from '../output/outputs.ts';
import { type Ran, runCode } from './run-code.ts';

export type { IsolationMode } from '../child/isolation.ts';

export interface RunJavaScriptOptions {
  /** Which calls a person has to agree to. @defaultValue 'unisolated': all where this machine has no namespaces for the code */
  readonly approval?: 'unisolated' | 'always' | 'never';
  /** Whether the code gets namespaces of its own by bubblewrap. @defaultValue 'prefer': where this machine can */
  readonly isolation?: IsolationMode;
  /** Keeps what is too long for the model, for `readOutput`. @defaultValue it is lost */
  readonly outputs?: OutputStore;
  /** The most characters that the model reads of a result and of what is printed. @defaultValue 20_000 */
  readonly maxLength?: number;
  /** The most bytes of a result and of what is printed; code that goes on is ended. @defaultValue 1_048_576 */
  readonly maxOutputBytes?: number;
  /** The most memory of the process. @defaultValue 268_435_456 */
  readonly maxMemoryBytes?: number;
  /** Deadline in milliseconds. @defaultValue 10_000 */
  readonly timeoutMs?: number;
}

interface Input {
  readonly code: string;
  readonly input?: unknown;
}

const RUN_JAVASCRIPT: OptionTable<RunJavaScriptOptions> = {
  keys: {
    approval: { unisolated: true, always: true, never: true },
    isolation: { prefer: true, require: true, none: true },
    outputs: 'object',
    maxLength: 'number',
    maxOutputBytes: 'number',
    maxMemoryBytes: 'number',
    timeoutMs: 'number',
  },
  hints: {
    needsApproval: 'The option is "approval".',
    sandbox: 'The option is "isolation".',
  },
};

/**
 * A tool that runs JavaScript which can compute, and nothing else: no files, no network, no other processes. See README.md beside this file
 * for what it protects against and what not.
 *
 * @throws ConfigError for choices that are none, and caps that are no whole numbers.
 */
export function runJavaScript(given: RunJavaScriptOptions = {}): Tool<unknown> {
  const options = checkOptions(given, RUN_JAVASCRIPT, 'Tool "run_javascript"');
  const { approval = 'unisolated', isolation: wish = 'prefer', outputs, maxLength = 20_000 } = options;
  const caps = capsOf(options);
  checkPositive({ maxLength }, NAME);
  const isolation = new Isolation({ wish });
  return tool<Input>({
    name: NAME,
    description:
      'Runs JavaScript that computes: the body of an asynchronous function of input, which returns a JSON value. There are no files, no network, no modules, no process; console.log prints.',
    input: z.object({
      code: z.string().min(1).max(200_000).describe('The body of the function, such as: return input.a + 1;'),
      input: z.unknown().optional().describe('What the code finds as input.'),
    }),
    // All that it does is lost with its process.
    effect: 'read',
    // Its own deadline comes first: what it then says is of more use.
    timeoutMs: caps.timeoutMs + 10_000,
    maxResultLength: maxLength + ROOM_FOR_NOTES,
    needsApproval: async () =>
      approval === 'always' || (approval === 'unisolated' && wish !== 'require' && !(await isolation.isThere())),
    preview: ({ code, input }) =>
      visible(input === undefined ? code : `const input = ${sliceStart(JSON.stringify(input), 2_000)};\n${code}`),
    async execute({ code, input = null }, { signal, runId, toolCallId: callId }) {
      // It came as JSON.
      const ran = await runCode({ code, input: input as Json }, { isolation, caps, signal });
      const head = `[${ending(ran, caps)}; isolated: ${ran.isIsolated}]`;
      return `${head}\n${fitted(bodyOf(ran), { outputs, maxLength, key: { runId, callId } })}`;
    },
  });
}

const NAME = 'run_javascript';
const ROOM_FOR_NOTES = 1_000;

function capsOf(options: RunJavaScriptOptions): ChildCaps {
  const { timeoutMs = 10_000, maxOutputBytes = 2 ** 20, maxMemoryBytes = 2 ** 28 } = options;
  checkPositive({ timeoutMs, maxOutputBytes, maxMemoryBytes }, NAME);
  // It has nothing to put in order: no grace. Its threads are Node's own, and bubblewrap around it.
  return { timeoutMs, maxOutputBytes, maxMemoryBytes, graceMs: 1, maxProcesses: 64 };
}

/** What became of it. */
function ending({ stopped, lines, killedBy, code }: Ran, caps: ChildCaps): string {
  switch (stopped) {
    case 'time':
      return `ended after ${caps.timeoutMs / 1_000} s, since it takes too long`;
    case 'output':
      return `ended after ${caps.maxOutputBytes} bytes, since it puts out too much`;
    case 'memory':
    case 'processes':
      return `ended, since it takes more than ${Math.ceil(caps.maxMemoryBytes / 2 ** 20)} MiB of memory`;
    case 'signal':
    case undefined:
      break;
  }
  const last = lines.at(-1);
  switch (last?.type) {
    case 'returned':
      return 'returned';
    case 'threw':
      return 'threw';
    case 'stalled':
      return 'ended, since it waits for what never comes';
    case 'ready':
    case 'printed':
    case undefined:
      // V8 and the kernel end what asks for more than there is.
      return `ended by ${killedBy ?? `exit code ${code}`}: mostly since it takes too much memory`;
  }
}

function bodyOf({ lines }: Ran): string {
  const printed = lines.flatMap((line) => (line.type === 'printed' ? [line.text] : []));
  const results = lines.flatMap((line) => {
    if (line.type === 'returned') return [line.json];
    return line.type === 'threw' ? [line.message] : [];
  });
  return [...results, ...(printed.length === 0 ? [] : ['[printed:]', ...printed])].join('\n') || '[no output]';
}

interface Fitting {
  readonly outputs: OutputStore | undefined;
  readonly maxLength: number;
  readonly key: OutputKey;
}

function fitted(text: string, { outputs, maxLength, key }: Fitting): string {
  if (text.length <= maxLength) return text;
  outputs?.keep(key, text);
  return capped(text, { maxLength, ...(outputs === undefined ? {} : { rest: restOf(key.callId) }) });
}
