import { Cancellation, runUntilCancelled } from '../base/cancellation.ts';
import { copyJson } from '../base/copy-json.ts';
import { ConfigError, HostError } from '../base/errors.ts';
import { isRecord, type Json } from '../base/json.ts';
import { checkOptions, describeValue, type OptionTable } from '../base/options.ts';
import { toError, toErrorData } from '../event/error-data.ts';
import type { JournalEvent, NestedRunUsage, StepFailedEvent, StepFinishedEvent } from '../event/journal-event.ts';
import { LIMITS } from '../event/limit-options.ts';
import type { CompletedOutcome, PendingCall } from '../event/outcome.ts';
import { formatNamedStep, isStepLabel, readLabel } from '../event/step-name.ts';
import { addUsage, NO_USAGE } from '../event/usage.ts';
import type { RecordedStep } from '../host/step-runner.ts';
import { addUsageShares } from '../loop/shares.ts';
import { UnknownOutcomeError } from '../tool/errors.ts';
import type { ChildRunOptions, Runnable } from '../tool/runnable.ts';
import type { Effect } from '../tool/tool.ts';
import { createChild, type NestedRun, NestedRunError, OtherRunError, type OuterRun } from './nested-run.ts';
import { createSpentFields, type NestedTotals } from './replay-runs.ts';
import { findDelegate } from './runnables.ts';
import type { EventSink, Scope } from './scope.ts';
import { addPath, createEventStep, stamp } from './step.ts';

export interface StepCodeOptions {
  /** What the steps belong to, for error messages: `Tool "search"`. */
  readonly where: string;
  /** The path of the code within its run, with a slash at its end; empty for the code of a flow. */
  readonly prefix: string;
  /**
   * What happens with a recorded step that is not the one that the code asks for now.
   *
   * - `repeat`: the step begins again beside it. For code that a crash can repeat with other values.
   * - `fail`: HostError `flow.diverged`.
   */
  readonly onOtherStep: 'repeat' | 'fail';
  /** Whether the code is that of a call, which a message of the user closes. */
  readonly isCall: boolean;
}

/** The steps that the code of a tool, of middleware or of a flow names, and the runs that it begins in them. */
export class StepCode {
  readonly #scope: Scope;
  readonly #options: StepCodeOptions;
  readonly #labels = new Set<string>();
  readonly #working = new Set<Promise<unknown>>();
  /** Ends the runs that are under way when the code ends. */
  readonly #end = new Cancellation();
  readonly #ends = new Map<unknown, NestedRunError>();
  #recorded: RecordedCode | undefined;
  #waiting: WaitingRuns | undefined;
  #failure: HostError | undefined;
  #hasFinished = false;
  #spent: NestedTotals = NOTHING;

  constructor(scope: Scope, options: StepCodeOptions) {
    this.#scope = scope;
    this.#options = options;
  }

  /** What the runs inside have spent. */
  get usageFields(): NestedRunUsage {
    return createSpentFields(this.#spent);
  }

  /** What the runs have spent that wait. Their steps have no event yet. */
  get waitingFields(): NestedRunUsage {
    return createSpentFields(this.#waiting?.spent ?? NOTHING);
  }

  /** The calls that wait inside; empty if nothing waits. */
  get pending(): readonly PendingCall[] {
    return this.#waiting?.pending ?? [];
  }

  /** The names that were recorded before and that the code has not used. */
  listUnused(): readonly string[] {
    const labels = [...this.#readRecorded().begun].flatMap((step) => readLabel(step) ?? []);
    return [...new Set(labels)].filter((label) => !this.#labels.has(label));
  }

  /** Runs an agent or a flow as a step. Rejects as `await run` does. */
  run(runnable: Runnable, input: unknown, { options, cancellation }: ChildCall): Promise<CompletedOutcome<unknown>> {
    const { where } = this.#options;
    return this.#track(async () => {
      const delegate = findDelegate(runnable, `${where}, run`);
      const { step: label, limits, state } = checkOptions(options, CHILD_RUN, `${where}, run`);
      return this.#begin(label, {
        kind: 'run',
        target: runnable.name,
        ...(cancellation !== undefined && { cancellation }),
        begin: (outer) =>
          delegate(input, { ...outer, ...(limits !== undefined && { limits }), ...(state !== undefined && { state }) }),
      });
    });
  }

