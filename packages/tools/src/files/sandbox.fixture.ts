import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Tool, ToolContext } from '@pawl/core';

/** The content of files that must not be revealed. */
export const SECRET = 'TOP SECRET';

export interface Sandbox {
  /** The root of the tools under test. Its siblings are outside. */
  readonly root: string;
  /** Returns a path below the root; `../x` is outside. */
  resolve(below: string): string;
  write(below: string, text: string | Uint8Array): void;
  remove(): void;
}

/** Creates a temporary folder for a test. */
export function createSandbox(): Sandbox {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pawl-tools-')));
  const root = join(folder, 'root');
  mkdirSync(root);
  const resolvePath = (below: string): string => join(root, below);
  return {
    root,
    resolve: resolvePath,
    write: (below, text) => {
      mkdirSync(dirname(resolvePath(below)), { recursive: true });
      writeFileSync(resolvePath(below), text);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Calls a tool, and returns what the model reads: the result, or why there is none. */
export async function callTool(tool: Tool<unknown>, args: unknown): Promise<string> {
  const validated = await tool.validate(args);
  if (!validated.ok) return `invalid: ${validated.issues}`;
  try {
    return String(await tool.execute(validated.value, createToolContext(new AbortController().signal)));
  } catch (error) {
    if (error instanceof Error && error.name === 'ToolError') return `refused: ${error.message}`;
    throw error;
  }
}

/** Creates a context for `execute`. */
export function createToolContext(signal: AbortSignal): ToolContext {
  return {
    signal,
    context: undefined,
    toolCallId: 'call_1',
    idempotencyKey: 'run/tool:1.0',
    runId: 'run',
    path: '',
    traceparent: undefined,
    tracestate: undefined,
    resumeData: undefined,
    state: { value: undefined, update: () => Promise.reject(new Error('No state.')) },
    onRunEnd: () => undefined,
    reportProgress: () => undefined,
    run: () => Promise.reject(new Error('There is no run here.')),
  };
}
