import { checkOptions, type OptionTable, type Tool, tool } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { z } from 'zod';
import { checkPositive } from '../base/check-positive.ts';
import { escapeInvisible } from '../base/escape-invisible.ts';
import { sliceStart } from '../base/whole-characters.ts';
import type { ChildLimits } from '../child/child-limits.ts';
import { Isolation, type IsolationMode } from '../child/isolation.ts';
import { describeRest, type OutputKey, type OutputStore } from '../output/output-store.ts';
import { shortenMiddle } from '../output/shorten-middle.ts';
import { type CodeResult, runCode } from './run-code.ts';

export type { IsolationMode } from '../child/isolation.ts';

export interface RunJavaScriptOptions {
  /** Which calls need approval; `unisolated` is every call on a machine without isolation. @defaultValue 'unisolated' */
  readonly approval?: 'unisolated' | 'always' | 'never';
  /** Whether bubblewrap runs the code in namespaces of its own; `prefer` does if this machine can. @defaultValue 'prefer' */
  readonly isolation?: IsolationMode;
  /** Stores output that is too long for the model, for `readOutput`. @defaultValue it is dropped */
  readonly outputs?: OutputStore;
  /** Maximum characters of the result and the printed lines that the model reads. @defaultValue 20_000 */
  readonly maxLength?: number;
  /** Maximum bytes of the result and the printed lines; code that exceeds it is stopped. @defaultValue 1_048_576 */
  readonly maxOutputBytes?: number;
  /** Maximum memory of the process. @defaultValue 268_435_456 */
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
 * Creates a tool that runs JavaScript for computations: without files, network and other processes. README.md in this folder says what it
 * protects against.
 *
 * @throws ConfigError if an option is invalid, or a limit is not a whole number.
 */
export function runJavaScript(options: RunJavaScriptOptions = {}): Tool<unknown> {
  const checked = checkOptions(options, RUN_JAVASCRIPT, 'Tool "run_javascript"');
  const { approval = 'unisolated', isolation: mode = 'prefer', outputs, maxLength = 20_000 } = checked;
  const limits = readLimits(options);
  checkPositive({ maxLength }, NAME);
  const isolation = new Isolation({ mode });
  return tool<Input>({
    name: NAME,
    description:
      'Run JavaScript to compute something. Pass the body of an asynchronous function of input, which returns a JSON value. Files, network, modules and process are not available; console.log prints.',
    input: z.object({
      code: z.string().min(1).max(200_000).describe('The body of the function, such as: return input.a + 1;'),
      input: z.unknown().optional().describe('The value of input.'),
    }),
    // Its effects end with its process.
    effect: 'read',
    // The code's own deadline comes first: its result contains the printed lines.
    timeoutMs: limits.timeoutMs + 10_000,
    maxResultLength: maxLength + ROOM_FOR_NOTES,
    needsApproval: async () =>
      approval === 'always' || (approval === 'unisolated' && mode !== 'require' && !(await isolation.isAvailable())),
    preview: ({ code, input }) =>
      escapeInvisible(
        input === undefined ? code : `const input = ${sliceStart(JSON.stringify(input), 2_000)};\n${code}`,
      ),
    async execute({ code, input = null }, { signal, runId, toolCallId }) {
      // It was parsed from JSON.
      const result = await runCode({ code, input: input as Json }, { isolation, limits, signal });
      const head = `[${formatEnding(result, limits)}; isolated: ${result.isIsolated}]`;
      return `${head}\n${shortenOutput(formatBody(result), { outputs, maxLength, key: { runId, toolCallId } })}`;
    },
  });
}

const NAME = 'run_javascript';
const ROOM_FOR_NOTES = 1_000;

function readLimits(options: RunJavaScriptOptions): ChildLimits {
  const { timeoutMs = 10_000, maxOutputBytes = 2 ** 20, maxMemoryBytes = 2 ** 28 } = options;
  checkPositive({ timeoutMs, maxOutputBytes, maxMemoryBytes }, NAME);
  // The code needs no grace period. 64 is enough for Node's threads and bubblewrap's processes.
  return { timeoutMs, maxOutputBytes, maxMemoryBytes, graceMs: 1, maxProcesses: 64 };
}

/** Formats how the code ended. */
function formatEnding({ stopReason, lines, killedBy, code }: CodeResult, limits: ChildLimits): string {
  switch (stopReason) {
    case 'time':
      return `stopped after ${limits.timeoutMs / 1_000} s: it took too long`;
    case 'output':
      return `stopped after ${limits.maxOutputBytes} bytes of output: the limit is reached`;
    case 'memory':
    case 'processes':
      return `stopped: it used more than ${Math.ceil(limits.maxMemoryBytes / 2 ** 20)} MiB of memory`;
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
      return 'stopped: it waits for a promise that never settles';
    case 'ready':
    case 'printed':
    case undefined:
      // V8 and the kernel end a process that requests too much memory.
      return `ended by ${killedBy ?? `exit code ${code}`}, probably because it used too much memory`;
  }
}

function formatBody({ lines }: CodeResult): string {
  const printed = lines.flatMap((line) => (line.type === 'printed' ? [line.text] : []));
  const results = lines.flatMap((line) => {
    if (line.type === 'returned') return [line.json];
    return line.type === 'threw' ? [line.message] : [];
  });
  return [...results, ...(printed.length === 0 ? [] : ['[printed:]', ...printed])].join('\n') || '[no output]';
}

interface ShortenOptions {
  readonly outputs: OutputStore | undefined;
  readonly maxLength: number;
  readonly key: OutputKey;
}

function shortenOutput(text: string, { outputs, maxLength, key }: ShortenOptions): string {
  if (text.length <= maxLength) return text;
  outputs?.keep(key, text);
  return shortenMiddle(text, { maxLength, ...(outputs === undefined ? {} : { rest: describeRest(key.toolCallId) }) });
}