  /** Begins a run inside as a step. */
  begin(label: string, child: ChildStep): Promise<CompletedOutcome<unknown>> {
    return this.#track(() => this.#begin(label, child));
  }

  async #begin(label: string, { cancellation: given, ...child }: ChildStep): Promise<CompletedOutcome<unknown>> {
    // The deadline of the code ends with it. If something waits, the runs beside it work on, and only the run's own end cancels them.
    const cancellation = new Cancellation(this.#scope.cancellation);
    const links = [this.#end, given].map((source) => source?.onCancel(() => cancellation.cancel(source.reason)));
    try {
      return await this.#runStep(label, { ...child, cancellation });
    } finally {
      for (const unlink of links) unlink?.();
      cancellation.detach();
    }
  }

  /** Remembers the value of plain code. */
  remember<T>(label: string, step: PlainStep<T>): Promise<T> {
    return this.#track(async () => {
      this.#take(label, 'value');
      const startedAt = this.#scope.clock.now();
      const named = { label, kind: 'value' } as const;
      const fail = async (error: unknown): Promise<JournalEvent> => {
        return { type: 'step.failed', ...named, error: toErrorData(error), ...this.#stampStep(startedAt) };
      };
      const work = async (): Promise<JournalEvent> => {
        try {
          const value = await this.#runPlain(label, step);
          return { type: 'step.finished', ...named, value, ...this.#stampStep(startedAt) };
        } catch (error) {
          if (HostError.isInstance(error) || this.#scope.cancellation.isCancelled) throw error;
          return fail(error);
        }
      };
      const onUnknownOutcome = (): Promise<JournalEvent> => fail(createUnknownOutcomeError(label));
      const event = await this.#scope.stepRunner.step(
        createEventStep<JournalEvent>(this.#scope, {
          name: formatNamedStep(label),
          effect: step.effect,
          work,
          onUnknownOutcome,
        }),
      );
      return this.#readValue(event, label) as T; // It was recorded as the value of this work.
    });
  }

