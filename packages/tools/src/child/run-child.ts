import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ToolError } from '@pawl/core';
import type { ChildLimits, StopReason } from './child-limits.ts';
import { ChildOutput } from './child-output.ts';
import { ChildSupervisor } from './child-supervisor.ts';
import type { ProcessIdentity, WrappedProgram } from './isolation.ts';
import { openTextAsFile } from './open-text-as-file.ts';
import { ProcessTree } from './process-tree.ts';

export interface ChildLaunch {
  readonly program: WrappedProgram;
  readonly folder: string;
  /** All of it: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly user?: ProcessIdentity | undefined;
  /** What it reads, then the end; a function gives it once it is known. */
  readonly input: string | ((started: RunningChild) => Promise<string>);
  /** Whether what it says of errors is put out as well. */
  readonly stderr: 'include' | 'discard';
}

export interface RunningChild {
  readonly tree: ProcessTree;
  /** When it has put out something, or has ended. */
  readonly firstOutput: Promise<void>;
}

export interface ChildResult {
  readonly text: string;
  readonly bytes: number;
  /** `undefined` where it was killed. */
  readonly code: number | undefined;
  readonly killedBy: NodeJS.Signals | undefined;
  /** Why it was ended before its time. */
  readonly stopReason: StopReason | undefined;
}

/**
 * Runs a child in a process group of its own to its end, and what came of it with it: when the child ends, when a cap is reached, or at
 * the signal, then at once with the signal's reason, while the rest is being ended. Rejects with a `ToolError` where it can't be started.
 */
export async function runChild(
  launch: ChildLaunch,
  { signal, ...limits }: ChildLimits & { readonly signal: AbortSignal },
): Promise<ChildResult> {
  signal.throwIfAborted();
  const child = await startChild(launch);
  const { pid } = child;
  if (pid === undefined) throw new ToolError('The program could not be started.');
  const { isIsolated, mark } = launch.program;
  const tree = new ProcessTree({ pid, mark });
  const supervisor = new ChildSupervisor({ pid, tree, isIsolated, limits });
  const ended = waitForEnd(child, { launch, supervisor, tree, limits });
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      supervisor.stop('signal');
      reject(signal.reason);
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    ended.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

interface Child extends ChildProcess {
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/** Resolves when it is there: an error afterwards is none of the start. */
async function startChild({ program, folder, environment, user, input }: ChildLaunch): Promise<Child> {
  let file: number | undefined;
  try {
    if (typeof input === 'string' && input !== '') file = openTextAsFile(input);
    return await new Promise((resolve, reject) => {
      const child = spawn(program.path, program.args, {
        cwd: folder,
        env: environment,
        // A group of its own, and no terminal.
        detached: true,
        // No pipe where none is needed: Node's are sockets, by which a shell takes itself for one that is logged in to.
        stdio: [typeof input === 'string' ? (file ?? 'ignore') : 'pipe', 'pipe', 'pipe'],
        ...user,
      });
      child.once('error', reject);
      child.once('spawn', () => resolve(child as Child)); // Both are pipes, as asked for above.
    });
  } catch (error) {
    throw new ToolError(`The program could not be started (${readErrorCode(error)}).`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readErrorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

interface ChildScope {
  readonly launch: ChildLaunch;
  readonly supervisor: ChildSupervisor;
  readonly tree: ProcessTree;
  readonly limits: ChildLimits;
}

interface ChildExit {
  readonly code: number | undefined;
  readonly killedBy: NodeJS.Signals | undefined;
}

async function waitForEnd(child: Child, { launch, supervisor, tree, limits }: ChildScope): Promise<ChildResult> {
  const output = new ChildOutput(limits.maxOutputBytes);
  const exit = new Promise<ChildExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code: code ?? undefined, killedBy: signal ?? undefined }));
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (chunk: Buffer) => {
      if (stream === 'stderr' && launch.stderr === 'discard') return;
      if (output.add(chunk, stream)) return;
      child.stdout.destroy();
      child.stderr.destroy();
      supervisor.stop('output');
    });
    child[stream].on('error', () => undefined); // It has ended: `exit` says how.
  }
  child.on('error', () => undefined); // Of a signal that came too late.
  if (typeof launch.input === 'function') writeInput(child, { input: launch.input, tree, exit });
  supervisor.watch();
  const { code, killedBy } = await Promise.race([exit, supervisor.killTimeout]);
  await supervisor.close();
  // Whoever held the streams is gone; one who is not is not waited for.
  await Promise.race([closed, delay(DRAIN_MS)]);
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
  return { text: output.toText(), bytes: output.bytes, code, killedBy, stopReason: supervisor.stopReason };
}

const DRAIN_MS = 500;

interface ChildInput {
  readonly input: (started: RunningChild) => Promise<string>;
  readonly tree: ProcessTree;
  readonly exit: Promise<unknown>;
}

function writeInput(child: Child, { input, tree, exit }: ChildInput): void {
  child.stdin?.on('error', () => undefined); // It does not read, or has ended.
  const first = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  const firstOutput = Promise.race([first, exit.then(() => undefined)]);
  input({ tree, firstOutput }).then(
    (text) => child.stdin?.end(text),
    () => child.stdin?.destroy(),
  );
}
