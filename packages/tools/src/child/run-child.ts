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
  /** The whole environment: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly user?: ProcessIdentity | undefined;
  /** Standard input. A function is called when the child runs, and its text is written when it resolves. */
  readonly input: string | ((started: RunningChild) => Promise<string>);
  /** Whether the output includes standard error. */
  readonly stderr: 'include' | 'discard';
}

export interface RunningChild {
  readonly tree: ProcessTree;
  /** Resolves at the first output, or when the child ends. */
  readonly firstOutput: Promise<void>;
}

export interface ChildResult {
  readonly text: string;
  readonly bytes: number;
  /** `undefined` if a signal ended the child. */
  readonly code: number | undefined;
  readonly killedBy: NodeJS.Signals | undefined;
  /** `undefined` if the child ended by itself. */
  readonly stopReason: StopReason | undefined;
}

/**
 * Runs a child in a process group of its own. When the child ends or reaches a limit, every process that it started is ended, too. When the
 * signal is aborted, rejects at once with its reason and ends the processes afterwards. Rejects with a `ToolError` if the child cannot start.
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

/** Resolves when the child runs: a later error does not concern the start. */
async function startChild({ program, folder, environment, user, input }: ChildLaunch): Promise<Child> {
  let file: number | undefined;
  try {
    if (typeof input === 'string' && input !== '') file = openTextAsFile(input);
    return await new Promise((resolve, reject) => {
      const child = spawn(program.path, program.args, {
        cwd: folder,
        env: environment,
        // Creates a process group of its own, without a terminal.
        detached: true,
        // Node's pipes are sockets, and bash reads .bashrc if its input is a socket. So input comes from a file or nowhere, unless it comes later.
        stdio: [typeof input === 'string' ? (file ?? 'ignore') : 'pipe', 'pipe', 'pipe'],
        ...user,
      });
      child.once('error', reject);
      child.once('spawn', () => resolve(child as Child)); // Both are pipes, see `stdio`.
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
    child[stream].on('error', () => undefined); // The child has ended: `exit` has its code.
  }
  child.on('error', () => undefined); // A signal came after the child's end.
  if (typeof launch.input === 'function') writeInput(child, { input: launch.input, tree, exit });
  supervisor.watch();
  const { code, killedBy } = await Promise.race([exit, supervisor.killTimeout]);
  await supervisor.close();
  // The streams close when no process holds them. A process that survived SIGKILL must not delay the result.
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
  child.stdin?.on('error', () => undefined); // The child does not read its input, or has ended.
  const first = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  const firstOutput = Promise.race([first, exit.then(() => undefined)]);
  input({ tree, firstOutput }).then(
    (text) => child.stdin?.end(text),
    () => child.stdin?.destroy(),
  );
}
