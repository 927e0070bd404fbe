import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** Worker processes that a soak stops, kills and restarts. A process that ends by itself is a fault. */
export class Processes {
  readonly faults: string[] = [];
  readonly #program: string;
  readonly #argumentsOf: (name: string) => readonly string[];
  readonly #alive = new Map<string, ChildProcess>();
  readonly #ended = new Set<ChildProcess>();
  /** Processes that have printed a line, and so handle signals. */
  readonly #ready = new Set<ChildProcess>();

  constructor(program: string, argumentsOf: (name: string) => readonly string[]) {
    this.#program = program;
    this.#argumentsOf = argumentsOf;
  }

  get names(): readonly string[] {
    return [...this.#alive.keys()];
  }

  start(name: string): void {
    const child = spawn(process.execPath, [this.#program, ...this.#argumentsOf(name)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.once('data', () => this.#ready.add(child));
    let errorText = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errorText = (errorText + text).slice(-2_000)));
    child.once('exit', (code, sendSignal) => {
      this.#alive.delete(name);
      if (!this.#ended.has(child)) this.faults.push(`${name} ended by itself (${code ?? sendSignal}): ${errorText}`);
    });
    this.#alive.set(name, child);
  }

  sendSignal(name: string, sendSignal: 'SIGSTOP' | 'SIGCONT' | 'SIGUSR2'): void {
    const child = this.#alive.get(name);
    if (child !== undefined && this.#ready.has(child)) child.kill(sendSignal);
  }

  async end(name: string, sendSignal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#alive.get(name);
    if (child === undefined) return;
    this.#ended.add(child);
    child.kill('SIGCONT');
    child.kill(sendSignal);
    await once(child, 'exit');
  }
}

export function pick<T>(items: readonly T[]): T {
  const item = items[Math.floor(Math.random() * items.length)];
  if (item === undefined) throw new Error('pick: items is empty.');
  return item;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Lists the `non-idempotent` calls that began more than once, in any process. */
export function listRepeatedCalls(journal: string): readonly string[] {
  const paid = readFileSync(journal, 'utf8')
    .split('\n')
    .filter((line) => line.includes(':pay'));
  return paid.filter((line, index) => paid.indexOf(line) !== index);
}

/** Prints the figures and the faults. Makes the process fail if there is a fault. */
export function report(figures: object, faults: readonly string[]): void {
  console.log(JSON.stringify(figures));
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
}
