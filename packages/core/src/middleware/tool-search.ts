import { ConfigError } from '../base/errors.ts';
import { isRecord, parseJson } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { pluralize, shorten } from '../base/text.ts';
import { getCallName, getMessageText, type Message } from '../chat/message.ts';
import { listChosenNames } from '../chat/request.ts';
import type { Middleware, TurnPlan } from '../perform/middleware.ts';
import { jsonSchema } from '../schema/plain-json-schema.ts';
import type { NeededContext } from '../tool/needed-context.ts';
import { checkToolName, checkTools, type Tool, tool } from '../tool/tool.ts';
import { buildToolIndex } from './tool-index.ts';

export interface ToolSearchOptions {
  /** Up to this number of tools, all are sent and there is no search. @defaultValue 20 */
  readonly threshold?: number;
  /** The names of tools that are sent in every turn. @defaultValue none */
  readonly always?: readonly string[];
  /** The maximum number of tools that one search reveals. @defaultValue 5 */
  readonly maxResults?: number;
  /** The name of the search tool. @defaultValue 'search_tools' */
  readonly name?: string;
}

/** A middleware and its tools. The agent needs both. */
export interface ToolSearch<Context = unknown> extends Middleware {
  readonly tools: readonly Tool<Context>[];
}

/**
 * Lets a model search for tools by words instead of sending all of them: `new Agent({ tools: search.tools, middleware: [search] })`.
 *
 * Each turn sends, in this order: the agent's other tools, the tools of `always`, the search tool, and the tools that were found or
 * called so far in the conversation. The list only grows at its end, so the server's prompt cache stays valid. Wrap tools before you
 * pass them here, and put middleware that removes messages or counts tokens after this.
 *
 * @throws ConfigError if a tool, a name or a number is invalid.
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
  checkToolName(name);
  const names = new Set(tools.map((each) => each.name));
  checkSearchOptions({ threshold, always, maxResults, name }, names);
  const own = tools as unknown as readonly Tool<NeededContext<T>>[]; // The context of all tools satisfies each of them.
  if (tools.length <= threshold) return { tools: own };
  return {
    tools: [...own, makeSearchTool(tools, { name, maxResults })],
    prepareTurn: (turn, { replacedMessages }) => ({
      ...turn,
      tools: selectTurnTools(turn, { name, names, always, replacedMessages }),
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

function checkSearchOptions(
  { threshold, always, maxResults, name }: Required<ToolSearchOptions>,
  names: ReadonlySet<string>,
): void {
  for (const [field, value, min] of [['threshold', threshold, 0] as const, ['maxResults', maxResults, 1] as const]) {
    if (Number.isInteger(value) && value >= min) continue;
    throw new ConfigError(`toolSearch: ${field} is ${value}. Pass a whole number of ${min} or more.`);
  }
  if (names.has(name)) {
    throw new ConfigError(`toolSearch: a tool has the name "${name}" of the search. Pass another name for the search.`);
  }
  const unknown = always.find((each) => !names.has(each));
  if (unknown === undefined) return;
  throw new ConfigError(
    `toolSearch: always has "${unknown}", which is not a tool. The tools are: ${[...names].join(', ') || 'none'}.`,
  );
}

const QUERY = jsonSchema<{ readonly query: string }>(
  {
    type: 'object',
    properties: { query: { type: 'string', description: 'What the tool must do, in a few words, or its name.' } },
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

function makeSearchTool(
  tools: readonly Tool<never>[],
  { name, maxResults }: Required<Pick<ToolSearchOptions, 'name' | 'maxResults'>>,
): Tool<unknown> {
  const index = buildToolIndex(tools);
  const descriptions = new Map(tools.map((each) => [each.name, each.description]));
  return tool({
    name,
    description: `Searches ${tools.length} tools, of which most are not shown. You can call a tool that this finds in your next response.`,
    input: QUERY,
    effect: 'read',
    maxResultLength: Number.POSITIVE_INFINITY, // listRevealedTools cannot parse a truncated result.
    execute: ({ query }) => makeSearchResult(query, index.search(query, maxResults), descriptions),
  });
}

/** The length of descriptions in search results. The tool itself has the whole description. */
const DESCRIPTION_LENGTH = 300;

/** The start of a search result. Other middleware may write text before and after it. */
const RESULT_START = '{"found":[';
const RESULT_END = ']}';

function makeSearchResult(
  query: string,
  names: readonly string[],
  descriptions: ReadonlyMap<string, string | undefined>,
): object {
  const found = names.map((name) => {
    const description = descriptions.get(name);
    return { name, ...(description !== undefined && { description: shorten(description, DESCRIPTION_LENGTH) }) };
  });
  if (found.length > 0) return { found };
  const count = pluralize(descriptions.size, 'tool');
  if (query.trim() === '')
    return { found, note: `The query is empty. Describe what the tool must do. There are ${count}.` };
  return { found, note: `None of the ${count} matches. Try other words.` };
}

interface ToolSelection {
  readonly name: string;
  readonly names: ReadonlySet<string>;
  readonly always: readonly string[];
  readonly replacedMessages: readonly Message[];
}

function selectTurnTools(
  { tools, toolChoice, messages }: TurnPlan,
  { name, names, always, replacedMessages }: ToolSelection,
): TurnPlan['tools'] {
  const toolsByName = new Map(tools.map((each) => [each.name, each]));
  if (!toolsByName.has(name)) return keepChosenTools(tools, { name, names });
  const others = tools.flatMap((each) => (names.has(each.name) || each.name === name ? [] : each.name));
  const chosen = listChosenNames(toolChoice);
  const revealed = listRevealedTools([...replacedMessages, ...messages], name);
  return [...new Set([...others, ...always, ...chosen, name, ...revealed])].flatMap(
    (each) => toolsByName.get(each) ?? [],
  );
}

/** Keeps a selection of other middleware that excludes the search tool. If all searched tools are present, the agent lacks the search tool. */
function keepChosenTools(
  tools: TurnPlan['tools'],
  { name, names }: Pick<ToolSelection, 'name' | 'names'>,
): TurnPlan['tools'] {
  const present = new Set(tools.map((each) => each.name));
  if (!names.isSubsetOf(present)) return tools;
  throw new ConfigError(`toolSearch: the agent has no tool "${name}". Pass tools: search.tools.`);
}

/** Lists the tools that were found or called. It reads only the conversation, so the list is the same after a crash. */
function listRevealedTools(messages: readonly Message[], search: string): readonly string[] {
  const calls = messages.flatMap((message) => (message.role === 'assistant' ? (message.tool_calls ?? []) : []));
  const searches = new Set(calls.filter((call) => getCallName(call) === search).map(({ id }) => id));
  return messages.flatMap((message) => {
    if (message.role === 'assistant') return (message.tool_calls ?? []).map(getCallName);
    return message.role === 'tool' && searches.has(message.tool_call_id) ? readFoundNames(getMessageText(message)) : [];
  });
}

/** Parses a search result up to the first end that makes it valid JSON: a description may contain the end as well. */
function readFoundNames(text: string): readonly string[] {
  const start = text.indexOf(RESULT_START);
  if (start < 0) return [];
  for (let end = text.indexOf(RESULT_END, start); end >= 0; end = text.indexOf(RESULT_END, end + 1)) {
    const json = parseJson(text.slice(start, end + RESULT_END.length));
    if (json.ok) return listNames(json.value);
  }
  return [];
}

function listNames(result: unknown): readonly string[] {
  const found = isRecord(result) ? result['found'] : [];
  return Array.isArray(found) ? found.flatMap((each) => (isRecord(each) ? String(each['name']) : [])) : [];
}
