import { type Answer, type Host, HostError } from '@pawl/core';
import type { UserMessage } from '@pawl/core/chat';
import { type ForkOptions, hasEnded, type RunFilter, type RunProgress, type RunSummary } from '@pawl/core/host';
import { canSee, formatOwner } from '../access/owner.ts';
import type { Principal } from '../access/principal.ts';
import type { ServeSettings } from '../options.ts';
import { formatCallId, locatePendingCall } from '../protocol/call-id.ts';
import { createUnknownRunError, HttpProblem } from '../protocol/problem.ts';
import { type RunOrigin, readOrigin } from '../protocol/runs/describe-run.ts';
import { listAnswers } from './list-answers.ts';
import { listOwnRuns, type RunPage, type RunSelection } from './list-own-runs.ts';
import { listPendingCalls } from './list-pending-calls.ts';
import type { RunRegistry } from './run-registry.ts';

export interface GivenAnswer {
  /** The id of the pending call. */
  readonly pending: string;
  readonly answer: Answer;
}

/** How many origins are remembered. */
const MAX_ORIGINS = 2_000;

/**
 * Finds runs for a principal, and controls them. The principal may see every run that a method returns; a method that changes a run takes one that
 * was found for the principal.
 */
export class RunControl {
  readonly #registry: RunRegistry;
  readonly #settings: ServeSettings;
  readonly #host: Host;
  readonly #origins = new Map<string, RunOrigin>();

  constructor(registry: RunRegistry, settings: ServeSettings) {
    this.#registry = registry;
    this.#settings = settings;
    this.#host = settings.host;
  }

  /** Finds a run without its events. @throws HttpProblem 404, also for a run that the principal may not see */
  async find(principal: Principal, runId: string): Promise<RunProgress> {
    return (await this.findIfVisible(principal, runId)) ?? throwUnknown(runId);
  }

  /** Finds a run with its recorded events. @throws HttpProblem 404 */
  async findWithEvents(principal: Principal, runId: string): Promise<RunProgress> {
    return (await this.findIfVisible(principal, runId, { hasEvents: true })) ?? throwUnknown(runId);
  }

