import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

export interface ChildOptions {
  readonly args?: readonly string[];
  readonly nodeOptions?: readonly string[];
  /** Keeps it on the last core, away from what is measured, where the machine can. */
  readonly isApart?: boolean;
  /** Rejects an order that takes longer. @defaultValue 60_000 */
  readonly timeoutMs?: number;
}

interface ChildMessage {
  readonly value?: unknown;
  readonly error?: string;
}

interface PendingOrder {
  resolve(value: unknown): void;
  reject(reason: Error): void;
}

/** A process of the bench that obeys orders, one after the other. */
export class Child<Order> {
  readonly #process: ChildProcess;
  readonly #timeoutMs: number;
  #pendingOrder: PendingOrder | undefined;
  /** Its last words, which are told where it ends by itself. */
  #errorText = '';

  /** Which has said its first word when `ready` resolves. */
  constructor(file: string, { args = [], nodeOptions = [], isApart = false, timeoutMs = 60_000 }: ChildOptions = {}) {
    const command = [process.execPath, ...nodeOptions, join(import.meta.dirname, file), ...args];
    const [program = '', ...rest] = isApart && canPin() ? [...PINNED, ...command] : command;
    this.#timeoutMs = timeoutMs;
    this.#process = spawn(program, rest, { env: createEnvironment(), stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errorText = (this.#errorText + text).slice(-MAX_ERROR_LENGTH);
    });
    this.#process.on('message', (message) => this.#handleMessage(message as ChildMessage)); // Our own processes send nothing else.
    this.#process.on('exit', (code, signal) =>
      this.#rejectOrder(`${file} ended with ${code ?? signal}. ${this.#errorText}`),
    );
    this.#process.on('error', (error) => this.#rejectOrder(String(error)));
  }

  waitUntilReady(): Promise<unknown> {
    return this.#receiveValue();
  }

  /** Of the type that the order's description says. One that takes too long ends the process: its reply would be taken for the next one's. */
  async ask<T = unknown>(order: Order): Promise<T> {
    if (this.#hasEnded()) throw new Error('The process has ended.');
    const reply = this.#receiveValue();
    this.#process.send(order as object);
    return reply as Promise<T>;
  }

  async stop(): Promise<void> {
    if (this.#hasEnded()) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
  }

  #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null || !this.#process.connected;
  }

  #receiveValue(): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => {
      this.#rejectOrder(`It took longer than ${this.#timeoutMs} ms.`);
      this.#process.kill('SIGKILL');
    }, this.#timeoutMs);
    this.#pendingOrder = { resolve, reject };
    return promise.finally(() => {
      clearTimeout(timer);
      this.#pendingOrder = undefined;
    });
  }

  #handleMessage({ value, error }: ChildMessage): void {
    if (error === undefined) this.#pendingOrder?.resolve(value);
    else this.#rejectOrder(error);
  }

  #rejectOrder(reason: string): void {
    this.#pendingOrder?.reject(new Error(reason));
  }
}

const MAX_ERROR_LENGTH = 2_000;
const TASKSET = '/usr/bin/taskset';
const PINNED = [TASKSET, '-c', String(availableParallelism() - 1)];

function canPin(): boolean {
  return availableParallelism() > 1 && existsSync(TASKSET);
}

/** Without what would have a contestant tell its makers, or go through a proxy. */
export function createEnvironment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    NODE_ENV: 'production',
    NO_COLOR: '1',
    DO_NOT_TRACK: '1',
    OPENAI_API_KEY: 'key',
    OPENAI_AGENTS_DISABLE_TRACING: '1',
    MASTRA_TELEMETRY_DISABLED: '1',
    LANGSMITH_TRACING: 'false',
    VOLTAGENT_TELEMETRY_DISABLED: '1',
    AI_SDK_LOG_WARNINGS: 'false',
  };
}
