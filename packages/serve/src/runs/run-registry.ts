import {
  type Clock,
  type Conversation,
  conversation as createConversation,
  type Host,
  type JsonObject,
  type Limits,
  type Outcome,
  type Run,
  type RunOptions,
} from '@pawl/core';
import type { UserMessage } from '@pawl/core/chat';
import { DEFAULT_LIMITS, hasEnded, type RunProgress } from '@pawl/core/host';
import { Gate } from '../access/gate.ts';
import { formatOwner, readOwner } from '../access/owner.ts';
import type { Principal } from '../access/principal.ts';
import type { ServeSettings } from '../options.ts';
import { HttpProblem } from '../protocol/problem.ts';
import { ActiveRun } from './active-run.ts';
import { AgentDirectory, type RunnableAgent, type ServedAgent } from './agent-directory.ts';
import { beginForCaller } from './begin-for-caller.ts';
import { addCallerTools, readKeptRequest, writeKeptRequest } from './caller-tools.ts';
import type { Cursor } from './cursor.ts';
import { KnownRequests } from './known-requests.ts';
import { RunReader } from './run-reader.ts';
import type { RunStart, StartedRun } from './run-start.ts';

export interface RegistryOptions {
  readonly agents: ReadonlyMap<string, ServedAgent>;
  readonly settings: ServeSettings;
}

/** Starts, resumes and reads the runs that this process works on. */
export class RunRegistry {
  readonly #host: Host;
  readonly #clock: Clock;
  readonly #settings: ServeSettings;
  readonly #agents: AgentDirectory;
  readonly #running: Gate;
  readonly #active = new Map<string, ActiveRun>();
  readonly #closing = new AbortController();
  readonly requests: KnownRequests;
  /** The last turn of each run that this process has repeated, for the newest runs. */
  readonly #repeatedTurns = new Map<string, number>();
  /** Until when runs that failed to resume are left alone, in milliseconds since 1970. */
  readonly #failed = new Map<string, number>();

  constructor({ agents, settings }: RegistryOptions) {
    this.#settings = settings;
    this.#host = settings.host;
    this.#clock = settings.clock;
    this.#agents = new AgentDirectory(agents);
    this.#running = new Gate(settings.maxRunning, 'running runs');
    this.requests = new KnownRequests(() => this.now());
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#clock.now();
  }

