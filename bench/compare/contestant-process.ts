import { Child } from './child.ts';
import type { ContestantEntry } from './contestants.ts';
import type { WorkerOrder } from './worker.ts';

interface ContestantProcessOptions {
  /** The server's. */
  readonly port: unknown;
  readonly nodeOptions?: readonly string[];
  /** More arguments of the worker. */
  readonly args?: readonly string[];
}

/** A contestant at work in its process. */
export class ContestantProcess {
  readonly name: string;
  readonly child: Child<WorkerOrder>;
  readonly #failedOrders = new Set<string>();

  constructor({ name, file }: ContestantEntry, { port, nodeOptions = [], args = [] }: ContestantProcessOptions) {
    this.name = name;
    this.child = new Child('worker.ts', { args: [file, String(port), ...args], nodeOptions });
  }

  /** Whether it could. */
  async start(): Promise<boolean> {
    return (await this.#attempt('start', () => this.child.waitUntilReady())) !== undefined;
  }

  /** What it answers. What it failed at once it is not asked again: that is `undefined`, and was told. */
  async measure<T>(what: string, order: WorkerOrder): Promise<T | undefined> {
    if (this.#failedOrders.has(what)) return undefined;
    return this.#attempt(what, () => this.child.ask<T>(order));
  }

  async #attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#failedOrders.add(what);
      console.error(`${this.name} is not measured at ${what}. ${error}`);
      return undefined;
    }
  }
}
