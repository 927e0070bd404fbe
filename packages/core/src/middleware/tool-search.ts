import { ConfigError } from '../base/errors.ts';
import { isRecord, parseJson } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { pluralize, shorten } from '../base/text.ts';
import { callName, getMessageText, type Message } from '../chat/message.ts';
import { listChosenNames } from '../chat/request.ts';
import type { Middleware, TurnPlan } from '../perform/middleware.ts';
import { jsonSchema } from '../schema/plain.ts';
import type { NeededContext } from '../tool/needed-context.ts';
import { checkName, checkTools, type Tool, tool } from '../tool/tool.ts';
import { toolIndex } from './tool-index.ts';

export interface ToolSearchOptions {
  /** Up to so many tools are all sent, and there is nothing to search. @defaultValue 20 */
  readonly threshold?: number;
  /** Names of tools that are sent from the first turn on. @defaultValue none */
  readonly always?: readonly string[];
  /** The most tools that one search reveals. @defaultValue 5 */
  readonly maxResults?: number;
  /** What the model calls. @defaultValue 'search_tools' */
  readonly name?: string;
}

/** Middleware, and the tools that it works with: the agent has to have both. */
export interface ToolSearch<Context = unknown> extends Middleware {
  readonly tools: readonly Tool<Context>[];
}

/**
 * Lets a model find its tools by words, in place of being sent all of them: `new Agent({ tools: search.tools, middleware: [search] })`.
 *
 * Sent are the agent's other tools, then those of `always`, the search, and what was found or called so far in the conversation, in
 * that order: the list only grows at its end, so that a server's prompt cache stays. Wrap tools before they come here, and
 * put middleware that leaves out messages, or counts tokens, after this.
 *
 * @throws ConfigError for tools and numbers that can't be.
 */
export function toolSearch<T extends Tool<never>>(
  tools: readonly T[],
  options: ToolSearchOptions = {},
): ToolSearch<NeededContext<T>> {
  const {
    threshold = 20,
    always = [],
    maxResults = 5,
    name = 'search_tools',
  } = checkOptions(options, TOOL_SEARCH, 'toolSearch');
  checkTools(tools, 'toolSearch');
  checkName(name);
  const names = new Set(tools.map((each) => each.name));
  check({ threshold, always, maxResults, name }, names);
  const own = tools as unknown as readonly Tool<NeededContext<T>>[]; // What is handed to all of them is what each of them needs.
  if (tools.length <= threshold) return { tools: own };
  return {
    tools: [...own, searchTool(tools, { name, maxResults })],
    prepareTurn: (turn, { replacedMessages }) => ({
      ...turn,
      tools: sent(turn, { name, names, always, earlier: replacedMessages }),
    }),
  };
}

const TOOL_SEARCH: OptionTable<ToolSearchOptions> = {
  keys: { threshold: 'number', always: 'list', maxResults: 'number', name: 'any' },
  hints: {
    above: 'The option is "threshold".',
    most: 'The option is "maxResults".',
    limit: 'The option is "maxResults".',
    toolName: 'The option is "name".',
  },
};

function check({ threshold, always, maxResults, name }: Required<ToolSearchOptions>, names: ReadonlySet<string>): void {
  for (const [field, value, least] of [['threshold', threshold, 0] as const, ['maxResults', maxResults, 1] as const]) {
    if (Number.isInteger(value) && value >= least) continue;
    throw new ConfigError(`toolSearch: ${field} is ${value}. Pass a whole number of ${least} or more.`);
  }
  if (names.has(name)) {
    throw new ConfigError(`toolSearch: a tool is named "${name}", as the search is. Pass another name for the search.`);
  }
  const stranger = always.find((each) => !names.has(each));
  if (stranger === undefined) return;
  throw new ConfigError(
    `toolSearch: there is no tool "${stranger}", which always names. The tools are: ${[...names].join(', ') || 'none'}.`,
  );
}

const QUERY = jsonSchema<{ readonly query: string }>(
  {
    type: 'object',
    properties: { query: { type: 'string', description: 'What the tool should do, in a few words, or its name.' } },
    required: ['query'],
    additionalProperties: false,
  },
  {
    validate(value) {
      if (!isRecord(value) || typeof value['query'] !== 'string') {
        return { issues: [{ path: ['query'], message: 'expected string' }] };
      }
      return { value: { query: value['query'] } };
    },
  },
);

