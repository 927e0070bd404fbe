import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { JSONRPCMessage, Sdk, Transport } from '../sdk.ts';
import { LineSplitter } from './line-splitter.ts';
import { killGroup, startGuard } from './process-group.ts';

export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
}

interface ChildTransportOptions extends ChildCommand {
  readonly sdk: Pick<Sdk, 'deserializeMessage'>;
  /** Gets what the server writes to stderr, and lines on stdout that are no messages. */
  readonly onLog: (text: string) => void;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** How long a server may take to end after its input has ended, and again after SIGTERM. */
const GRACE_MS = 2000;

/**
 * A server as a child process (POSIX). It is the leader of a process group, so that what it starts ends with it: `npx` starts the server
 * as a grandchild. A guard kills the group when this process is gone without having closed the transport.
 */
export class ChildTransport implements Transport {
  // The SDK sets these.
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #options: ChildTransportOptions;
  #child: Child | undefined;
  #stopGuard: (() => void) | undefined;
  #ended: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(options: ChildTransportOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { command, args, env, cwd } = this.#options;
    const child: Child = spawn(command, args, { env, cwd, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const started = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    this.#ended = ended.promise;
    child.once('spawn', started.resolve);
    child.once('error', (error) => {
      started.reject(error);
      ended.resolve();
    });
    child.once('exit', () => this.#endGroup(child));
    // After `exit`: what the server wrote last has been read.
    child.once('close', () => {
      ended.resolve();
      this.onclose?.();
    });
    this.#child = child;
    this.#listen(child);
    await started.promise;
    if (child.pid !== undefined) this.#stopGuard = startGuard(child.pid);
  }

  #listen(child: Child): void {
    const lines = new LineSplitter((line) => this.#readLine(line), MAX_MESSAGE_BYTES);
    child.stdout.on('data', (chunk: Buffer) => {
      if (lines.push(chunk)) return;
      this.onerror?.(new Error(`The server sent a message of more than ${MAX_MESSAGE_BYTES} bytes.`));
      killGroup(child.pid, 'SIGKILL');
    });
    child.stderr.on('data', (chunk: Buffer) => this.#options.onLog(chunk.toString()));
    for (const stream of [child.stdin, child.stdout, child.stderr]) {
      stream.on('error', (error) => this.onerror?.(error)); // A broken pipe: the exit of the child reports it too.
    }
  }

  #readLine(line: string): void {
    let message: JSONRPCMessage;
    try {
      message = this.#options.sdk.deserializeMessage(line);
    } catch {
      if (line.trim() !== '') this.#options.onLog(line);
      return;
    }
    this.onmessage?.(message);
  }

  send(message: JSONRPCMessage): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null || !child.stdin.writable) {
      return Promise.reject(new NotSentError());
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    if (child.stdin.write(`${JSON.stringify(message)}\n`)) return Promise.resolve();
    child.stdin.once('drain', resolve);
    child.once('exit', () => resolve()); // `onclose` rejects the request.
    return promise;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.stdin.end();
    if (!(await this.#waitForEnd(GRACE_MS))) {
      killGroup(child.pid, 'SIGTERM');
      if (!(await this.#waitForEnd(GRACE_MS))) killGroup(child.pid, 'SIGKILL');
    }
    await this.#ended;
  }

  async #waitForEnd(ms: number): Promise<boolean> {
    const timer = new AbortController();
    const late = delay(ms, false, { signal: timer.signal });
    late.catch(() => {}); // It is aborted below.
    const ended = await Promise.race([this.#ended.then(() => true), late]);
    timer.abort();
    return ended;
  }

  /** The leader has ended: kills what it started, and lets go of pipes that a process outside of the group may hold open. */
  #endGroup(child: Child): void {
    this.#stopGuard?.();
    killGroup(child.pid, 'SIGKILL');
    child.stdin.destroy();
    const timer = setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, GRACE_MS);
    child.once('close', () => clearTimeout(timer));
  }
}

/** A message of more bytes ends the connection. The model reads at most `maxResultLength` characters of it. */
const MAX_MESSAGE_BYTES = 64 * 2 ** 20;

/** The message did not leave this process. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';

  constructor(options?: ErrorOptions) {
    super(options === undefined ? 'The connection is closed.' : 'The request could not be made.', options);
  }
}
