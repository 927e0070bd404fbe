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
/** How long no event may have arrived, and how often it is waited for that. */
const LONG_RUN_DRAW_MS = 150;
const LONG_RUN_DRAWS = 10;
const LONG_RUN_POLLS = 5;

/**
 * Follows a run of the server: its events by `EventSource`, its state each second.
 *
 * The events are closed while the page is hidden: a browser opens six connections to a server at most, for all of its tabs.
 */
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
  #polls = 0;
  #isBudgetOld = true;
  #pollProblem: string | undefined;
  readonly #stop: () => void;

  constructor(runId: string) {
    this.runId = runId;
    this.#follow();
    const stopPolling = pollWhileVisible(() => this.#poll());
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#stop = () => {
      stopPolling();
      document.removeEventListener('visibilitychange', this.#onVisibility);
    };
  }

  close(): void {
    this.#stop();
    this.#closeEvents();
  }

  /** The poll that begins when the page is visible again follows the events again. */
  readonly #onVisibility = (): void => {
    if (document.visibilityState === 'hidden') this.#closeEvents();
  };

  #closeEvents(): void {
    this.#source?.close();
    this.#source = undefined;
  }

  #follow(): void {
    // The server sends the turn in progress from its beginning.
    if (this.events.peek().some(isPiece)) this.events.value = this.events.peek().filter((event) => !isPiece(event));
    this.#arrived = this.#arrived.filter((event) => !isPiece(event));
    const after = this.#position === 0 ? '' : `?after=${this.#position}`;
    const source = new EventSource(`./${formatRunPath(this.runId)}/events${after}`);
    this.#source = source;
    source.onmessage = ({ data }) => this.#receive(JSON.parse(data) as RunEvent); // Of the server that sent the page.
    source.addEventListener('end', () => this.#end());
    source.onerror = (event) => this.#fail(event);
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
    // What is drawn is folded from all events: while the journal of a long run arrives, only its first events are drawn.
    const isLong = this.events.peek().length + this.#arrived.length > LONG_RUN;
    if (isLong) this.#drawWhenQuiet(LONG_RUN_DRAWS);
    else requestAnimationFrame(() => this.#drawNow());
  }

  #drawWhenQuiet(draws: number): void {
    const { length } = this.#arrived;
    setTimeout(() => {
      const isArriving = this.#arrived.length - length > 100;
      if (isArriving && draws > 0) this.#drawWhenQuiet(draws - 1);
      else this.#drawNow();
    }, LONG_RUN_DRAW_MS);
  }

  #drawNow(): void {
    this.#isDrawing = false;
    this.#flush();
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
      return !isPiece(event) || !complete.has(event.path);
    });
    this.events.value = [...before, ...arrived];
  }

  #end(): void {
    this.#closeEvents();
    this.#flush();
    this.isLoaded.value = true;
    void this.#poll().catch(() => undefined); // The timer polls again, and reports.
  }

  /** The poll follows again from the last position. `EventSource` would begin again where it began first. */
  #fail(event: Event): void {
    this.#closeEvents();
    if (event instanceof MessageEvent) this.problem.value = readProblem(String(event.data));
  }

  async #poll(): Promise<void> {
    // The server reads the whole journal for the state.
    if (this.events.peek().length > LONG_RUN && this.#polls++ % LONG_RUN_POLLS !== 0) return;
    const state = await readRun(this.runId).catch((error: unknown) => {
      this.#pollProblem = toMessage(error);
      this.problem.value = this.#pollProblem;
      throw error;
    });
    // A problem of the events stays: the poll does not solve it.
    if (this.problem.peek() === this.#pollProblem) this.problem.value = undefined;
    const isUnchanged = JSON.stringify(state) === JSON.stringify(this.state.peek());
    if (!isUnchanged) this.state.value = state;
    if (!isUnchanged || !isAtRest(state.status)) this.#isBudgetOld = true;
    const { position = 0 } = state as { readonly position?: number };
    // The server reads the whole journal for the budget, too: the events of a long run come first.
    if (this.#isBudgetOld && position - this.#position < LONG_RUN) {
      this.#isBudgetOld = false;
      this.budget.value = await readBudget(this.runId).catch(() => undefined); // Not every server has it.
    }
    const hasMore = position > this.#position || !isAtRest(state.status);
    if (this.#source === undefined && hasMore) this.#follow();
    // A server that has no event to send sends no event that says so.
    if (position <= this.#position) this.isLoaded.value = true;
  }
}

/** A piece of a response that is not complete. */
function isPiece(event: RunEvent): boolean {
  return 'delta' in event;
}

function readProblem(data: string): string {
  try {
    const { error } = JSON.parse(data) as { readonly error?: { readonly message?: string } };
    return error?.message ?? data;
  } catch {
    return data;
  }
}
