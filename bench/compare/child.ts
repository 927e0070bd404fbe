import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

export interface ChildOptions {
  readonly args?: readonly string[];
  readonly nodeOptions?: readonly string[];
  /** Pins the process to the last core, away from the measured processes, if the machine can. */
  readonly isApart?: boolean;
  /** Deadline of an order in milliseconds. @defaultValue 60_000 */
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

/** A process of the bench that executes orders in sequence. */
export class Child<Order> {
  readonly #process: ChildProcess;
  readonly #timeoutMs: number;
  #pendingOrder: PendingOrder | undefined;
  /** The last error output, for the message if the process ends by itself. */
  #errorText = '';

  /** Starts the process. `waitUntilReady` resolves with its first message. */
  constructor(file: string, { args = [], nodeOptions = [], isApart = false, timeoutMs = 60_000 }: ChildOptions = {}) {
    const command = [process.execPath, ...nodeOptions, join(import.meta.dirname, file), ...args];
    const [program = '', ...rest] = isApart && canPin() ? [...PINNED, ...command] : command;
    this.#timeoutMs = timeoutMs;
    this.#process = spawn(program, rest, { env: createEnvironment(), stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errorText = (this.#errorText + text).slice(-MAX_ERROR_LENGTH);
    });
    this.#process.on('message', (message) => this.#handleMessage(message as ChildMessage)); // Our processes send no other messages.
    this.#process.on('exit', (code, signal) =>
      this.#rejectOrder(`${file} ended with ${code ?? signal}. ${this.#errorText}`),
    );
    this.#process.on('error', (error) => this.#rejectOrder(String(error)));
  }

  waitUntilReady(): Promise<unknown> {
    return this.#receiveValue();
  }

  /** Sends an order, and resolves with its value. An order that takes too long ends the process: a late value would be taken for the next one. */
  async ask<T = unknown>(order: Order): Promise<T> {
    if (this.#hasEnded()) throw new Error('The process has ended.');
    const value = this.#receiveValue();
    this.#process.send(order as object);
    return value as Promise<T>;
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
      this.#rejectOrder(`The order took longer than ${this.#timeoutMs} ms.`);
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

/** Creates an environment without telemetry and proxies. */
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
