import type { LimitName, RunEvent, Usage } from '@pawl/core';
import type { LimitShare } from '@pawl/core/events';
import type { LiveBudget } from '@pawl/core/host';
import type { BudgetView, LimitView } from '../api.ts';

/** What is known of the limits of a run. */
export interface KnownBudget {
  readonly runId: string;
  /** The limits of the run, as far as they are known. */
  readonly limits: Readonly<Partial<Record<LimitName, number>>>;
  /** Set if this process works on the run. */
  readonly live: LiveBudget | undefined;
}

/** Computes from the recorded events what a run has spent, and what is left. */
export function computeBudget(events: readonly RunEvent[], { runId, limits, live }: KnownBudget): BudgetView {
  const shares = addShares(events);
  const known = live?.limits ?? limits;
  return {
    runId,
    isHere: live !== undefined,
    limits: LIMIT_NAMES.map((name) => describeLimit(name, { max: known[name], shares, live })),
  };
}

const LIMITS: Record<LimitName, true> = {
  turns: true,
  toolCalls: true,
  handoffs: true,
  requests: true,
  tokens: true,
  cost: true,
  durationMs: true,
};

const LIMIT_NAMES = Object.keys(LIMITS) as readonly LimitName[]; // Its keys are the names.

interface LimitState {
  readonly max: number | undefined;
  readonly shares: Shares;
  readonly live: LiveBudget | undefined;
}

function describeLimit(name: LimitName, { max = Number.POSITIVE_INFINITY, shares, live }: LimitState): LimitView {
  const spentBy = [...shares[name].values()]
    .filter(({ spent }) => spent > 0)
    .sort((one, other) => other.spent - one.spent);
  // The shares of parallel calls overlap in time.
  const spent =
    name === 'durationMs' ? (live?.activeMs ?? shares.activeMs) : spentBy.reduce((sum, each) => sum + each.spent, 0);
  const reserved = live === undefined ? null : (live.reserved[name as keyof LiveBudget['reserved']] ?? 0); // Of other limits nothing is reserved.
  const isLimited = Number.isFinite(max);
  return {
    name,
    max: isLimited ? max : null,
    spent,
    reserved,
    left: isLimited ? Math.max(0, max - spent - (reserved ?? 0)) : null,
    spentBy,
  };
}

type Shares = Readonly<Record<LimitName, Map<string, LimitShare>>> & { activeMs: number };

/** Adds up the events of a run and of the runs inside it, by the agent of the run itself and its tools. */
function addShares(events: readonly RunEvent[]): Shares {
  const shares: Shares = {
    turns: new Map(),
    toolCalls: new Map(),
    handoffs: new Map(),
    requests: new Map(),
    tokens: new Map(),
    cost: new Map(),
    durationMs: new Map(),
    activeMs: 0,
  };
  const spenders = new Spenders(events);
  for (const event of events) {
    const { path } = event;
    if (event.type === 'run.finished') continue; // It repeats the usage of the others.
    const isOwn = path === '';
    const spender = spenders.find(event);
    const add = (name: LimitName, spent: number): void => addTo(shares[name], { ...spender, spent });
    if (isOwn && event.type === 'model.responded') add('turns', 1);
    if (isOwn && event.type === 'handoff.completed') add('handoffs', 1);
    const isCall = event.type === 'tool.finished' || event.type === 'tool.failed';
    if (isCall) addTo(shares.toolCalls, { ...spender, ...(isOwn && { tool: event.toolName }), spent: 1 });
    if (isOwn && isCall) addTo(shares.durationMs, { ...spender, tool: event.toolName, spent: event.durationMs });
    if (isOwn && event.type === 'model.responded') add('durationMs', event.durationMs ?? 0);
    for (const usage of listUsages(event)) {
      add('requests', usage.requests);
      add('tokens', usage.totalTokens);
      add('cost', usage.cost);
    }
    if (isOwn && 'activeMs' in event && typeof event.activeMs === 'number')
      shares.activeMs = Math.max(shares.activeMs, event.activeMs);
  }
  return shares;
}

function listUsages(event: RunEvent): readonly Usage[] {
  return [
    'usage' in event ? event.usage : undefined,
    'middlewareUsage' in event ? event.middlewareUsage : undefined,
  ].filter((usage) => usage !== undefined);
}

function addTo(shares: Map<string, LimitShare>, { agent, tool, spent }: LimitShare): void {
  const key = JSON.stringify([agent, tool ?? null]);
  const before = shares.get(key)?.spent ?? 0;
  shares.set(key, { agent, ...(tool !== undefined && { tool }), spent: before + spent });
}

type Spender = Omit<LimitShare, 'spent'>;

/**
 * Finds who has spent something, by the path of the run inside:
 * - none: the agent itself,
 * - below a tool's call: the tool,
 * - below a step that middleware wraps: the agent of that turn,
 * - below a step that the code of a flow has named: the agent that it runs, and for a plain call the flow itself.
 */
class Spenders {
  /** By the first segment of the path. */
  readonly #segments = new Map<string, Spender>();
  /** The agent of each turn. */
  readonly #agents = new Map<number, string>();
  readonly #root: string;

  constructor(events: readonly RunEvent[]) {
    this.#root = events[0]?.agent ?? '';
    for (const event of events) {
      if (event.type === 'run.started' && event.path.startsWith('step:') && !event.path.includes('/')) {
        this.#segments.set(event.path, { agent: event.agent });
      }
      if (event.path !== '' || event.type !== 'model.responded') continue;
      const { agent, turn } = event;
      this.#agents.set(turn, agent);
      for (const [index, call] of (event.message.tool_calls ?? []).entries()) {
        const tool = call.type === 'custom' ? call.custom.name : call.function.name;
        this.#segments.set(`tool:${turn}.${index}`, { agent, tool });
      }
    }
  }

  find({ path, agent }: Pick<RunEvent, 'path' | 'agent'>): Spender {
    if (path === '') return { agent };
    const [segment = ''] = path.split('/');
    const [, turn] = /^[a-z]+:(\d+)/.exec(segment) ?? [];
    return this.#segments.get(segment) ?? { agent: this.#agents.get(Number(turn)) ?? this.#root };
  }
}
