import { ConfigError } from '../base/errors.ts';
import { checkOptions, describeValue, type OptionTable } from '../base/options.ts';
import type { Conversation } from './conversation.ts';
import type {
  AnyResumable,
  ConversationLookup,
  Host,
  ResumableAgent,
  ResumableByRecord,
  ResumableWithContext,
  RunRecord,
} from './host.ts';

/** Returns the agent's name, by which its runs are found. @throws ConfigError for a value that is not an agent, and for unknown options. */
export function readAgentName(each: AnyResumable<unknown>): string {
  if (typeof each === 'object' && each !== null && 'choose' in each) checkChoice(each);
  else checkResumable(each);
  return 'agent' in each ? each.agent.name : each.name;
}

/** Returns the agent that continues a run; `undefined` if none does. @throws ConfigError if `choose` returned another value */
export function chooseResumable<Resumed>(
  each: AnyResumable<Resumed>,
  record: RunRecord,
): ResumableAgent<Resumed> | undefined {
  if (!('choose' in each)) return each;
  const chosen = each.choose(record);
  if (chosen !== undefined) checkResumable(chosen);
  return chosen;
}

const CHOICE: OptionTable<ResumableByRecord<unknown>> = { keys: { name: 'text', choose: 'function' } };

function checkChoice(each: ResumableByRecord<unknown>): void {
  const { name } = checkOptions(each, CHOICE, 'Agents, by record');
  if (typeof name === 'string') return;
  throw new ConfigError(
    `Agents, by record: name is ${describeValue(name)}. Pass the name of the agent in the records: { name, choose }.`,
  );
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
  each: ResumableAgent<Resumed>,
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

/**
 * Returns the options of an agent, which may be of another copy of this package: only `with` passes them on. It makes an agent each time: read the
 * options once for each agent.
 */
export function getAgentOptions<Options extends object>(agent: { with(changes: never): unknown }): Options {
  const found: Options[] = [];
  const read = (options: Options): object => {
    found.push(options);
    return {};
  };
  agent.with(read as never); // The types of `with` differ by agent; each passes the options to a function.
  const [options] = found;
  if (options !== undefined) return options;
  throw new ConfigError(`${describeValue(agent)} is not an agent: its method "with" passes no options to a function.`);
}