function searchTool(
  tools: readonly Tool<never>[],
  { name, maxResults: most }: Required<Pick<ToolSearchOptions, 'name' | 'maxResults'>>,
): Tool<unknown> {
  const index = toolIndex(tools);
  const descriptions = new Map(tools.map((each) => [each.name, each.description]));
  return tool({
    name,
    description: `Finds tools: there are ${tools.length}, and most of them are not shown. What this finds can be called from your next reply on.`,
    input: QUERY,
    effect: 'read',
    maxResultLength: Number.POSITIVE_INFINITY, // A result that was cut could not be read back.
    execute: ({ query }) => answer(query, index.best(query, most), descriptions),
  });
}

/** The model is shown the whole description with the tool itself. */
const SHOWN = 300;

/** How a result of the search begins, whatever other middleware writes around it. */
const BEGINNING = '{"found":[';
const END = ']}';

function answer(
  query: string,
  names: readonly string[],
  descriptions: ReadonlyMap<string, string | undefined>,
): object {
  const found = names.map((name) => {
    const description = descriptions.get(name);
    return { name, ...(description !== undefined && { description: shorten(description, SHOWN) }) };
  });
  if (found.length > 0) return { found };
  const count = pluralize(descriptions.size, 'tool');
  if (query.trim() === '')
    return { found, note: `The query is empty: say what the tool should do. There are ${count}.` };
  return { found, note: `None of the ${count} fits. Try other words.` };
}

interface Sending {
  readonly name: string;
  readonly names: ReadonlySet<string>;
  readonly always: readonly string[];
  readonly earlier: readonly Message[];
}

function sent({ tools, toolChoice, messages }: TurnPlan, { name, names, always, earlier }: Sending): TurnPlan['tools'] {
  const offered = new Map(tools.map((each) => [each.name, each]));
  if (!offered.has(name)) return unsearched(tools, { name, names });
  const others = tools.flatMap((each) => (names.has(each.name) || each.name === name ? [] : each.name));
  const chosen = listChosenNames(toolChoice);
  const revealed = revealedIn([...earlier, ...messages], name);
  return [...new Set([...others, ...always, ...chosen, name, ...revealed])].flatMap((each) => offered.get(each) ?? []);
}

/** Other middleware chose tools without the search: its word holds. Where all others are there, nobody chose. */
function unsearched(tools: TurnPlan['tools'], { name, names }: Pick<Sending, 'name' | 'names'>): TurnPlan['tools'] {
  const given = new Set(tools.map((each) => each.name));
  if (!names.isSubsetOf(given)) return tools;
  throw new ConfigError(`toolSearch: the agent has the tools, but not "${name}". Pass it tools: search.tools.`);
}

/** From the conversation alone, so that it is the same after a crash: what a search found, and what was called. */
function revealedIn(messages: readonly Message[], search: string): readonly string[] {
  const calls = messages.flatMap((message) => (message.role === 'assistant' ? (message.tool_calls ?? []) : []));
  const searches = new Set(calls.filter((call) => callName(call) === search).map(({ id }) => id));
  return messages.flatMap((message) => {
    if (message.role === 'assistant') return (message.tool_calls ?? []).map(callName);
    return message.role === 'tool' && searches.has(message.tool_call_id) ? foundIn(getMessageText(message)) : [];
  });
}

/** Up to the first end that makes it JSON: descriptions may have such ends, too. */
function foundIn(text: string): readonly string[] {
  const start = text.indexOf(BEGINNING);
  if (start < 0) return [];
  for (let end = text.indexOf(END, start); end >= 0; end = text.indexOf(END, end + 1)) {
    const json = parseJson(text.slice(start, end + END.length));
    if (json.ok) return namesOf(json.value);
  }
  return [];
}

function namesOf(result: unknown): readonly string[] {
  const found = isRecord(result) ? result['found'] : [];
  return Array.isArray(found) ? found.flatMap((each) => (isRecord(each) ? String(each['name']) : [])) : [];
}