  /**
   * Starts a run, or attaches to the one with the same id. Resolves when it has begun.
   *
   * @throws HttpProblem 400, 429; HostError
   */
  async start(served: ServedAgent, start: RunStart): Promise<StartedRun> {
    const { runId } = start;
    const active = runId === undefined ? undefined : this.#active.get(runId);
    if (active !== undefined) {
      await active.begin();
      return { runId: active.runId, isAttached: true };
    }
    return this.#launch(start, async () => {
      const { agent, options } = await this.#prepare(served, start);
      const { principal, conversation: given, branch } = start;
      const stored = given === undefined ? undefined : this.getConversation(principal, given, branch);
      const run = () => agent.run(start.input, { ...options, ...(stored !== undefined && { conversation: stored }) });
      return () => beginForCaller(run, start, served.limits.cost);
    });
  }

  /**
   * Sends a message to the open run of a conversation, or starts a run in it. No turn is lost, and two messages at once do not start two runs.
   *
   * @throws HttpProblem 400, 429; HostError
   */
  async continueConversation(
    served: ServedAgent,
    { message, ...start }: Omit<RunStart, 'input'> & { readonly message: UserMessage; readonly conversation: string },
  ): Promise<StartedRun> {
    const stored = this.getConversation(start.principal, start.conversation, start.branch);
    return this.#launch(start, async () => {
      const own = { ...start, input: [message] };
      const { agent, options } = await this.#prepare(served, own);
      const run = () => agent.continueConversation(message, { ...options, conversation: stored });
      return () => beginForCaller(run, own, served.limits.cost);
    });
  }

  /** The handle of a stored conversation. The same id of another owner is another conversation. @throws HttpProblem 404 without a store */
  getConversation(principal: Principal, given: string, branch = 0): Conversation {
    const { conversations: store } = this.#settings;
    if (store !== undefined) return createConversation({ id: this.getConversationId(principal, given, branch), store });
    throw new HttpProblem('This server stores no conversations. Pass conversations to serve(), or send the history.', {
      status: 404,
      code: 'conversation.unknown',
    });
  }

  /** The id under which a conversation is stored. */
  getConversationId(principal: Principal, given: string, branch = 0): string {
    return JSON.stringify([formatOwner(principal), given, ...(branch === 0 ? [] : [branch])]);
  }

  /**
   * Continues a run in this process if it can continue and nobody works on it. Resolves when it has begun.
   *
   * @throws HttpProblem 429; HostError
   */
  async resume(
    { record, status }: Pick<RunProgress, 'record' | 'status'>,
    how: { readonly isStreamed?: boolean } = {},
  ): Promise<void> {
    const { runId } = record;
    const active = this.#active.get(runId);
    if (active !== undefined) return active.begin();
    if (hasEnded(status)) return;
    const served = this.#agents.find(record.agent);
    if (served === undefined) throw createUnservedError(record.agent, runId);
    const owner = readOwner(record.owner ?? '');
    const isRepeated = status !== 'suspended' && status !== 'queued';
    await this.#launch({ principal: owner, runId, isBackground: true }, async () => {
      const { tools, settings } = readKeptRequest(record.metadata);
      const metadata = readCallerMetadata(record.metadata);
      const context = await served.createContext?.({ principal: owner, record, ...metadata });
      const stored = this.#restoreConversation(record.conversation?.id);
      const agent = addCallerTools(served.agent, tools);
      const options = {
        host: this.#host,
        context,
        modelSettings: settings,
        ...(how.isStreamed === true && { stream: true }),
        ...(stored !== undefined && { conversation: stored }),
      };
      return () => {
        const run = agent.resume(runId, options);
        if (isRepeated) this.#noteRepeatedTurn(run);
        return run;
      };
    });
  }

  #restoreConversation(id: string | undefined): Conversation | undefined {
    const { conversations: store } = this.#settings;
    return id === undefined || store === undefined ? undefined : createConversation({ id, store });
  }

  /** Resumes the runs that can continue and that no process works on. */
  async resumeAll(): Promise<void> {
    const entries = this.#agents
      .list()
      .map(({ agent: { name } }) => ({ name, resume: (runId: string) => this.#tryToResume(runId) }));
    await Promise.all(await this.#host.resumeAll(entries));
  }

  /** A run that cannot be resumed, for example because its agent has changed, is tried again after a minute. */
  async #tryToResume(runId: string): Promise<void> {
    const now = this.#clock.now();
    if (this.#closing.signal.aborted || (this.#failed.get(runId) ?? 0) > now) return;
    this.#failed.delete(runId);
    try {
      if (!this.#active.has(runId))
        await this.resume(await this.#host.getRun(runId, { after: Number.MAX_SAFE_INTEGER }));
    } catch (error) {
      if (!HttpProblem.isInstance(error)) this.#failed.set(runId, now + RETRY_AFTER_MS);
    }
  }

  /**
   * Reads the events of a run that was found before.
   *
   * @param options - each of `signals` ends the events, as the end of the server does
   */
  read(
    runId: string,
    { after, signals }: { readonly after?: Cursor; readonly signals: readonly AbortSignal[] },
  ): RunReader {
    return new RunReader(runId, {
      host: this.#host,
      findAttempt: (id) => this.#active.get(id),
      signals: [...signals, this.#closing.signal],
      ...(after !== undefined && { after }),
    });
  }

  /** Waits until a run has ended or is suspended; `undefined` if the signal was aborted first. @throws HostError */
  async waitForOutcome(runId: string, signal: AbortSignal): Promise<Outcome<unknown> | undefined> {
    const active = this.#active.get(runId);
    if (active !== undefined) return waitUnlessAborted(active.outcome, [signal, this.#closing.signal]);
    for await (const { event } of this.read(runId, { signals: [signal] })) {
      if (event.type === 'run.finished' && event.path === '') return event.outcome;
    }
    return undefined;
  }

  /** Sends a message to the model of a run that this process works on; `undefined` if it does not. */
  steer(runId: string, message: UserMessage): Promise<boolean> | undefined {
    return this.#active.get(runId)?.run.steer(message);
  }

  /** Whether this process has repeated a turn in which another process stopped. */
  isRepeatedTurn(runId: string, turn: number): boolean {
    return this.#repeatedTurns.get(runId) === turn;
  }

  #noteRepeatedTurn(run: Run<unknown>): void {
    let isFirst = true;
    run.on('attempt.started', ({ path, runId, turn }) => {
      if (path !== '' || !isFirst) return;
      isFirst = false;
      const [oldest] = this.#repeatedTurns.keys();
      if (this.#repeatedTurns.size >= MAX_REPEATED_TURNS && oldest !== undefined) this.#repeatedTurns.delete(oldest);
      this.#repeatedTurns.set(runId, turn);
    });
  }

  /** Counts a client that reads a run. Call the returned function when the client has gone. */
  hold(runId: string): () => void {
    return this.#active.get(runId)?.hold() ?? (() => undefined);
  }

  /** Ends every stream. The runs stay as they are. */
  close(): void {
    this.#closing.abort();
  }

  async #prepare(served: ServedAgent, start: RunStart): Promise<PreparedRun> {
    const { principal, metadata, requestHash, callerTools = [], limits = {}, modelSettings = {} } = start;
    const { isStored = true, face = {}, state } = start;
    const agent = addCallerTools(served.agent, callerTools);
    const settings = modelSettings as JsonObject; // Fields of a JSON body.
    const kept = writeKeptRequest({ tools: callerTools, settings, isStored, face });
    const options = {
      host: this.#host,
      owner: formatOwner(principal),
      onExistingRun: 'attach',
      limits: reduceLimits(served.limits, limits),
      modelSettings,
      metadata: {
        ...(metadata !== undefined && { caller: metadata }),
        ...(Object.keys(kept).length > 0 && { pawl: kept }),
        ...(requestHash !== undefined && { [REQUEST_HASH]: requestHash }),
      },
      context: await served.createContext?.({ principal, ...(metadata !== undefined && { metadata }) }),
      ...(state !== undefined && { state }),
      ...(start.runId !== undefined && { runId: start.runId }),
      ...(start.traceparent !== undefined && { traceparent: start.traceparent }),
      ...(start.isStreamed === true && { stream: true }),
    } as const;
    return { agent, options };
  }

  /** Counts the run, begins it and keeps it until it has ended. */
  async #launch(
    { principal, runId, isBackground = false }: Pick<RunStart, 'principal' | 'runId' | 'isBackground'>,
    prepare: () => Promise<() => Run<unknown>>,
  ): Promise<StartedRun> {
    const leave = this.#running.enter(formatOwner(principal));
    let run: Run<unknown>;
    try {
      const begin = await prepare(); // A function, because `await` would wait for the end of a `Run`.
      run = begin();
    } catch (error) {
      leave();
      throw error;
    }
    const known = runId === undefined ? undefined : this.#active.get(runId);
    const { onDisconnect } = this.#settings;
    const active = new ActiveRun(run, { isBackground, onDisconnect, clock: this.#clock });
    const newId = run.runId;
    if (known === undefined) this.#active.set(newId, active);
    void active.ended.then(() => {
      leave();
      for (const id of new Set([active.runId, newId])) if (this.#active.get(id) === active) this.#active.delete(id);
    });
    await active.begin();
    // The message to a conversation may have gone to an open run.
    if (!this.#active.has(active.runId)) this.#active.set(active.runId, active);
    return { runId: active.runId, isAttached: known !== undefined || active.runId !== newId };
  }
}

interface PreparedRun {
  readonly agent: RunnableAgent;
  readonly options: RunOptions & { readonly host: Host; readonly context?: unknown };
}

/** The field of a run's metadata that identifies its request. */
export const REQUEST_HASH = 'pawlRequest';

const RETRY_AFTER_MS = 60_000;
const MAX_REPEATED_TURNS = 1_000;

function readCallerMetadata({ caller }: JsonObject): { readonly metadata?: JsonObject } {
  return caller === undefined ? {} : { metadata: caller as JsonObject }; // Written by `#prepare`.
}

/** Returns the limits of a caller, none above that of the agent. */
function reduceLimits(own: Limits, wanted: Limits): Limits {
  const lowered = Object.entries(wanted).map(([name, value]): [string, number] => {
    const max = { ...DEFAULT_LIMITS, ...own }[name as keyof Limits] ?? Number.POSITIVE_INFINITY; // From a checked body.
    return [name, Math.min(max, value)];
  });
  return Object.fromEntries(lowered);
}

async function waitUnlessAborted<T>(work: Promise<T>, signals: readonly AbortSignal[]): Promise<T | undefined> {
  if (signals.some(({ aborted }) => aborted)) return undefined;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const stop = (): void => resolve(undefined);
  for (const signal of signals) signal.addEventListener('abort', stop);
  try {
    return await Promise.race([work, promise]);
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', stop);
  }
}

function createUnservedError(agent: string, runId: string): HttpProblem {
  return new HttpProblem(`Run "${runId}" belongs to agent "${agent}", which this server does not have.`, {
    status: 422,
    code: 'run.agent',
  });
}
