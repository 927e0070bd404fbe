import { LazySignal } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import type { Delta, Repair } from '../chat/response.ts';
import type { ModelContext } from '../model/chat-model.ts';
import { withMemo } from '../model/request-memo.ts';
import { getTraceparent, getTracestate } from './instrumentation.ts';
import type { Scope } from './scope.ts';

/** The request whose attempts share a context. */
interface ContextRequest {
  readonly turn: number;
  /** The number of the last attempt. */
  readonly attempt: number;
  receive(delta: Delta): Promise<void> | undefined;
  reportRepairs(repairs: readonly Repair[]): void;
  /** Counts a wait that delays the attempt: nothing is sent before it ends. */
  holdFor<T>(wait: Promise<T>): Promise<T>;
}

/** The context that all attempts of a request share. Each attempt wraps it in its own. */
export class RequestContext extends LazySignal implements ModelContext {
  readonly clock: Clock;
  readonly runId: string;
  readonly path: string;
  readonly turn: number;
  readonly wireLog: Scope['wireLog'];
  readonly #request: ContextRequest;
  readonly #scope: Scope;

  constructor(scope: Scope, request: ContextRequest) {
    const { cancellation, memo, clock, runId, path, wireLog } = scope;
    super(cancellation);
    withMemo(this, memo);
    this.clock = clock;
    this.runId = runId;
    this.path = path;
    this.turn = request.turn;
    this.wireLog = wireLog;
    this.#request = request;
    this.#scope = scope;
  }

  /** Read by each attempt, inside its span. */
  get traceparent(): string | undefined {
    return getTraceparent(this.#scope);
  }

  get tracestate(): string | undefined {
    return getTracestate(this.#scope);
  }

  /** Read by each attempt. */
  get attempt(): number {
    return this.#request.attempt;
  }

  onDelta(delta: Delta): Promise<void> | undefined {
    return this.#request.receive(delta);
  }

  onRepaired(repairs: readonly Repair[]): void {
    this.#request.reportRepairs(repairs);
  }

  waitFor<T>(wait: Promise<T>): Promise<T> {
    return this.#request.holdFor(wait);
  }
}
