import { ConfigError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { plural, sliceWhole } from '../base/text.ts';
import { stringifyWellFormed } from '../base/well-formed.ts';
import { type Message, type ToolMessage, textOf } from '../chat/message.ts';
import type { Middleware } from '../perform/middleware.ts';
import { jsonSchema } from '../schema/plain-json-schema.ts';
import { ToolError } from '../tool/errors.ts';
import { type Tool, tool } from '../tool/tool.ts';
import {
  COMPACTION_HINTS,
  COMPACTION_KEYS,
  type CompactionOptions,
  checkCompactionOptions,
  isOverThreshold,
  listOlderMessages,
  withCompactedMessages,
} from './compaction.ts';

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
  checkCompactionOptions('compactByReference', options);
  if (!(minLength >= PREVIEW_LENGTH))
    throw new ConfigError(`compactByReference: minLength is ${minLength}. Pass a number of ${PREVIEW_LENGTH} or more.`);
  return {
    tools: [makeReadTool(toolName)],
    prepareTurn(turn) {
      if (!isOverThreshold(turn, options)) return turn;
      const older = new Set(listOlderMessages(turn.messages, options));
      const messages = turn.messages.map((message) =>
        older.has(message) && message.role === 'tool' ? shortenResult(message, { minLength, toolName }) : message,
      );
      const isSame = messages.every((message, index) => message === turn.messages[index]);
      return isSame ? turn : withCompactedMessages(turn, messages);
    },
    async wrapToolCall(call, next, { replacedMessages: earlier }) {
      if (call.tool.name !== toolName) return next(call);
      return { content: readPart(earlier, call.input as ReadResultInput) }; // It passed the tool's schema.
    },
  };
}

const REFERENCE_COMPACTION: OptionTable<ReferenceCompactionOptions> = {
  keys: { ...COMPACTION_KEYS, minLength: 'number', toolName: 'any' },
  hints: { ...COMPACTION_HINTS, over: 'The option is "minLength".', name: 'The option is "toolName".' },
};

/** How much of a result its reference shows. */
const PREVIEW_LENGTH = 200;

/** How much of one is read at once. */
const PAGE_LENGTH = 8_000;

/** The reference to a result, if the result is long enough for one; its reference may be the longer one. */
function shortenResult(
  message: ToolMessage,
  { minLength, toolName }: Required<Pick<ReferenceCompactionOptions, 'minLength' | 'toolName'>>,
): ToolMessage {
  const { length } = textOf(message);
  if (length <= minLength) return message;
  const referring = makeReference(message, toolName);
  return textOf(referring).length < length ? referring : message;
}

function makeReference(message: ToolMessage, name: string): ToolMessage {
  const text = textOf(message);
  const how = `${name}({"id":${stringifyWellFormed(message.tool_call_id)},"from":0})`;
  return {
    ...message,
    content: `${sliceWhole(text, 0, PREVIEW_LENGTH)} … [${plural(text.length, 'character')} in all. Read them again with ${how}]`,
  };
}

interface ReadResultInput {
  readonly id: string;
  readonly from?: number;
}

function readPart(earlier: readonly Message[], { id, from = 0 }: ReadResultInput): string {
  const found = earlier.find((message) => message.role === 'tool' && message.tool_call_id === id);
  if (found === undefined) throw new ToolError(`There is no result "${id}" to be read again. Make the call once more.`);
  const text = textOf(found);
  if (from > 0 && from >= text.length) {
    throw new ToolError(`The result "${id}" has ${plural(text.length, 'character')}. Read it from an earlier one.`);
  }
  const part = sliceWhole(text, from, from + PAGE_LENGTH);
  const next = from + part.length;
  const left = text.length - next;
  return left <= 0 ? part : `${part}\n[${plural(left, 'character')} left. Go on with "from": ${next}]`;
}

function makeReadTool(name: string): Tool<unknown> {
  return tool<ReadResultInput, unknown>({
    name,
    description: 'Reads an earlier result again, of which only the beginning is left in the conversation.',
    input: READ_RESULT_INPUT as never, // Either kind of schema: `tool` asks which.
    effect: 'read',
    execute: () => {
      throw new ConfigError(`Tool "${name}" needs its middleware. Pass middleware: [references] as well.`);
    },
  });
}

const READ_RESULT_INPUT = jsonSchema<unknown>(
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