  /** Finds a run, with its events or without; `undefined` if there is none that the principal may see. */
  async findIfVisible(
    principal: Principal,
    runId: string,
    { hasEvents = false }: { readonly hasEvents?: boolean } = {},
  ): Promise<RunProgress | undefined> {
    const after = hasEvents ? 0 : Number.MAX_SAFE_INTEGER;
    const progress = await this.#host.getRun(runId, { after }).catch((error: unknown) => {
      if (HostError.isInstance(error) && error.code === 'run.unknown') return undefined;
      throw error;
    });
    return progress !== undefined && canSee(principal, progress.record.owner) ? progress : undefined;
  }

  /** Finds the newest run of a stored conversation that has not ended, among its last hundred. */
  async findOpenRun(principal: Principal, conversation: string): Promise<RunSummary | undefined> {
    return findOpen(await this.listOwned(principal, { conversation, order: 'desc', limit: 100 }));
  }

  /** Lists the runs of a principal itself. */
  listOwned(principal: Principal, filter: RunFilter): Promise<readonly RunSummary[]> {
    return this.#host.listRuns({ ...filter, owner: formatOwner(principal) });
  }

  /** Lists the runs that a principal may see. */
  list(selection: RunSelection): Promise<RunPage> {
    return listOwnRuns(this.#host, selection);
  }

  /** Returns where a run comes from. It never changes, and a list would read a whole record for it each time. */
  async findOrigin(runId: string): Promise<RunOrigin> {
    const known = this.#origins.get(runId);
    if (known !== undefined) return known;
    // A run that this version cannot read is listed, too.
    const progress = await this.#host.getRun(runId, { after: Number.MAX_SAFE_INTEGER }).catch(() => undefined);
    const origin = readOrigin(progress?.record);
    const [oldest] = this.#origins.keys();
    if (this.#origins.size >= MAX_ORIGINS && oldest !== undefined) this.#origins.delete(oldest);
    this.#origins.set(runId, origin);
    return origin;
  }

  /**
   * Answers pending calls, and continues the run with all answers. If the principal may not give one of them, none is given.
   *
   * @param run - with its events
   * @throws HttpProblem 403; ApprovalError; HostError
   */
  async answer(
    principal: Principal,
    run: RunProgress,
    { answers, isStreamed }: { readonly answers: readonly GivenAnswer[]; readonly isStreamed?: boolean },
  ): Promise<void> {
    const { record } = run;
    // A run that another answer has continued is no longer suspended, and its other calls still wait.
    const calls = listPendingCalls(run);
    for (const { pending: id } of answers) {
      const pending = calls.find((call) => call.id === id);
      // Not left to the host: if the call began to wait in the meantime, nobody has asked whether the principal may answer it.
      if (pending === undefined) throw createNotPendingError(run, id);
      if (await this.#settings.mayAnswer({ principal, pending, record })) continue;
      throw new HttpProblem(`You may not answer the call "${id}" of run "${record.runId}".`, {
        status: 403,
        code: 'approval.forbidden',
      });
    }
    for (const each of answers) await this.recordAnswer(principal, record.runId, each);
    await this.#resume(run, { ...(isStreamed !== undefined && { isStreamed }) });
  }

  /** Records an answer of a principal that may give it. The run does not continue. @throws ApprovalError, HostError */
  async recordAnswer(principal: Principal, runId: string, { pending, answer }: GivenAnswer): Promise<void> {
    await this.#host.answer(runId, pending, answer, { by: formatOwner(principal) });
  }

  /** Creates a run that begins before a step of another. @throws HttpProblem 403; HostError */
  async fork(
    principal: Principal,
    { record: { runId } }: RunProgress,
    options: Omit<ForkOptions, 'runId'>,
  ): Promise<string> {
    if (principal.isOperator !== true) {
      throw new HttpProblem('Only an operator may fork a run.', { status: 403, code: 'run.forbidden' });
    }
    const forked = await this.#host.fork(runId, options);
    await this.#resume(await this.find(principal, forked));
    return forked;
  }

  /** Deletes an ended run. @throws HostError `run.not_ended` */
  async delete({ record: { runId } }: RunProgress): Promise<void> {
    await this.#host.deleteRuns({ runIds: [runId] });
  }

  /**
   * Sends a user message to a run: to the model of a run at work, or in place of the answers that a suspended run waits for.
   *
   * @returns whether the message is part of the run
   * @throws HttpProblem 422 `run.busy`; HostError `run.not_waiting`
   */
  async sendMessage(principal: Principal, run: RunProgress, message: UserMessage): Promise<boolean> {
    const { runId } = run.record;
    const isTaken = run.status === 'running' ? this.#registry.steer(runId, message) : undefined;
    if (isTaken !== undefined) return isTaken;
    if (run.status === 'running') {
      throw new HttpProblem(
        `Another process works on run "${runId}". Send the message there, or when the run has ended.`,
        {
          status: 422,
          code: 'run.busy',
        },
      );
    }
    await this.#host.sendMessage(runId, message, { by: formatOwner(principal) });
    await this.#resume(run);
    return true;
  }

  /** Cancels a run, in whichever process works on it. */
  async cancel(
    run: Pick<RunProgress, 'record' | 'status'>,
    reason: string = 'The client cancelled the run.',
  ): Promise<void> {
    await this.#host.cancel(run.record.runId, { reason });
    // A run that nobody works on ends when it is resumed.
    if (run.status !== 'running') await this.#resume(run);
  }

  /**
   * Continues a run. What was recorded counts in any case: if too many runs are at work, the run continues when there is room; if the server does
   * not have its agent, a worker that has it continues it.
   */
  async #resume(
    run: Pick<RunProgress, 'record' | 'status'>,
    how: { readonly isStreamed?: boolean } = {},
  ): Promise<void> {
    try {
      await this.#registry.resume(run, how);
    } catch (error) {
      if (!HttpProblem.isInstance(error) || (error.status !== 429 && error.code !== 'run.agent')) throw error;
    }
  }
}

function throwUnknown(runId: string): never {
  throw createUnknownRunError(runId);
}

/** Finds the first run of a list that has not ended. */
export function findOpen(runs: readonly RunSummary[]): RunSummary | undefined {
  return runs.find(({ status }) => !hasEnded(status));
}

function createNotPendingError(run: RunProgress, id: string): HttpProblem {
  const { runId } = run.record;
  if (listAnswers(run).has(formatCallId(locatePendingCall(runId, id)))) {
    const message = `The call "${id}" of run "${runId}" has an answer already.`;
    return new HttpProblem(message, { status: 422, code: 'approval.used' });
  }
  const message = `Run "${runId}" has no pending call "${id}". GET /v1/runs/${runId} lists them.`;
  return new HttpProblem(message, { status: 422, code: 'approval.unknown' });
}
