import { DurableError } from '@pawl/core';
import type { AttemptWorkflow, Engine, Within } from './engine.ts';

/** A workflow that has begun, and lasts until it is told how its attempt ended. */
export interface Begun {
  readonly workflowId: string;
  readonly within: Within;
  readonly end: (status: string) => void;
}

/** A run that is at work here. */
export interface Held {
  readonly token: string;
  readonly cancel: AbortController;
  readonly begun: Begun;
  /** Others have taken it over by now, or may. */
  isLost: boolean;
}

/** What this process has at work, and the workflows that carry it. */
export class Attempts {
  readonly #held = new Map<string, Held>();
  /** Of runs that are just being taken, too. */
  readonly #tokens = new Set<string>();
  /** Workflows of this process's own that have not begun yet, by their ids. */
  readonly #awaited = new Map<string, (begun: Begun) => void>();
  /** Workflows that came from a queue, by the run that they are an attempt at. */
  readonly #offered = new Map<string, Begun>();

  get tokens(): readonly string[] {
    return [...this.#tokens];
  }

  held(runId: string): Held | undefined {
    return this.#held.get(runId);
  }

  /** Calls with a token that counts as one of this process from now until the run is let go, or could not be had. */
  async taking<T>(work: (token: string) => Promise<T>): Promise<T> {
    const token = crypto.randomUUID();
    this.#tokens.add(token);
    try {
      return await work(token);
    } finally {
      const isHeld = [...this.#held.values()].some((held) => held.token === token);
      if (!isHeld) this.#tokens.delete(token);
    }
  }

  hold(runId: string, held: Held): void {
    this.#held.set(runId, held);
  }

  letGo(runId: string, { token }: Held): void {
    this.#held.delete(runId);
    this.#tokens.delete(token);
  }

  loseAll(): void {
    for (const held of this.#held.values()) held.isLost = true;
  }

  offer(runId: string, begun: Begun): void {
    this.#offered.set(runId, begun);
  }

  takeOffer(runId: string): Begun | undefined {
    const begun = this.#offered.get(runId);
    this.#offered.delete(runId);
    return begun;
  }

  /** Begins a workflow in this process, and gives it once its function is called. */
  async begin(workflow: AttemptWorkflow, engine: Engine): Promise<Begun> {
    const { workflowId } = workflow;
    try {
      return await new Promise((resolve, reject) => {
        this.#awaited.set(workflowId, resolve);
        engine.start(workflow).catch(reject);
      });
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new DurableError(
        `Run "${workflow.runId}" could not be begun by DBOS: ${message}. A worker goes on with it.`,
        { code: 'host.failed', cause },
      );
    } finally {
      this.#awaited.delete(workflowId);
    }
  }

  /** Whether somebody in this process has begun it, who has it now. */
  deliver(begun: Begun): boolean {
    const awaited = this.#awaited.get(begun.workflowId);
    awaited?.(begun);
    return awaited !== undefined;
  }
}
