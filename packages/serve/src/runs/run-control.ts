import { type Answer, type Host, HostError } from '@pawl/core';
import type { UserMessage } from '@pawl/core/chat';
import type { ForkOptions, RunFilter, RunProgress, RunSummary } from '@pawl/core/host';
import { canSee, formatOwner } from '../access/owner.ts';
import type { Principal } from '../access/principal.ts';
import type { ServeSettings } from '../options.ts';
import { createUnknownRunError, HttpProblem } from '../protocol/problem.ts';
import { type RunOrigin, readOrigin } from '../protocol/runs/describe-run.ts';
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

/** Finds and controls runs for a principal. Every method checks that the principal may see the run. */
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
    return this.#findSeen(principal, runId, Number.MAX_SAFE_INTEGER);
  }

  /** Finds a run with its recorded events. @throws HttpProblem 404 */
  async findWithEvents(principal: Principal, runId: string): Promise<RunProgress> {
    return this.#findSeen(principal, runId, 0);
  }

  async #findSeen(principal: Principal, runId: string, after: number): Promise<RunProgress> {
    const progress = await this.#host.getRun(runId, { after }).catch((error: unknown) => {
      if (HostError.isInstance(error) && error.code === 'run.unknown') throw createUnknownRunError(runId);
      throw error;
    });
    if (!canSee(principal, progress.record.owner)) throw createUnknownRunError(runId);
    return progress;
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
   * Answers a pending call, and continues the run.
   *
   * @throws HttpProblem 403, 404; ApprovalError; HostError
   */
  answer(
    principal: Principal,
    runId: string,
    { pending, answer, isStreamed }: GivenAnswer & { readonly isStreamed?: boolean },
  ): Promise<void> {
    const answers = [{ pending, answer }];
    return this.answerAll(principal, runId, { answers, ...(isStreamed !== undefined && { isStreamed }) });
  }

  /**
   * Answers pending calls, and continues the run with all answers. If the principal may not give one of them, none is given.
   *
   * @throws HttpProblem 403, 404; ApprovalError; HostError
   */
  async answerAll(
    principal: Principal,
    runId: string,
    { answers, isStreamed }: { readonly answers: readonly GivenAnswer[]; readonly isStreamed?: boolean },
  ): Promise<void> {
    const progress = await this.findWithEvents(principal, runId);
    const { record } = progress;
    // A run that another answer has continued is no longer suspended, and its other calls still wait.
    const calls = listPendingCalls(progress);
    for (const { pending: id } of answers) {
      const pending = calls.find((call) => call.id === id);
      if (pending === undefined || (await this.#settings.mayAnswer({ principal, pending, record }))) continue;
      throw new HttpProblem(`You may not answer the call "${id}" of run "${runId}".`, {
        status: 403,
        code: 'approval.forbidden',
      });
    }
    for (const each of answers) await this.giveResult(principal, runId, each);
    await this.#resume(runId, { ...(isStreamed !== undefined && { isStreamed }) });
  }

  /** Records an answer of a principal that may give it. @throws ApprovalError, HostError */
  async giveResult(principal: Principal, runId: string, { pending, answer }: GivenAnswer): Promise<void> {
    await this.#host.answer(runId, pending, answer, { by: formatOwner(principal) });
  }

  /** Creates a run that begins before a step of another. @throws HttpProblem 403, 404; HostError */
  async fork(principal: Principal, runId: string, options: Omit<ForkOptions, 'runId'>): Promise<string> {
    await this.find(principal, runId);
    if (principal.isOperator !== true) {
      throw new HttpProblem('Only an operator may fork a run.', { status: 403, code: 'run.forbidden' });
    }
    const forked = await this.#host.fork(runId, options);
    await this.#resume(forked);
    return forked;
  }

  /** Deletes an ended run. @throws HttpProblem 404; HostError `run.not_ended` */
  async delete(principal: Principal, runId: string): Promise<void> {
    await this.find(principal, runId);
    await this.#host.deleteRuns({ runIds: [runId] });
  }

  /**
   * Sends a user message to a run: to the model of a run at work, or in place of the answers that a suspended run waits for.
   *
   * @returns whether the message is part of the run
   * @throws HttpProblem 404, 422 `run.busy`; HostError `run.not_waiting`
   */
  async sendMessage(principal: Principal, runId: string, message: UserMessage): Promise<boolean> {
    const { status } = await this.find(principal, runId);
    const isTaken = status === 'running' ? this.#registry.steer(runId, message) : undefined;
    if (isTaken !== undefined) return isTaken;
    if (status === 'running') {
      throw new HttpProblem(
        `Another process works on run "${runId}". Send the message there, or when the run has ended.`,
        {
          status: 422,
          code: 'run.busy',
        },
      );
    }
    await this.#host.sendMessage(runId, message, { by: formatOwner(principal) });
    await this.#resume(runId);
    return true;
  }

  /** Cancels a run, in whichever process works on it. @throws HttpProblem 404 */
  async cancel(principal: Principal, runId: string, reason = 'The client cancelled the run.'): Promise<void> {
    const { status } = await this.find(principal, runId);
    await this.#host.cancel(runId, { reason });
    // A run that nobody works on ends when it is resumed.
    if (status === 'suspended' || status === 'interrupted' || status === 'queued') await this.#resume(runId);
  }

  /**
   * Continues a run. What was recorded counts in any case: if too many runs are at work, the run continues when there is room; if the server does
   * not have its agent, a worker that has it continues it.
   */
  async #resume(runId: string, how: { readonly isStreamed?: boolean } = {}): Promise<void> {
    try {
      await this.#registry.resume(runId, how);
    } catch (error) {
      if (!HttpProblem.isInstance(error) || (error.status !== 429 && error.code !== 'run.agent')) throw error;
    }
  }
}
