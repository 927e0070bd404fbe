import { type ChatModel, ConfigError, HostError, memoryHost } from '@pawl/core';
import type { Json, Message } from '@pawl/core/chat';
import { createEventReader, type RunProgress } from '@pawl/core/host';
import { type Principal, type ServeOptions, type Server, serve } from '@pawl/serve';
import { canSee, HttpProblem } from '@pawl/serve/access';
import type { Replay, ReplayRequest } from '../api.ts';
import { type KnownAgent, listModels } from '../views/agents.ts';
import { importRun } from './import-run.ts';
import { createInvalidError } from './read-replay.ts';
import { createReplaceTools, findCallId } from './replay-tools.ts';

interface StartedReplay {
  readonly replay: Replay;
  readonly server: Server;
  readonly owner: string | undefined;
}

export interface ReplayOptions {
  readonly agents: ReadonlyMap<string, KnownAgent>;
  /** Further models that a replay may ask. */
  readonly models: readonly ChatModel[];
  readonly basePath: string;
  readonly findPrincipal: (request: Request) => Principal | undefined;
}

/**
 * Replays of runs. Each is on a host in memory of its own: a replay changes nothing of its source, and no worker of the source's host takes
 * it and runs its tools.
 */
export class Replays {
  readonly #options: ReplayOptions;
  /** By run id, the oldest first. */
  readonly #started = new Map<string, StartedReplay>();
  #lastNumber = 0;
  /** Requests of this class itself. */
  readonly #own = new WeakSet<Request>();

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  /** Starts a replay. Resolves when it has begun. @throws HttpProblem 400, 422, 501; HostError `step.unknown` */
  async start(request: ReplayRequest, source: RunProgress): Promise<Replay> {
    const { record, events } = source;
    const known = this.#options.agents.get(record.agent);
    if (known === undefined) {
      throw new HttpProblem(`This process has no agent "${record.agent}". Pass it to inspect(): a replay needs it.`, {
        status: 422,
        code: 'run.agent',
      });
    }
    const model = this.#chooseModel(known, request.model);
    const read = createEventReader(record);
    const recorded = events.map((event) => read(event));
    const callId = findCallId(request.before, recorded);
    if (callId === undefined && (request.arguments !== undefined || request.result !== undefined)) {
      throw createInvalidError('The run has no call at the step "before".', 'before');
    }
    const tools = await createReplaceTools(request, recorded);
    const agent = known.agent.with({ ...(model !== undefined && { model }) }).with({ tools });
    const host = memoryHost();
    await importRun(host, source);
    const runId = await host.fork(record.runId, this.#readFork(request, record.messages));
    const server = this.#serve({ agent: { ...known, agent: agent as KnownAgent['agent'] }, host });
    const replay: Replay = {
      runId,
      sourceRunId: record.runId,
      before: request.before,
      mode: request.mode,
      model: model?.name ?? known.options.model.name,
      createdAt: Date.now(),
    };
    this.#add(runId, { replay, server, owner: record.owner });
    await this.#begin(runId, { server, callId, changed: request.arguments });
    return replay;
  }

  /** Returns the server that has the run, if it is a replay. */
  find(runId: string): Server | undefined {
    return this.#started.get(runId)?.server;
  }

  /** Lists the replays of runs that a principal may see, the newest first. */
  list(principal: Principal): readonly Replay[] {
    const own = [...this.#started.values()].filter(({ owner }) => canSee(principal, owner));
    return own.map(({ replay }) => replay).reverse();
  }

  close(): void {
    for (const { server } of this.#started.values()) server.close();
  }

  #chooseModel(known: KnownAgent, name: string | undefined): ChatModel | undefined {
    if (name === undefined) return undefined;
    const models = listModels(known, this.#options.models);
    const model = models.find((each) => each.name === name);
    if (model !== undefined) return model;
    const names = models.map((each) => each.name).join(', ');
    throw createInvalidError(
      `There is no model ${JSON.stringify(name)}. Pass it to inspect() as models; known are: ${names}.`,
      'model',
    );
  }

  #readFork({ before, input, messages, mode, arguments: changed }: ReplayRequest, first: readonly Message[]) {
    const fork = {
      before,
      runId: `replay-${++this.#lastNumber}-${crypto.randomUUID()}`,
      // The calls of the source were checked by its own rules.
      recheckApprovals: mode === 'live' || changed !== undefined,
    };
    if (messages !== undefined) return { ...fork, messages, ...(input !== undefined && { input }) };
    if (input === undefined) return fork;
    if (before !== 'start') return { ...fork, input };
    // Another question in place of the first one.
    const history = first.slice(0, first.findLastIndex(({ role }) => role !== 'user') + 1);
    return { ...fork, messages: [...history, { role: 'user' as const, content: input }] };
  }

  #serve({
    agent: { agent, context },
    host,
  }: {
    readonly agent: KnownAgent;
    readonly host: ReturnType<typeof memoryHost>;
  }): Server {
    const { basePath, findPrincipal } = this.#options;
    // The context that the agent needs is that of `context`, which no type of a list can say.
    const agents = [context === undefined ? agent : { agent, context }] as unknown as ServeOptions['agents'];
    return serve({
      agents,
      host,
      basePath,
      faces: ['runs'],
      resumeEveryMs: 0,
      details: true,
      authorize: (request) =>
        findPrincipal(request) ?? (this.#own.has(request) ? INSPECTOR : new Response(null, { status: 401 })),
    });
  }

  #add(runId: string, started: StartedReplay): void {
    this.#started.set(runId, started);
    const [oldest] = this.#started;
    if (this.#started.size <= MAX_REPLAYS || oldest === undefined) return;
    oldest[1].server.close();
    this.#started.delete(oldest[0]);
  }

  /** Resumes the fork. If the arguments of a call are changed, waits until that call asks, and answers with them. */
  async #begin(runId: string, { server, callId, changed }: ReplayStart): Promise<void> {
    const { basePath } = this.#options;
    const ask = async (action: string, body?: unknown): Promise<Response> => {
      const init =
        body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
      const request = new Request(`http://localhost${basePath}/v1/runs/${runId}/${action}`, {
        method: 'POST',
        ...init,
      });
      this.#own.add(request);
      return server.fetch(request);
    };
    const resumed = await ask('resume');
    if (!resumed.ok) throw await readProblem(resumed);
    if (changed === undefined) return;
    for await (const { event } of server.host.followRun(runId, { untilSuspended: true })) {
      if (event.type !== 'approval.requested' || event.pending.call.id !== callId) continue;
      const { id, fingerprint } = event.pending;
      const answered = await ask('answers', { pending: id, answer: { type: 'edit', fingerprint, arguments: changed } });
      if (!answered.ok) throw await readProblem(answered);
      return;
    }
  }
}

interface ReplayStart {
  readonly server: Server;
  /** The call whose arguments are changed. */
  readonly callId: string | undefined;
  readonly changed: Json | undefined;
}

/** When there are more, the oldest is deleted. */
const MAX_REPLAYS = 100;

const INSPECTOR: Principal = { id: 'operator', isOperator: true };

async function readProblem(response: Response): Promise<HttpProblem> {
  const { error } = (await response.json()) as {
    readonly error: { readonly message: string; readonly code: string | null };
  };
  return new HttpProblem(error.message, { status: response.status, ...(error.code !== null && { code: error.code }) });
}

/** Errors of a fork are errors of the request. @throws HttpProblem 400 */
export function toReplayProblem(error: unknown): unknown {
  if (HostError.isInstance(error) && error.code === 'step.unknown') return createInvalidError(error.message, 'before');
  if (ConfigError.isInstance(error)) return createInvalidError(error.message, 'messages');
  return error;
}
