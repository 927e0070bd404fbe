import { Child } from './child.ts';
import type { ContestantEntry } from './contestants.ts';
import type { WorkerOrder } from './worker.ts';

interface ContestantProcessOptions {
  /** The server's port. */
  readonly port: unknown;
  readonly nodeOptions?: readonly string[];
  /** Further arguments of the worker. */
  readonly args?: readonly string[];
}

/** A contestant in a process of its own. */
export class ContestantProcess {
  readonly name: string;
  readonly child: Child<WorkerOrder>;
  readonly #failedOrders = new Set<string>();

  constructor({ name, file }: ContestantEntry, { port, nodeOptions = [], args = [] }: ContestantProcessOptions) {
    this.name = name;
    this.child = new Child('worker.ts', { args: [file, String(port), ...args], nodeOptions });
  }

  /** Returns whether the process started. */
  async start(): Promise<boolean> {
    return (await this.#attempt('start', () => this.child.waitUntilReady())) !== undefined;
  }

  /** Sends an order, and returns its value. After a failure, prints it, returns `undefined` and does not send this order again. */
  async measure<T>(name: string, order: WorkerOrder): Promise<T | undefined> {
    if (this.#failedOrders.has(name)) return undefined;
    return this.#attempt(name, () => this.child.ask<T>(order));
  }

  async #attempt<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#failedOrders.add(name);
      console.error(`${this.name} is not measured at ${name}. ${error}`);
      return undefined;
    }
  }
}
