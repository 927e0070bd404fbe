import { onAbort } from '../base/abort.ts';
import { LazySignal, type SignalSource } from '../base/lazy-signal.ts';
import type { ToolContext } from '../tool/tool.ts';
import type { At } from './close-call.ts';
import { callStep, fromOutside } from './step-name.ts';

/** A call that a tool is asked about, or runs for. */
export type ContextCall = Pick<At, 'turn' | 'scope' | 'state'>;

/** What a tool is told of a call. */
export class CallContext extends LazySignal implements ToolContext<never> {
  readonly context: never;
  readonly callId: string;
  readonly idempotencyKey: string;
  readonly runId: string;
  readonly path: string;
  readonly traceparent: string | undefined;
  readonly progress: ToolContext<never>['progress'];

  constructor({ turn, scope, state }: ContextCall, source: SignalSource = runSource(scope.signal)) {
    super(source);
    const { index, call } = state;
    this.context = scope.context;
    this.callId = call.id;
    this.idempotencyKey = `${scope.runId}/${fromOutside(scope, callStep({ turn, index, call }))}`;
    this.runId = scope.runId;
    this.path = scope.path;
    this.traceparent = scope.traceparent;
    const tell: ToolContext<never>['progress'] = (progress) => {
      void scope.tell.notice({ type: 'tool.progress', turn, index, call, progress }); // Tools do not wait for readers.
    };
    this.progress = tell; // By name: see `LazySignal`.
  }
}

/** Before a call begins it has no deadline: its signal is the run's. */
function runSource(signal: AbortSignal): SignalSource {
  return {
    signal,
    get aborted() {
      return signal.aborted;
    },
    get reason() {
      return signal.reason;
    },
    onAbort: (callback) => onAbort(signal, callback),
  };
}
