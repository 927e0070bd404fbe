import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ToolError } from '@pawl/core';
import type { ChildLimits } from '../child/child-limits.ts';
import type { Isolation } from '../child/isolation.ts';
import type { ProcessTree } from '../child/process-tree.ts';
import { type ChildResult, runChild } from '../child/run-child.ts';
import { JAVASCRIPT_CHILD } from './javascript-child-text.ts';
import type { JavaScriptLine, JavaScriptRequest } from './javascript-request.ts';

export interface RunCodeOptions {
  readonly isolation: Isolation;
  readonly limits: ChildLimits;
  readonly signal: AbortSignal;
  /** The child's program as a text. @defaultValue javascript-child.ts */
  readonly child?: string;
}

export interface CodeResult extends ChildResult {
  readonly isIsolated: boolean;
  /** The lines that the child wrote, in order. */
  readonly lines: readonly JavaScriptLine[];
}

/**
 * Runs code in a process of its own, with Node's permissions. The code is sent after the kernel's limits are set: the process can then open
 * nothing more, neither files nor sockets nor pipes.
 */
export async function runCode(
  request: JavaScriptRequest,
  { isolation, limits, signal, child = JAVASCRIPT_CHILD }: RunCodeOptions,
): Promise<CodeResult> {
  const node = realpathSync(process.execPath);
  const wrapped = await isolation.wrap(
    { path: node, args: [...buildFlags(limits), '--input-type=module', '--eval', child] },
    {
      ...{ writable: [], readable: [node], network: 'none', folder: '/' },
      maxDataBytes: limits.maxMemoryBytes + RESERVED_BYTES,
      maxCpuSeconds: computeCpuSeconds(limits),
      maxProcesses: limits.maxProcesses,
    },
  );
  let isLimited = false;
  const result = await runChild(
    {
      ...{ program: wrapped, folder: '/', environment: {}, stderr: 'discard' },
      input: async ({ tree, firstOutput }) => {
        await firstOutput;
        await limitProcess(tree, { isolation, limits });
        isLimited = true;
        return JSON.stringify(request);
      },
    },
    { ...limits, signal },
  );
  const lines = parseLines(result.text);
  if (isLimited || result.stopReason !== undefined) return { ...result, isIsolated: wrapped.isIsolated, lines };
  throw new ToolError('Nothing was run: the process could not be started or limited. Tell the user.');
}

/** Memory that V8 reserves at its start and does not use. */
const RESERVED_BYTES = 2 ** 30;

function buildFlags({ maxMemoryBytes }: ChildLimits): readonly string[] {
  return [
    '--permission', // Allows nothing. The program itself is an argument.
    // Built-ins are frozen, so that the code cannot replace one and intercept objects of Node.
    ...['--frozen-intrinsics', '--disable-proto=delete', '--no-warnings', '--no-deprecation'],
    `--max-old-space-size=${Math.ceil(maxMemoryBytes / 2 ** 21)}`,
  ];
}

function computeCpuSeconds({ timeoutMs }: ChildLimits): number {
  return Math.ceil(timeoutMs / 1_000) * 2;
}

async function limitProcess(
  tree: ProcessTree,
  { isolation, limits }: Pick<RunCodeOptions, 'isolation' | 'limits'>,
): Promise<void> {
  const { processes: members } = tree.measure();
  // bubblewrap's processes are its parents, if there are any.
  const inner = members.find(({ pid }) => !members.some(({ parent }) => parent === pid));
  if (inner === undefined) return;
  const [, kibibytes] = /^VmData:\s+(\d+)/m.exec(await readFile(`/proc/${inner.pid}/status`, 'utf8')) ?? [];
  const maxData = Number(kibibytes) * 1_024 + limits.maxMemoryBytes;
  await isolation.limitProcess(inner.pid, ['--nofile=0:0', `--data=${maxData}:${maxData}`]);
}

/** Parses the whole lines. A line that was cut is dropped. */
function parseLines(text: string): readonly JavaScriptLine[] {
  return text
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as JavaScriptLine]; // Only javascript-child.ts writes them.
      } catch {
        return [];
      }
    });
}
