import type { Clock } from '../base/clock.ts';
import type { DurableError } from '../base/errors.ts';
import type { Message, SystemMessage, UserMessage } from '../chat/message.ts';
import type { ChatSettings, ToolChoice, ToolObject } from '../chat/request.ts';
import { messageOf } from '../event/error-data.ts';
import type { EventType } from '../event/event.ts';
import type { DefinitionRecord, Fact, LimitRefused, RunAborted, RunRefused, RunStarted } from '../event/fact.ts';
import type { Notice } from '../event/notice.ts';
import { hasUsage, NO_USAGE, type Usage } from '../event/usage.ts';
import type { Durable, Step } from '../host/durable.ts';
import type { ActiveTime } from '../limits/active-time.ts';
import type { Budget } from '../limits/budget.ts';
import { DurationReached, type ResolvedLimits } from '../limits/limits.ts';
import type { Policy } from '../loop/policy.ts';
import type { RunState } from '../loop/state.ts';
import type { ResolvedRetryPolicy } from '../model/attempts.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { CompiledOutput } from '../schema/output.ts';
import { AbortRun, RefuseRun } from '../tool/errors.ts';
import type { Tool } from '../tool/tool.ts';
import type { Middleware, MiddlewareScope } from './middleware.ts';

/** What the next agent sees of the conversation, which itself keeps every message. Messages that stay are the same objects. */
export type View = (messages: readonly Message[], scope: ViewScope) => readonly Message[] | Promise<readonly Message[]>;

/** Of the agent that hands over. */
export type ViewScope = MiddlewareScope;

/** Where a conversation may go. */
export interface Destination {
  readonly speaker: Speaker;
  readonly sees: View;
}

/** An agent that speaks in a run. */
export interface Speaker {
  readonly definition: Definition;
  readonly settings: ChatSettings;
  policyOf(limits: ResolvedLimits): Policy;
  instructionsFor(context: never): Promise<string | undefined>;
  digest(): DefinitionRecord;
  /** What became of it since it began to speak. */
  since(begun: Pick<RunStarted, 'agent' | 'definition'>, scope: Scope): Pick<Scope, 'changes' | 'mismatch'>;
}

/** What an agent is to the loop. Made once an agent. */
export interface Definition {
  readonly name: string;
  readonly model: ChatModel;
  /** Further models that `prepareTurn` may choose. */
  readonly models: readonly ChatModel[];
  readonly tools: ReadonlyMap<string, Tool>;
  /** As sent. One list for the life of the agent, so that its JSON is made once. */
  readonly toolObjects: readonly ToolObject[];
  readonly toolChoice: ToolChoice | undefined;
  readonly output: CompiledOutput | undefined;
  readonly middleware: readonly Middleware<never>[];
  readonly retry: ResolvedRetryPolicy;
  /** The agents that this one may hand over to, by their names. */
  readonly handoffs: () => ReadonlyMap<string, Destination>;
  /** All that the conversation may come to in the end, this one among them. */
  readonly speakers: () => ReadonlyMap<string, Speaker>;
}

/** Where those go who tell what happens. */
export interface Teller {
  /** A fact; called once each, as soon as it is remembered. */
  fact(fact: Fact, how: { readonly replayed: boolean }): void;
  /** A promise means: a reader is behind, go on when it resolves. */
  notice(notice: Notice): Promise<void> | undefined;
  /** Whether making a notice of that type is of use to anybody. */
  wants(type: EventType): boolean;
}

/** What everything that has effects works with: one run, at work. */
export interface Scope {
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
  readonly signal: AbortSignal;
  /** What models keep for the run's next request. */
  readonly memo: Map<unknown, unknown>;
  /** Ends the run from within: what is at work is given up. */
  readonly abort: (reason: unknown) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly durable: Durable;
  /** What became of the agent's tools since the run began, by their names; empty where that does not matter. */
  readonly changes: ReadonlyMap<string, string>;
  /** What a run does that was begun by another version of its agent, or with other tools. */
  readonly onVersionMismatch: 'refuse' | 'go-on';
  /** Why nothing is done any more that is not remembered: another version of the agent began the run. */
  readonly mismatch: DurableError | undefined;
  /** Whether the calls of a turn were asked for in an earlier attempt at the run. */
  readonly isFromBefore: (turn: number) => boolean;
  readonly parallelToolCalls: number;
  /** What is known of the run where it stands. */
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

/** The time, as each fact carries it. */
export function stamp({ clock, time }: Scope): { readonly at: number; readonly activeMs: number } {
  return { at: clock.now(), activeMs: time.activeMs };
}

/** A step that yields one fact, told as soon as it is remembered. */
export function factStep<F extends Fact>(
  scope: Scope,
  step: Pick<Step<F>, 'name' | 'work' | 'effect' | 'exclusive' | 'inDoubt'>,
): Step<F> {
  const { mismatch, tell } = scope;
  const told: Step<F>['told'] = (fact, how) => tell.fact(fact, how);
  if (mismatch === undefined) return { type: 'step', ...step, told };
  const refused = (): Promise<never> => Promise.reject(mismatch);
  return { type: 'step', ...step, effect: 'read', work: refused, told };
}

export interface Interruption {
  readonly turn: number;
  /** What the signal was aborted with, or what was thrown. */
  readonly reason: unknown;
  /** What was used meanwhile, and no other fact tells of. */
  readonly usage?: Usage;
}

/** The fact that says why a run whose signal is aborted, or that threw `AbortRun` or `RefuseRun`, goes no further. */
export function interrupted(
  scope: Scope,
  { turn, reason, usage = NO_USAGE }: Interruption,
): RunAborted | RunRefused | LimitRefused {
  if (reason instanceof DurationReached) {
    const { maxMs: max } = reason;
    const times = stamp(scope);
    const spent = Math.max(times.activeMs, max); // Of a run inside: what the one around it has spent.
    return { type: 'limit.refused', turn, limit: 'durationMs', max, spent, usage, ...times };
  }
  if (RefuseRun.isInstance(reason)) {
    const { message, guard } = reason;
    const by = guard === undefined ? {} : { guard };
    return { type: 'run.refused', turn, reason: message, ...by, usage, ...stamp(scope) };
  }
  const used = hasUsage(usage) ? { usage } : {};
  return { type: 'run.aborted', reason: reasonText(reason), ...used, ...stamp(scope) };
}

/** What an outcome says of why a run was aborted. */
export function reasonText(reason: unknown): string {
  if (reason === undefined) return 'aborted';
  return AbortRun.isInstance(reason) || !(reason instanceof Error) ? messageOf(reason) : reason.message || reason.name;
}
