import type { Cancellation } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import type { SystemMessage, UserMessage } from '../chat/message.ts';
import type { ChatSettings } from '../chat/request.ts';
import type { EventType } from '../event/event.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import type { LiveEvent } from '../event/live-event.ts';
import type { StepRunner } from '../host/step-runner.ts';
import type { ActiveTime } from '../limits/active-time.ts';
import type { Budget } from '../limits/budget.ts';
import type { Policy } from '../loop/policy.ts';
import type { RunState } from '../loop/state.ts';
import type { RequestMemo } from '../model/request-memo.ts';
import type { Definition, DefinitionChanges } from './definition.ts';

/** One run, at work: what everything that has effects works with. */
export interface Scope extends DefinitionChanges {
  readonly definition: Definition;
  readonly policy: Policy;
  readonly settings: ChatSettings;
  /** What the run itself was given of them, whoever speaks. */
  readonly ownSettings: ChatSettings;
  readonly instructions: SystemMessage | undefined;
  readonly runId: string;
  readonly path: string;
  readonly traceparent: string | undefined;
  /** The application's value. Its type is checked where the run is made. */
  readonly context: never;
  /** Of the run. Cancelling it from within ends the run: what is at work is given up. */
  readonly cancellation: Cancellation;
  readonly memo: RequestMemo;
  readonly clock: Clock;
  readonly random: () => number;
  readonly stepRunner: StepRunner;
  readonly maxParallelToolCalls: number;
  /** The state of the run where it stands. */
  readonly known: () => RunState;
  readonly budget: Budget;
  readonly time: ActiveTime;
  readonly tell: Teller;
  /** The same for a run inside this one. */
  readonly tellAt: (path: string) => Teller;
  /** What the user has said while the run was at work, and the model has not read; nothing in a run inside. */
  readonly said: () => readonly UserMessage[];
  /** Whether somebody wants to hear pieces as they come; asked before each request. */
  readonly streams: () => boolean;
}

/** Where events go. */
export interface Teller {
  /** Called once for each fact, as soon as it is recorded. */
  fact(fact: JournalEvent, how: { readonly replayed: boolean }): void;
  /** A promise means: a reader is behind, go on when it resolves. */
  notice(notice: LiveEvent): Promise<void> | undefined;
  /** Whether anybody hears notices of that type. */
  wants(type: EventType): boolean;
}