  async #runPlain<T>(label: string, { work }: PlainStep<T>): Promise<Json> {
    const { cancellation } = this.#scope;
    const value: unknown = await runUntilCancelled(cancellation, () => work(cancellation.signal));
    const where = `${this.#options.where}, step "${label}"`;
    return copyJson((value ?? null) as Json, { where, name: 'value', ignoresUndefined: true }); // `copyJson` checks it.
  }

  /**
   * Ends the code, and what is under way: cancels it, unless the run is to be resumed. Then it is awaited, because it would record that it was
   * cancelled, and would not be resumed.
   *
   * @throws HostError if a run inside could not be recorded, whatever the code made of that error
   */
  async finish(): Promise<void> {
    while (this.#working.size > 0) {
      const isResumed = this.#waiting !== undefined || this.#failure !== undefined;
      if (!isResumed) this.#end.cancel(new Error('The code that began this run has ended.'));
      await Promise.allSettled(this.#working);
    }
    this.#hasFinished = true;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The text for the model about a run inside that did not complete, if the error is that of one. */
  explain(error: unknown): unknown {
    return this.#ends.get(error) ?? error;
  }

  /** Keeps track of work of the code, so that `finish` waits for it and no failure of the host is lost. */
  #track<T>(work: () => Promise<T>): Promise<T> {
    const promise = work().catch((error: unknown) => {
      if (HostError.isInstance(error)) this.#failure ??= error;
      throw error;
    });
    this.#working.add(promise);
    const forget = (): void => void this.#working.delete(promise);
    promise.then(forget, forget); // Also prevents an unhandled rejection if the code does not await it.
    return promise;
  }

  /** @throws ConfigError for a name that is not valid or used twice; the error of a run inside that waits; HostError `flow.diverged` */
  #take(label: string, kind: StepFinishedEvent['kind']): void {
    const { where } = this.#options;
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#hasFinished) throw new Error(`${where}: step "${String(label)}" came after the end of the code.`);
    if (!isStepLabel(label)) {
      throw new ConfigError(
        `${where}: step is ${describeValue(label)}. Name the step with 1 to 100 characters without "/", ":" and control characters: { step: "plan" }.`,
      );
    }
    if (this.#labels.has(label)) {
      throw new ConfigError(
        `${where}: step "${label}" is used twice. A resumed run finds a step by its name: give each its own, such as \`search-\${index}\`.`,
      );
    }
    // Code that caught the error of a run that waits must not go another way: after the answer it would not go there.
    if (this.#waiting !== undefined && !this.#isRecorded(label)) throw this.#waiting.error;
    this.#labels.add(label);
    this.#checkKind(label, kind);
  }

  /** @throws HostError if another kind of step is recorded under the name: it would be taken for the result of this one */
  #checkKind(label: string, kind: StepFinishedEvent['kind']): void {
    const ended = this.#readRecorded().ended.get(formatNamedStep(label));
    const before = isRecord(ended) ? ended['kind'] : this.#isRecorded(label) && kind === 'value' ? 'run' : kind;
    if (before === kind) return;
    throw this.createDivergence([label], `step "${label}" was a ${String(before)}, and is a ${kind} now`);
  }

  async #runStep(label: string, child: CancellableStep): Promise<CompletedOutcome<unknown>> {
    const { kind, target } = child;
    this.#take(label, kind);
    for (let repeats = 0; ; repeats++) {
      const name = formatNamedStep(label, repeats);
      const startedAt = this.#scope.clock.now();
      try {
        return await this.#settle(await this.#delegate(name, child), {
          name: this.#options.prefix + name,
          step: { label, kind, target },
          startedAt,
        });
      } catch (error) {
        if (!(error instanceof OtherRunError)) throw error;
        if (this.#options.onOtherStep === 'fail') throw this.createDivergence([label], error.message);
      }
    }
  }

  async #delegate(name: string, { begin, cancellation }: CancellableStep): Promise<NestedRun> {
    const isInsideCall = this.#scope.isInsideCall || this.#options.isCall;
    const scope: Scope = { ...this.#scope, cancellation, isInsideCall };
    const task = createChild(scope, this.#options.prefix + name, (outer) => begin({ ...outer, refusesOther: true }));
    const [nested] = await this.#scope.stepRunner.parallel([task], { width: 1 });
    return nested as NestedRun; // One task has one result.
  }

  async #settle(nested: NestedRun, ended: EndedStep): Promise<CompletedOutcome<unknown>> {
    const { outcome, emitFinished, settle } = nested;
    this.#spent = addTotals(this.#spent, outcome);
    const settled = settle();
    settled.catch(() => undefined); // Prevents an unhandled rejection while the end of the step is recorded.
    if (outcome.status === 'suspended') {
      emitFinished({ replayed: false });
      await settled.catch((error: unknown) => {
        const { spent = NOTHING, error: first = error } = this.#waiting ?? {};
        this.#waiting = {
          pending: [...this.pending, ...outcome.pending],
          error: first,
          spent: addTotals(spent, outcome),
        };
      });
      return settled;
    }
    const work = async (): Promise<JournalEvent> => this.#describeEnd(outcome, ended);
    const step = createEventStep<JournalEvent>(this.#scope, { name: ended.name, effect: 'read', work });
    const events = this.#createEventSink();
    await this.#scope.stepRunner.step({
      ...step,
      onRecorded: (event, how) => {
        emitFinished({ replayed: how.replayed });
        events.emitJournalEvent(event, how);
      },
    });
    return settled.catch((error: unknown) => {
      if (outcome.status !== 'completed') this.#ends.set(error, new NestedRunError(outcome, outcome.agent));
      throw error;
    });
  }

  #describeEnd(outcome: NestedRun['outcome'], { step, startedAt }: EndedStep): StepFinishedEvent | StepFailedEvent {
    const { status } = outcome;
    const { target, ...named } = step;
    const event = {
      ...named,
      ...(target !== undefined && { target }),
      ...createSpentFields(addTotals(NOTHING, outcome)),
      ...this.#stampStep(startedAt),
    };
    if (status === 'completed') return { type: 'step.finished', ...event };
    return { type: 'step.failed', ...(status !== 'suspended' && { status }), ...event };
  }

  /** Events of steps have the path of their code. */
  #createEventSink(): EventSink {
    const { prefix } = this.#options;
    return prefix === '' ? this.#scope.events : this.#scope.createEventSink(addPath(this.#scope, prefix.slice(0, -1)));
  }

  #readValue(event: JournalEvent, label: string): unknown {
    if (event.type === 'step.finished' && event.kind === 'value') return event.value;
    if (event.type === 'step.failed' && event.error !== undefined) throw toError(event.error);
    throw this.createDivergence([label], `step "${label}" was no plain code`);
  }

  createDivergence(labels: readonly string[], what: string): HostError {
    const { where } = this.#options;
    return new HostError(
      `${where}: the code takes another way than its recorded steps: ${what}. Resume run "${this.#scope.runId}" with the code that began it (steps: ${labels.join(', ')}), and give a changed flow another version.`,
      { code: 'flow.diverged' },
    );
  }

  #stampStep(startedAt: number): { readonly durationMs: number; readonly at: number; readonly activeMs: number } {
    return { durationMs: this.#scope.clock.now() - startedAt, ...stamp(this.#scope) };
  }

  #isRecorded(label: string): boolean {
    return this.#readRecorded().begun.has(formatNamedStep(label));
  }

  /** Sorts the recorded steps of the run once. Each step of the code looks for its own. */
  #readRecorded(): RecordedCode {
    this.#recorded ??= readRecordedCode(this.#scope.stepRunner.listRecorded?.() ?? [], this.#options.prefix);
    return this.#recorded;
  }
}

