import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ToolError } from '@pawl/core';
import type { ChildCaps, Stopped } from './caps.ts';
import { Family } from './family.ts';
import type { ProcessIdentity, Wrapped } from './isolation.ts';
import { Keeper } from './keeper.ts';
import { textAsFile } from './text-as-file.ts';
import { Transcript } from './transcript.ts';

export interface Launch {
  readonly wrapped: Wrapped;
  readonly folder: string;
  /** All of it: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly user?: ProcessIdentity | undefined;
  /** What it reads, then the end; a function gives it once it is known. */
  readonly input: string | ((started: Started) => Promise<string>);
  /** Whether what it says of errors is put out as well. */
  readonly errors: 'kept' | 'dropped';
}

export interface Started {
  readonly family: Family;
  /** When it has put out something, or has ended. */
  readonly spoken: Promise<void>;
}

export interface Ended {
  readonly text: string;
  readonly bytes: number;
  /** `undefined` where it was killed. */
  readonly code: number | undefined;
  readonly killedBy: NodeJS.Signals | undefined;
  /** Why it was ended before its time. */
  readonly stopped: Stopped | undefined;
}

/**
 * Runs a child in a process group of its own to its end, and what came of it with it: when the child ends, when a cap is reached, or at
 * the signal, then at once with the signal's reason, while the rest is being ended. Rejects with a `ToolError` where it can't be started.
 */
export async function runChild(
  launch: Launch,
  { signal, ...caps }: ChildCaps & { readonly signal: AbortSignal },
): Promise<Ended> {
  signal.throwIfAborted();
  const child = await started(launch);
  const { pid } = child;
  if (pid === undefined) throw new ToolError('The program could not be started.');
  const { isIsolated, mark } = launch.wrapped;
  const family = new Family({ pid, mark });
  const keeper = new Keeper({ pid, family, isIsolated, caps });
  const ended = toItsEnd(child, { launch, keeper, family, caps });
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      keeper.stop('signal');
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
async function started({ wrapped, folder, environment, user, input }: Launch): Promise<Child> {
  let file: number | undefined;
  try {
    if (typeof input === 'string' && input !== '') file = textAsFile(input);
    return await new Promise((resolve, reject) => {
      const child = spawn(wrapped.path, wrapped.args, {
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
    throw new ToolError(`The program could not be started (${codeOf(error)}).`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

interface Life {
  readonly launch: Launch;
  readonly keeper: Keeper;
  readonly family: Family;
  readonly caps: ChildCaps;
}

interface Exit {
  readonly code: number | undefined;
  readonly killedBy: NodeJS.Signals | undefined;
}

async function toItsEnd(child: Child, { launch, keeper, family, caps }: Life): Promise<Ended> {
  const transcript = new Transcript(caps.maxOutputBytes);
  const exit = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code: code ?? undefined, killedBy: signal ?? undefined }));
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (chunk: Buffer) => {
      if (stream === 'stderr' && launch.errors === 'dropped') return;
      if (transcript.add(chunk, stream)) return;
      child.stdout.destroy();
      child.stderr.destroy();
      keeper.stop('output');
    });
    child[stream].on('error', () => undefined); // It has ended: `exit` says how.
  }
  child.on('error', () => undefined); // Of a signal that came too late.
  if (typeof launch.input === 'function') feed(child, { input: launch.input, family, exit });
  keeper.watch();
  const { code, killedBy } = await Promise.race([exit, keeper.givenUp]);
  await keeper.close();
  // Whoever held the streams is gone; one who is not is not waited for.
  await Promise.race([closed, delay(DRAIN_MS)]);
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
  return { text: transcript.text(), bytes: transcript.bytes, code, killedBy, stopped: keeper.stopped };
}

const DRAIN_MS = 500;

interface Feeding {
  readonly input: (started: Started) => Promise<string>;
  readonly family: Family;
  readonly exit: Promise<unknown>;
}

function feed(child: Child, { input, family, exit }: Feeding): void {
  child.stdin?.on('error', () => undefined); // It does not read, or has ended.
  const first = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  const spoken = Promise.race([first, exit.then(() => undefined)]);
  input({ family, spoken }).then(
    (text) => child.stdin?.end(text),
    () => child.stdin?.destroy(),
  );
}
