import type { RunEvent } from '@pawl/core';
import type { RunState } from '@pawl/serve';
import { type Signal, signal } from '@preact/signals';
import type { BudgetView } from '../../api.ts';
import { formatRunPath, readBudget, readRun, toMessage } from './server.ts';
import { isConnected, pollWhileVisible } from './state.ts';

/** The events of a run, recorded and live, and its state. One run is followed at a time for each place that shows one. */
export interface RunSource {
  readonly runId: string;
  readonly events: Signal<readonly RunEvent[]>;
  readonly state: Signal<RunState | undefined>;
  readonly budget: Signal<BudgetView | undefined>;
  readonly problem: Signal<string | undefined>;
  readonly isLoaded: Signal<boolean>;
  readonly close: () => void;
}

const AT_REST: ReadonlySet<string> = new Set([
  'completed',
  'suspended',
  'limited',
  'truncated',
  'filtered',
  'refused',
  'aborted',
  'failed',
  'interrupted',
]);

/** Whether nothing happens in a run until somebody resumes it. */
export function isAtRest(status: string): boolean {
  return AT_REST.has(status);
}

const LONG_RUN = 2_000;
const LONG_RUN_DRAW_MS = 250;

/** Follows a run of the server: its events by `EventSource`, which continues by itself after an interruption; its state each second. */
export class RunFollower implements RunSource {
  readonly runId: string;
  readonly events: Signal<readonly RunEvent[]> = signal([]);
  readonly state: Signal<RunState | undefined> = signal(undefined);
  readonly budget: Signal<BudgetView | undefined> = signal(undefined);
  readonly problem: Signal<string | undefined> = signal(undefined);
  readonly isLoaded: Signal<boolean> = signal(false);
  /** Events that came since the page was drawn. */
  #arrived: RunEvent[] = [];
  #isDrawing = false;
  #source: EventSource | undefined;
  #position = 0;
  readonly #stop: () => void;

  constructor(runId: string) {
    this.runId = runId;
    this.#follow();
    this.#stop = pollWhileVisible(() => this.#poll());
  }

  close(): void {
    this.#stop();
    this.#source?.close();
    this.#source = undefined;
  }

  #follow(): void {
    const after = this.#position === 0 ? '' : `?after=${this.#position}`;
    const source = new EventSource(`./${formatRunPath(this.runId)}/events${after}`);
    this.#source = source;
    source.onmessage = ({ data }) => this.#receive(JSON.parse(data) as RunEvent); // Of the server that sent the page.
    source.addEventListener('end', () => this.#end());
    source.onerror = (event) => this.#fail(source, event);
    source.onopen = () => {
      isConnected.value = true;
    };
  }

  #receive(event: RunEvent): void {
    if (event.position !== undefined) this.#position = Math.max(this.#position, event.position);
    this.#arrived.push(event);
    this.#draw();
  }

  /** Once for each frame: a fast model sends a hundred pieces a second. A hidden page has no frames, and needs none. */
  #draw(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    const draw = (): void => {
      this.#isDrawing = false;
      this.#flush();
    };
    // What is drawn is folded from all events: of a long run, a few times a second.
    if (this.events.peek().length < LONG_RUN) requestAnimationFrame(draw);
    else setTimeout(draw, LONG_RUN_DRAW_MS);
  }

  #flush(): void {
    const arrived = this.#arrived;
    this.#arrived = [];
    if (arrived.length === 0) return;
    // The pieces of a response that is complete are in it.
    const complete = new Set(arrived.flatMap(({ type, path }) => (type === 'model.responded' ? [path] : [])));
    const before = this.events.peek().filter((event) => {
      // A run that goes on has not ended: the event is not recorded, and comes again.
      if (event.type === 'run.finished') return event.path !== '';
      return !('delta' in event) || !complete.has(event.path);
    });
    this.events.value = [...before, ...arrived];
  }

  #end(): void {
    this.#source?.close();
    this.#source = undefined;
    this.isLoaded.value = true;
    void this.#poll().catch(() => undefined); // The timer polls again, and reports.
  }

  #fail(source: EventSource, event: Event): void {
    if (event instanceof MessageEvent) {
      this.problem.value = readProblem(String(event.data));
      source.close();
      this.#source = undefined;
    } else if (source.readyState === EventSource.CLOSED) {
      // The server refused: the poll says why, and follows again.
      this.#source = undefined;
    } else {
      isConnected.value = false;
    }
  }

  async #poll(): Promise<void> {
    const state = await readRun(this.runId).catch((error: unknown) => {
      this.problem.value = toMessage(error);
      throw error;
    });
    const isUnchanged = JSON.stringify(state) === JSON.stringify(this.state.peek());
    if (!isUnchanged) this.state.value = state;
    if (!isUnchanged || !isAtRest(state.status)) {
      this.budget.value = await readBudget(this.runId).catch(() => undefined); // Not every server has it.
    }
    const { position = 0 } = state as { readonly position?: number };
    const hasMore = position > this.#position || !isAtRest(state.status);
    if (this.#source === undefined && hasMore) this.#follow();
    // A server that has no event to send sends no event that says so.
    if (position <= this.#position) this.isLoaded.value = true;
  }
}

function readProblem(data: string): string {
  try {
    const { error } = JSON.parse(data) as { readonly error?: { readonly message?: string } };
    return error?.message ?? data;
  } catch {
    return data;
  }
}
