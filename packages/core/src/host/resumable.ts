import { ConfigError } from '../base/errors.ts';
import { checkOptions, describeValue, type OptionTable } from '../base/options.ts';
import type { Conversation } from './conversation.ts';
import type { Host, RunRecord } from './host.ts';

/** An agent that a host can resume runs with. */
export interface Resumable<Resumed> {
  readonly name: string;
  /** A property, not a method: so the compiler refuses an agent that needs a context. Pass that one as `{ agent, context }`. */
  readonly resume: (runId: string, options: { readonly host: Host; readonly conversation?: Conversation }) => Resumed;
}

/** An agent that needs a context, with a function that makes the context of each resumed run. */
export interface ResumableWithContext<Resumed> {
  readonly agent: {
    readonly name: string;
    resume(
      runId: string,
      options: { readonly host: Host; readonly context: unknown; readonly conversation?: Conversation },
    ): Resumed;
  };
  /** Returns the context that `agent.run` would get. The record has the run's `metadata`. */
  readonly context: (record: RunRecord) => unknown;
  /** For runs that are part of a conversation. */
  readonly conversation?: ConversationLookup;
}

/** An agent without a context whose runs are part of conversations. */
export interface ResumableWithConversation<Resumed> {
  readonly agent: Resumable<Resumed>;
  readonly conversation: ConversationLookup;
}

/** Returns the conversation of a run. Called only for runs that are part of one; its id is `record.conversation.id`. */
export type ConversationLookup = (record: RunRecord & Required<Pick<RunRecord, 'conversation'>>) => Conversation;

/** What a host that resumes runs by itself accepts: an agent, or an agent with what its runs need. */
export type AnyResumable<Resumed> =
  | Resumable<Resumed>
  | ResumableWithContext<Resumed>
  | ResumableWithConversation<Resumed>;

/** Returns the agent's name, by which its runs are found. @throws ConfigError for a value that is not an agent, and for unknown options. */
export function readAgentName(each: AnyResumable<unknown>): string {
  checkResumable(each);
  return 'agent' in each ? each.agent.name : each.name;
}

type ResumableEntry = Pick<ResumableWithContext<unknown>, 'agent' | 'context' | 'conversation'>;

const RESUMABLE: OptionTable<ResumableEntry> = {
  keys: { agent: 'object', context: 'function', conversation: 'function' },
  hints: { deps: 'The option is "context", a function of the run\'s record.' },
};

function checkResumable(each: unknown): void {
  const isObject = typeof each === 'object' && each !== null;
  const agent: unknown = isObject && 'agent' in each ? each.agent : each;
  const isAgent = typeof agent === 'object' && agent !== null && 'name' in agent && 'resume' in agent;
  if (!isAgent || typeof agent.name !== 'string' || typeof agent.resume !== 'function') {
    throw new ConfigError(`${describeValue(each)} is not an agent. Pass agents, or { agent, context, conversation }.`);
  }
  if (agent !== each) checkOptions(each, RESUMABLE, `Agent "${agent.name}", for its runs`);
}

/** Resumes a run with its host, and with the context and the conversation that it needs. */
export function resumeWith<Resumed>(
  each: AnyResumable<Resumed>,
  { record, host }: { readonly record: RunRecord; readonly host: Host },
): Resumed {
  const { runId } = record;
  if (!('agent' in each)) return each.resume(runId, { host });
  const options = { host, ...resolveConversation(each.conversation, record) };
  if ('context' in each) return each.agent.resume(runId, { ...options, context: each.context(record) });
  return each.agent.resume(runId, options);
}

function resolveConversation(
  lookup: ConversationLookup | undefined,
  { conversation: recorded, ...record }: RunRecord,
): { readonly conversation?: Conversation } {
  if (lookup === undefined || recorded === undefined) return {};
  return { conversation: lookup({ ...record, conversation: recorded }) };
}
