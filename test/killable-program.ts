import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** A program in a process of its own, which is killed when the test ends. */
export class KillableProgram {
  readonly #file: string;
  #child: ChildProcess | undefined;

  constructor(file: string) {
    this.#file = file;
    onTestFinished(() => this.kill());
  }

  /** Starts it. Resolves the first line that it prints. */
  async start(argv: readonly string[]): Promise<string> {
    const child = spawn(process.execPath, [this.#file, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    const [line] = await once(createInterface(child.stdout), 'line');
    return String(line);
  }

  /** Kills it by SIGKILL. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
}
