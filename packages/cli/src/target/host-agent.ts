import type { Conversation, Host, Run, RunEvent, RunOptions } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import type { ConversationStore, RunRecord } from '@pawl/core/host';
import type { WireLog } from '@pawl/core/wire-log';
import { createUsageError } from '../errors.ts';
import { type ContextSource, type LoadedAgent, readAgentOptions } from '../load-agent.ts';
import type { ShownOutcome } from '../run-row.ts';
import type { AgentTarget, StartOptions, WatchedRun } from './agent-target.ts';
import type { HostTarget } from './host-target.ts';

export interface HostAgentOptions {
  readonly runs: HostTarget;
  readonly conversations: ConversationStore;
  readonly isDurable: boolean;
  /** Gets the bytes of the model requests of every run. */
  readonly wireLog?: WireLog;
}

/** An agent of a file, on a host of this process. */
export class HostAgent implements AgentTarget {
  readonly name: string;
  readonly spelling: string;
  readonly hasTextGuard: boolean;
  readonly runs: HostTarget;
  readonly isDurable: boolean;
  readonly #loaded: LoadedAgent;
  readonly #conversations: ConversationStore;
  readonly #wireLog: WireLog | undefined;

  constructor(loaded: LoadedAgent, { runs, conversations, isDurable, wireLog }: HostAgentOptions) {
    this.#loaded = loaded;
    this.name = loaded.agent.name;
    this.spelling = loaded.spelling;
    this.hasTextGuard = loaded.agent.hasTextGuard ?? false;
    this.runs = runs;
    this.isDurable = isDurable;
    this.#conversations = conversations;
    this.#wireLog = wireLog;
  }

  async checkInput(toolName: string, input: unknown): Promise<string | undefined> {
    const tool = readAgentOptions(this.#loaded.agent)?.tools?.find(({ name }) => name === toolName);
    const result = await tool?.validate(input);
    return result === undefined || result.ok ? undefined : result.issues;
  }

  start(input: string, { runId, limits, conversation }: StartOptions): WatchedRun {
    return new LazyRun(this, async () => {
      const options: RunOptions = {
        ...(await this.#createContext()),
        host: this.#host,
        wireLog: this.#wireLog,
        limits,
        ...(runId !== undefined && { runId, onExistingRun: 'attach' }),
        ...(conversation !== undefined && { conversation: await this.#openConversation(conversation) }),
      };
      return () => this.#loaded.agent.run(input, options);
    });
  }

  resume(runId: string): WatchedRun {
    return new LazyRun(this, async () => {
      const { record } = await this.#host.getRun(runId, { after: Number.MAX_SAFE_INTEGER });
      const id = record.conversation?.id;
      const options = {
        ...(await this.#createContext(record)),
        host: this.#host,
        wireLog: this.#wireLog,
        ...(id !== undefined && { conversation: await this.#openConversation(id) }),
      };
      return () => this.#loaded.agent.resume(runId, options);
    });
  }

  async sendToConversation(
    message: string,
    { conversation, limits, runId }: StartOptions & { readonly conversation: string },
  ): Promise<WatchedRun> {
    const { agent } = this.#loaded;
    const { continueConversation } = agent;
    if (continueConversation === undefined)
      throw createUsageError(`"${agent.name}" is a flow, which has no conversations.`);
    return new LazyRun(this, async () => {
      const options = {
        ...(await this.#createContext()),
        host: this.#host,
        wireLog: this.#wireLog,
        limits,
        ...(runId !== undefined && { runId }),
        conversation: await this.#openConversation(conversation),
      };
      return () => continueConversation.call(agent, message, options);
    });
  }

  async readConversation(id: string): Promise<readonly Message[]> {
    return (await this.#openConversation(id)).getMessages();
  }

  async findNewestConversation(): Promise<string | undefined> {
    for (let after: number | undefined; ; ) {
      const page = await this.#host.listRuns({
        agent: this.name,
        order: 'desc',
        limit: PAGE,
        ...(after !== undefined && { after }),
      });
      for (const { runId } of page) {
        const { record } = await this.#host.getRun(runId, { after: Number.MAX_SAFE_INTEGER });
        if (record.conversation !== undefined) return record.conversation.id;
      }
      if (page.length < PAGE) return undefined;
      after = page.at(-1)?.position;
    }
  }

  async createConversation(id: string, messages: readonly Message[]): Promise<void> {
    await (await this.#openConversation(id)).append(messages);
  }

  async findOpenRun(conversation: string): Promise<string | undefined> {
    const newest = await this.#host.listRuns({ conversation, order: 'desc', limit: 10 });
    return newest.find(({ status }) => OPEN.has(status))?.runId;
  }

  get #host(): Host {
    return this.runs.host;
  }

  async #createContext(record?: RunRecord): Promise<{ readonly context?: unknown }> {
    const { createContext } = this.#loaded;
    if (createContext === undefined) return {};
    return { context: await createContext({ principal: OPERATOR, ...(record !== undefined && { record }) }) };
  }

  async #openConversation(id: string): Promise<Conversation> {
    const { conversation } = await import('@pawl/core');
    return conversation({ id, store: this.#conversations });
  }
}

const PAGE = 50;
/** How long a step may take to end after Ctrl-C. */
const GRACE_MS = 2_000;
const OPEN: ReadonlySet<string> = new Set(['queued', 'running', 'suspended', 'interrupted']);
/** As without `authorize` in `@pawl/serve`: who works in this terminal may do everything. */
const OPERATOR: ContextSource['principal'] = { id: 'local', isOperator: true };

/** A run that begins when what it needs is there. */
class LazyRun implements WatchedRun {
  readonly #agent: HostAgent;
  readonly #run: Promise<{ readonly run: Run<unknown> }>;
  #known: Run<unknown> | undefined;

  /** @param prepare - resolves a function, not a run: a run is a thenable, which would be awaited */
  constructor(agent: HostAgent, prepare: () => Promise<() => Run<unknown>>) {
    this.#agent = agent;
    this.#run = prepare().then((begin) => {
      this.#known = begin();
      return { run: this.#known };
    });
    this.#run.catch(() => undefined); // `outcome` and the iterator reject with it.
  }

  get runId(): string {
    return this.#known?.runId ?? '';
  }

  async outcome(): Promise<ShownOutcome> {
    return (await this.#run).run.outcome();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RunEvent, void> {
    yield* (await this.#run).run;
  }

  async detach(): Promise<void> {
    if (this.#agent.isDurable) await this.#agent.runs.close(GRACE_MS);
    else await this.abort();
  }

  async abort(): Promise<void> {
    (await this.#run).run.abort('The user interrupted the run.');
  }

  async steer(message: string): Promise<boolean> {
    return (await this.#run).run.steer(message);
  }
}
