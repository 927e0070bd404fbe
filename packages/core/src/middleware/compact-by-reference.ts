import { ConfigError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { pluralize, sliceWhole } from '../base/text.ts';
import { stringifyWellFormed } from '../base/well-formed.ts';
import { getMessageText, type Message, type ToolMessage } from '../chat/message.ts';
import type { Middleware } from '../perform/middleware.ts';
import { jsonSchema } from '../schema/plain.ts';
import { ToolError } from '../tool/errors.ts';
import { type Tool, tool } from '../tool/tool.ts';
import {
  COMPACTION_BASICS,
  COMPACTION_HINTS,
  type CompactionOptions,
  checkCompaction,
  isFull,
  olderPart,
  withSmaller,
} from './older.ts';

export interface ReferenceCompactionOptions extends CompactionOptions {
  /** Results of more characters are referred to. @defaultValue 4_000 */
  readonly minLength?: number;
  /** What the model calls to read them again. @defaultValue 'read_result' */
  readonly toolName?: string;
}

/** A middleware, and the tool that goes with it. */
export interface ReferenceCompaction<in Context = unknown> extends Middleware<Context> {
  /** For the agent's `tools`. */
  readonly tools: readonly Tool<unknown>[];
}

/**
 * Puts references in the place of large results in the older part of a conversation whenever the next prompt would pass a share of the
 * model's window. The model reads them again, part by part, with a tool; results of earlier runs of a conversation are gone.
 *
 * `const references = compactByReference({ contextWindow: 128_000 })`, then `tools: [...references.tools]` and `middleware: [references]`.
 * Each time is told by the `edits` of a `turn.prepared`, and is a durable step. Nobody has to be asked for it.
 *
 * @throws ConfigError for numbers that can't be, and a name that can't be sent.
 */
export function compactByReference(given: ReferenceCompactionOptions): ReferenceCompaction {
  const options = checkOptions(given, REFERENCE_COMPACTION, 'compactByReference');
  const { minLength = 4_000, toolName = 'read_result' } = options;
  checkCompaction('compactByReference', options);
  if (!(minLength >= SHOWN))
    throw new ConfigError(`compactByReference: minLength is ${minLength}. Pass a number of ${SHOWN} or more.`);
  return {
    tools: [readingTool(toolName)],
    prepareTurn(turn) {
      if (!isFull(turn, options)) return turn;
      const older = new Set(olderPart(turn.messages, options));
      const messages = turn.messages.map((message) =>
        older.has(message) && message.role === 'tool' ? shorter(message, { minLength, toolName }) : message,
      );
      const isSame = messages.every((message, index) => message === turn.messages[index]);
      return isSame ? turn : withSmaller(turn, messages);
    },
    async wrapToolCall(call, next, { replacedMessages: earlier }) {
      if (call.tool.name !== toolName) return next(call);
      return { content: partOf(earlier, call.input as Reading) }; // It passed the tool's schema.
    },
  };
}

const REFERENCE_COMPACTION: OptionTable<ReferenceCompactionOptions> = {
  keys: { ...COMPACTION_BASICS, minLength: 'number', toolName: 'any' },
  hints: { ...COMPACTION_HINTS, over: 'The option is "minLength".', name: 'The option is "toolName".' },
};

/** How much of a result its reference shows. */
const SHOWN = 200;

/** How much of one is read at once. */
const PAGE = 8_000;

/** The reference to a result, if the result is long enough for one; its reference may be the longer one. */
function shorter(
  message: ToolMessage,
  { minLength, toolName }: Required<Pick<ReferenceCompactionOptions, 'minLength' | 'toolName'>>,
): ToolMessage {
  const { length } = getMessageText(message);
  if (length <= minLength) return message;
  const referring = reference(message, toolName);
  return getMessageText(referring).length < length ? referring : message;
}

function reference(message: ToolMessage, name: string): ToolMessage {
  const text = getMessageText(message);
  const how = `${name}({"id":${stringifyWellFormed(message.tool_call_id)},"from":0})`;
  return {
    ...message,
    content: `${sliceWhole(text, 0, SHOWN)} … [${pluralize(text.length, 'character')} in all. Read them again with ${how}]`,
  };
}

interface Reading {
  readonly id: string;
  readonly from?: number;
}

function partOf(earlier: readonly Message[], { id, from = 0 }: Reading): string {
  const found = earlier.find((message) => message.role === 'tool' && message.tool_call_id === id);
  if (found === undefined) throw new ToolError(`There is no result "${id}" to be read again. Make the call once more.`);
  const text = getMessageText(found);
  if (from > 0 && from >= text.length) {
    throw new ToolError(`The result "${id}" has ${pluralize(text.length, 'character')}. Read it from an earlier one.`);
  }
  const part = sliceWhole(text, from, from + PAGE);
  const next = from + part.length;
  const left = text.length - next;
  return left <= 0 ? part : `${part}\n[${pluralize(left, 'character')} left. Go on with "from": ${next}]`;
}

function readingTool(name: string): Tool<unknown> {
  return tool<Reading, unknown>({
    name,
    description: 'Reads an earlier result again, of which only the beginning is left in the conversation.',
    input: READING as never, // Either kind of schema: `tool` asks which.
    effect: 'read',
    execute: () => {
      throw new ConfigError(`Tool "${name}" needs its middleware. Pass middleware: [references] as well.`);
    },
  });
}

const READING = jsonSchema<unknown>(
  {
    type: 'object',
    properties: {
      id: { type: 'string', description: 'As the reference says.' },
      from: { type: 'integer', minimum: 0, description: 'The first character, counted from 0.' },
    },
    required: ['id'],
    additionalProperties: false,
  },
  {
    validate: (value) => {
      const { id, from = 0 } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
      if (typeof id !== 'string') return { issues: [{ path: ['id'], message: 'expected string' }] };
      if (Number.isInteger(from) && (from as number) >= 0) return { value };
      return { issues: [{ path: ['from'], message: 'expected a whole number of 0 or more' }] };
    },
  },
);
