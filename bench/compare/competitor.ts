import { Child } from './child.ts';
import type { Entry } from './contestants.ts';
import type { WorkerOrder } from './worker.ts';

interface CompetitorOptions {
  /** The server's. */
  readonly port: unknown;
  readonly nodeOptions?: readonly string[];
  /** More arguments of the worker. */
  readonly args?: readonly string[];
}

/** A contestant at work in its process. */
export class Competitor {
  readonly name: string;
  readonly child: Child<WorkerOrder>;
  readonly #failed = new Set<string>();

  constructor({ name, file }: Entry, { port, nodeOptions = [], args = [] }: CompetitorOptions) {
    this.name = name;
    this.child = new Child('worker.ts', { args: [file, String(port), ...args], nodeOptions });
  }

  /** Whether it could. */
  async start(): Promise<boolean> {
    return (await this.#tried('start', () => this.child.ready())) !== undefined;
  }

  /** What it answers. What it failed at once it is not asked again: that is `undefined`, and was told. */
  async measure<T>(what: string, order: WorkerOrder): Promise<T | undefined> {
    if (this.#failed.has(what)) return undefined;
    return this.#tried(what, () => this.child.ask<T>(order));
  }

  async #tried<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#failed.add(what);
      console.error(`${this.name} is not measured at ${what}. ${error}`);
      return undefined;
    }
  }
}
