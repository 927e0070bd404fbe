import { ConfigError } from '../base/errors.ts';
import { checkOptions, describeValue, type OptionTable } from '../base/options.ts';
import type { Conversation } from './conversation.ts';
import type { AnyResumable, ConversationLookup, Host, ResumableWithContext, RunRecord } from './host.ts';

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
