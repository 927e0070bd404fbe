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

interface Waiting {
  resolve(value: unknown): void;
  reject(reason: Error): void;
}

/** A process of the bench that obeys orders, one after the other. */
export class Child<Order> {
  readonly #process: ChildProcess;
  readonly #timeoutMs: number;
  #waiting: Waiting | undefined;
  /** Its last words, which are told where it ends by itself. */
  #said = '';

  /** Which has said its first word when `ready` resolves. */
  constructor(file: string, { args = [], nodeOptions = [], isApart = false, timeoutMs = 60_000 }: ChildOptions = {}) {
    const command = [process.execPath, ...nodeOptions, join(import.meta.dirname, file), ...args];
    const [program = '', ...rest] = isApart && canPin() ? [...PINNED, ...command] : command;
    this.#timeoutMs = timeoutMs;
    this.#process = spawn(program, rest, { env: environment(), stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-SAID_LENGTH);
    });
    this.#process.on('message', (message) =>
      this.#hear(message as { readonly value?: unknown; readonly error?: string }),
    ); // Our own processes send nothing else.
    this.#process.on('exit', (code, signal) =>
      this.#end(new Error(`${file} ended with ${code ?? signal}. ${this.#said}`)),
    );
  }

  ready(): Promise<unknown> {
    return this.#reply();
  }

  /** Of the type that the order's description says. */
  ask<T = unknown>(order: Order): Promise<T> {
    const reply = this.#reply();
    this.#process.send(order as object);
    return reply as Promise<T>;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
  }

  #reply(): Promise<unknown> {
    if (this.#process.exitCode !== null) return Promise.reject(new Error('The process has ended.'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#end(new Error(`It took longer than ${this.#timeoutMs} ms.`)),
        this.#timeoutMs,
      );
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          this.#waiting = undefined;
          settle(value);
        };
      this.#waiting = { resolve: settled(resolve), reject: settled(reject) };
    });
  }

  #hear({ value, error }: { readonly value?: unknown; readonly error?: string }): void {
    if (error === undefined) this.#waiting?.resolve(value);
    else this.#waiting?.reject(new Error(error));
  }

  #end(reason: Error): void {
    this.#waiting?.reject(reason);
  }
}

const SAID_LENGTH = 2_000;
const TASKSET = '/usr/bin/taskset';
const PINNED = [TASKSET, '-c', String(availableParallelism() - 1)];

function canPin(): boolean {
  return availableParallelism() > 1 && existsSync(TASKSET);
}

/** Without what would have a contestant tell its makers, or go through a proxy. */
export function environment(): NodeJS.ProcessEnv {
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
