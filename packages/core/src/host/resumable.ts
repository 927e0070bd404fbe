import { ConfigError } from '../base/errors.ts';
import { checkOptions, describeValue, type OptionTable } from '../base/options.ts';
import type { Conversation } from './conversation.ts';
import type { Host, RunRecord } from './host.ts';

/** An agent, as far as a host has to know it. */
export interface Resumable<Resumed> {
  readonly name: string;
  /** No method, so that an agent that needs a context is refused here: pass it as `{ agent, context }`. */
  readonly resume: (runId: string, options: { readonly host: Host; readonly conversation?: Conversation }) => Resumed;
}

/** An agent that needs a context, and where that comes from for each run that is resumed. */
export interface ResumableWithContext<Resumed> {
  readonly agent: {
    readonly name: string;
    resume(
      runId: string,
      options: { readonly host: Host; readonly context: unknown; readonly conversation?: Conversation },
    ): Resumed;
  };
  /** Gives what `agent.run` was given; the record has the run's `metadata`. */
  readonly context: (record: RunRecord) => unknown;
  /** As below. */
  readonly conversation?: ConversationLookup;
}

/** An agent whose runs are part of conversations, and needs no context. */
export interface ResumableWithConversation<Resumed> {
  readonly agent: Resumable<Resumed>;
  readonly conversation: ConversationLookup;
}

/** Gives what `agent.run` was given. Asked for runs that are part of a conversation: its id is `record.conversation.id`. */
export type ConversationLookup = (record: RunRecord & Required<Pick<RunRecord, 'conversation'>>) => Conversation;

/** What a host that resumes runs by itself takes. */
export type AnyResumable<Resumed> =
  | Resumable<Resumed>
  | ResumableWithContext<Resumed>
  | ResumableWithConversation<Resumed>;

/** The name of the agent, by which its runs are known. @throws ConfigError for what is no agent, and unknown options beside one. */
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
    throw new ConfigError(
      `${describeValue(each)} is no agent to be resumed. Pass agents, or { agent, context, conversation }.`,
    );
  }
  if (agent !== each) checkOptions(each, RESUMABLE, `Agent "${agent.name}", for its runs`);
}

/** Resumes a run with what it was begun with. */
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
  ask: ConversationLookup | undefined,
  { conversation: recorded, ...record }: RunRecord,
): { readonly conversation?: Conversation } {
  if (ask === undefined || recorded === undefined) return {};
  return { conversation: ask({ ...record, conversation: recorded }) };
}
