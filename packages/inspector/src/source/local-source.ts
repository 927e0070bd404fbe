import type { ChatModel, Host } from '@pawl/core';
import { HostError } from '@pawl/core';
import { createEventReader, DEFAULT_LIMITS, type RunProgress, readLiveBudget } from '@pawl/core/host';
import type { ReadableWireLog, WireExchange } from '@pawl/core/wire-log';
import { type Principal, type Server, serve } from '@pawl/serve';
import { canSee, HttpProblem, readJsonBody } from '@pawl/serve/access';
import type { AgentList, ReplayList } from '../api.ts';
import type { InspectOptions } from '../options.ts';
import { createTest } from '../replay/create-test.ts';
import { readReplayRequest } from '../replay/read-replay.ts';
import { Replays, toReplayProblem } from '../replay/replays.ts';
import { describeAgent, type KnownAgent, readAgents, summarizeAgent } from '../views/agents.ts';
import { computeBudget } from '../views/budget.ts';
import { describeExchange, describeWire } from '../views/describe-wire.ts';
import { checkMethod, createUnknownRouteError, createUnknownRunError } from './problems.ts';
import type { Source, SourceRequest } from './source.ts';

/** The runs of a host of this process, with the agents and the wire log that are known here. */
export class LocalSource implements Source {
  readonly abilities: Source['abilities'];
  readonly #host: Host;
  readonly #agents: ReadonlyMap<string, KnownAgent>;
  readonly #models: readonly ChatModel[];
  readonly #wireLog: ReadableWireLog | undefined;
  readonly #server: Server;
  readonly #replays: Replays;
  /** Who sends the requests that the server answers. */
  readonly #principals = new WeakMap<Request, Principal>();

  constructor(
    { host, agents = [], conversations, models = [], wireLog, basePath = '' }: InspectOptions,
    source: 'process' | 'dump',
  ) {
    this.#host = host;
    this.#agents = readAgents(agents);
    this.#models = models;
    this.#wireLog = wireLog;
    this.#server = serve({
      agents,
      host,
      ...(conversations !== undefined && { conversations }),
      basePath,
      faces: ['runs'],
      resumeEveryMs: 0,
      details: true,
      authorize: (request) => this.#principals.get(request) ?? new Response(null, { status: 401 }),
    });
    this.#replays = new Replays({
      agents: this.#agents,
      models,
      basePath,
      findPrincipal: (request) => this.#principals.get(request),
    });
    const hasAgents = agents.length > 0;
    this.abilities = { source, hasWire: wireLog !== undefined, hasAgents, hasReplay: hasAgents };
  }

  async answer({ request, principal, segments }: SourceRequest): Promise<Response> {
    const [first, id, part, ...more] = segments;
    if (first === 'v1') {
      this.#principals.set(request, principal);
      const replay = id === 'runs' && part !== undefined ? this.#replays.find(part) : undefined;
      return (replay ?? this.#server).fetch(request);
    }
    if (more.length > 0 || id === '') throw createUnknownRouteError();
    switch (first) {
      case 'agents':
        checkMethod(request, 'GET');
        if (part !== undefined) break;
        return id === undefined ? this.#listAgents(principal) : this.#showAgent(principal, id);
      case 'wire':
        checkMethod(request, 'GET');
        if (id === undefined) break;
        return this.#showWire(await this.#readWire(principal, id), part);
      case 'budget':
        checkMethod(request, 'GET');
        if (id === undefined || part !== undefined) break;
        return this.#showBudget(await this.#findRun(principal, id));
      case 'replays':
        checkMethod(request, 'GET');
        if (id !== undefined) break;
        return Response.json({ data: this.#replays.list(principal) } satisfies ReplayList);
      case 'replay':
        checkMethod(request, 'POST');
        if (id !== undefined) break;
        return this.#startReplay(request, principal);
      case 'test':
        checkMethod(request, 'GET');
        if (id === undefined || part !== undefined) break;
        return Response.json(await createTest(await this.#findRun(principal, id)));
    }
    throw createUnknownRouteError();
  }

  close(): void {
    this.#server.close();
    this.#replays.close();
  }

  async #startReplay(request: Request, principal: Principal): Promise<Response> {
    const asked = readReplayRequest((await readJsonBody(request, MAX_BODY_BYTES)).json);
    const source = await this.#findRun(principal, asked.runId);
    const replay = await this.#replays.start(asked, source).catch((error: unknown) => {
      throw toReplayProblem(error);
    });
    return Response.json(replay, { status: 201 });
  }

  #listAgents({ agents: allowed }: Principal): Response {
    const known = [...this.#agents.values()].filter(({ name }) => allowed?.includes(name) ?? true);
    return Response.json({ data: known.map((agent) => summarizeAgent(agent, this.#models)) } satisfies AgentList);
  }

  #showAgent({ agents: allowed }: Principal, name: string): Response {
    const known = (allowed?.includes(name) ?? true) ? this.#agents.get(name) : undefined;
    if (known !== undefined) return Response.json(describeAgent(known, this.#models));
    throw new HttpProblem(`This process has no agent ${JSON.stringify(name)}.`, { status: 404, code: 'agent.unknown' });
  }

  async #findRun(principal: Principal, runId: string): Promise<RunProgress> {
    const host = this.#replays.find(runId)?.host ?? this.#host;
    const progress = await host.getRun(runId).catch((error: unknown) => {
      if (HostError.isInstance(error) && error.code === 'run.unknown') throw createUnknownRunError(runId);
      throw error;
    });
    if (!canSee(principal, progress.record.owner)) throw createUnknownRunError(runId);
    return progress;
  }

  /** A log may have runs that the host does not have, or not any more: only who sees all runs sees these. */
  async #readWire(principal: Principal, runId: string): Promise<readonly WireExchange[]> {
    if (this.#wireLog === undefined) {
      throw new HttpProblem('There is no wire log. Pass wireLog to inspect(), and to the agents.', {
        status: 404,
        code: 'inspector.no_wire_log',
      });
    }
    const seesAll = principal.isOperator === true && principal.tenant === undefined;
    if (!seesAll) await this.#findRun(principal, runId);
    return this.#wireLog.read(runId);
  }

  #showWire(exchanges: readonly WireExchange[], part: string | undefined): Response {
    if (part === undefined) return Response.json(describeWire(exchanges));
    const view = /^\d+$/.test(part) ? describeExchange(Number(part), exchanges) : undefined;
    if (view !== undefined) return Response.json(view);
    throw new HttpProblem(`The wire log does not have the exchange ${JSON.stringify(part)}.`, {
      status: 404,
      code: 'inspector.unknown_exchange',
    });
  }

  #showBudget({ record, events }: RunProgress): Response {
    const read = createEventReader(record);
    const agent = this.#agents.get(record.agent)?.options;
    const view = computeBudget(
      events.map((event) => read(event)),
      {
        runId: record.runId,
        limits: { ...DEFAULT_LIMITS, ...agent?.limits, ...record.limits },
        live: readLiveBudget(this.#replays.find(record.runId)?.host ?? this.#host, record.runId),
      },
    );
    return Response.json(view);
  }
}

/** Of a replay's messages. */
const MAX_BODY_BYTES = 16 << 20;
