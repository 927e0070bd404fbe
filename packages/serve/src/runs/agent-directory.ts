import {
  type Agent,
  type AgentOptions,
  ConfigError,
  type Conversation,
  type Host,
  type Limits,
  type Run,
  type RunOptions,
} from '@pawl/core';
import type { Message, UserMessage } from '@pawl/core/chat';
import { getAgentOptions, readAgentName } from '@pawl/core/host';
import type { Principal } from '../access/principal.ts';
import type { AgentWithContext, ContextSource } from '../options.ts';

/** An agent as the registry uses it. The compiler cannot know the context of an agent in a list. */
export interface RunnableAgent {
  readonly name: string;
  readonly hasTextGuard: boolean;
  run(input: readonly Message[], options: RunOptions & Contextual): Run<unknown>;
  resume(runId: string, options: ResumeFields): Run<unknown>;
  continueConversation(
    message: UserMessage,
    options: RunOptions & Contextual & { readonly host: Host; readonly conversation: Conversation },
  ): Run<unknown>;
  with: Agent<never, unknown>['with'];
}

interface Contextual {
  readonly context?: unknown;
}

interface ResumeFields extends Contextual, Pick<RunOptions, 'conversation' | 'modelSettings' | 'stream'> {
  readonly host: Host;
}

/** An agent that is served. */
export interface ServedAgent {
  readonly agent: RunnableAgent;
  /** Makes the context of a run. @defaultValue no context */
  readonly createContext: ((source: ContextSource) => unknown) | undefined;
  /** The agent's own limits. */
  readonly limits: Limits;
  /** When the server began, in seconds since 1970: clients want a time. */
  readonly created: number;
}

/** The agents of the server that a principal may use. */
export class AgentDirectory {
  readonly #agents: ReadonlyMap<string, ServedAgent>;
  readonly #principal: Principal | undefined;

  constructor(agents: ReadonlyMap<string, ServedAgent>, principal?: Principal) {
    this.#agents = agents;
    this.#principal = principal;
  }

  /** Returns the agents that a principal may use. */
  restrictTo(principal: Principal): AgentDirectory {
    return new AgentDirectory(this.#agents, principal);
  }

  find(name: string): ServedAgent | undefined {
    return this.#isAllowed(name) ? this.#agents.get(name) : undefined;
  }

  list(): readonly ServedAgent[] {
    return [...this.#agents.values()].filter(({ agent }) => this.#isAllowed(agent.name));
  }

  /** Whether the text of an agent's turn may be withdrawn until the turn is complete. An agent that the server does not have may have a guard. */
  hasTextGuard(name: string): boolean {
    return this.#agents.get(name)?.agent.hasTextGuard ?? true;
  }

  #isAllowed(name: string): boolean {
    return this.#principal?.agents?.includes(name.replace(PLAIN, '')) ?? true;
  }
}

/** Reads the option `agents`. @throws ConfigError for a value that is not an agent, and for two agents of one name. */
export function indexAgents(
  given: readonly (Agent<unknown, unknown> | AgentWithContext)[],
  { created, plainModels }: { readonly created: number; readonly plainModels: boolean },
): ReadonlyMap<string, ServedAgent> {
  const agents = new Map<string, ServedAgent>();
  for (const each of given) {
    // `readAgentName` checks both forms.
    const name = readAgentName(each as Parameters<typeof readAgentName>[0]);
    if (agents.has(name)) {
      throw new ConfigError(`serve(): two agents are named "${name}". Pass agents with different names.`);
    }
    const entry: { readonly agent: unknown; readonly context?: AgentWithContext['context'] } =
      'agent' in each ? each : { agent: each };
    // `context` makes the context that the agent needs. The type of a list cannot say so.
    const agent = entry.agent as RunnableAgent;
    const { limits = {} } = getAgentOptions<Pick<AgentOptions<never, unknown>, 'limits'>>(agent);
    agents.set(name, { agent, createContext: entry.context, limits, created });
    if (plainModels) {
      const plain = createPlainAgent(agent);
      agents.set(plain.name, { agent: plain, createContext: undefined, limits, created });
    }
  }
  return agents;
}

const PLAIN = /\/plain$/;

/** Makes an agent of the model alone, which user interfaces ask for titles and tags. */
function createPlainAgent(agent: RunnableAgent): RunnableAgent {
  const bare = {
    name: `${agent.name}/plain`,
    instructions: undefined,
    output: undefined,
    tools: [],
    handoffs: [],
    middleware: [],
    stopWhen: undefined,
    toolChoice: undefined,
  };
  // `undefined` removes an option, which the types of `with` do not say.
  return agent.with(bare as unknown as { readonly name: string }) as unknown as RunnableAgent;
}