/** What earlier attempts recorded of some code. The names of steps are those below its prefix. */
interface RecordedCode {
  /** The steps of which something is recorded: the step itself, or a step of the run that it began. */
  readonly begun: ReadonlySet<string>;
  /** The values of the steps that have ended. */
  readonly ended: ReadonlyMap<string, unknown>;
}

function readRecordedCode(recorded: readonly RecordedStep[], prefix: string): RecordedCode {
  const begun = new Set<string>();
  const ended = new Map<string, unknown>();
  for (const { name, value } of recorded) {
    if (!name.startsWith(prefix)) continue;
    const [step = '', ...inside] = name.slice(prefix.length).split('/');
    begun.add(step);
    if (inside.length === 0) ended.set(step, value);
  }
  return { begun, ended };
}

/** The runs inside that wait. */
interface WaitingRuns {
  readonly pending: readonly PendingCall[];
  /** What code gets that begins another step. */
  readonly error: unknown;
  readonly spent: NestedTotals;
}

const NOTHING: NestedTotals = { usage: NO_USAGE, toolCalls: 0 };

function addTotals({ usage, usageBy = [], toolCalls }: NestedTotals, outcome: NestedRun['outcome']): NestedTotals {
  return {
    usage: addUsage(usage, outcome.usage),
    usageBy: addUsageShares(usageBy, outcome.usageBy),
    toolCalls: toolCalls + outcome.toolCallCount,
  };
}

interface ChildCall {
  readonly options: ChildRunOptions;
  /** Ends the run before the code ends. */
  readonly cancellation?: Cancellation;
}

export interface ChildStep extends Pick<StepFinishedEvent, 'kind' | 'target'> {
  readonly cancellation?: Cancellation;
  readonly begin: (outer: OuterRun) => Promise<NestedRun>;
}

interface CancellableStep extends ChildStep {
  readonly cancellation: Cancellation;
}

interface EndedStep {
  readonly name: string;
  readonly step: {
    readonly label: string;
    readonly kind: StepFinishedEvent['kind'];
    readonly target: string | undefined;
  };
  readonly startedAt: number;
}

export interface PlainStep<T> {
  readonly work: (signal: AbortSignal) => T | Promise<T>;
  readonly effect: Effect;
}

function createUnknownOutcomeError(label: string): UnknownOutcomeError {
  return new UnknownOutcomeError(
    `The outcome of step "${label}" is unknown: the process stopped while it ran. It may have had its effect.`,
  );
}

const CHILD_RUN: OptionTable<ChildRunOptions> = {
  keys: { step: 'any', limits: LIMITS, state: 'object' },
  hints: {
    name: 'The option is "step".',
    id: 'The option is "step".',
    key: 'The option is "step".',
    context: 'The run inside has the context of the outer run.',
    signal: 'The run inside ends with the code that began it.',
    host: 'The run inside is recorded with the outer run.',
  },
};
