import type { Within } from '../base/deadline.ts';
import { LazySignal } from '../base/lazy-signal.ts';
import type { ToolContext } from '../tool/tool.ts';
import type { At } from './close-call.ts';
import { callStep, fromOutside } from './step-name.ts';

/** What a tool is told of the call that it runs for. */
export class CallContext extends LazySignal implements ToolContext<never> {
  readonly context: never;
  readonly callId: string;
  readonly idempotencyKey: string;
  readonly runId: string;
  readonly path: string;
  readonly traceparent: string | undefined;
  readonly progress: ToolContext<never>['progress'];

  constructor({ turn, scope, state }: At, within: Within) {
    super(within);
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
