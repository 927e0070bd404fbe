import { ConfigError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { pluralize, sliceWhole } from '../base/text.ts';
import { stringifyWellFormed } from '../base/well-formed.ts';
import { getMessageText, type Message, type ToolMessage } from '../chat/message.ts';
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
  /** A result with more characters is replaced by a reference. @defaultValue 4_000 */
  readonly minLength?: number;
  /** The name of the tool that reads a result again. @defaultValue 'read_result' */
  readonly toolName?: string;
}

/** A middleware and its tool. */
export interface ReferenceCompaction<in Context = unknown> extends Middleware<Context> {
  /** Add these to the agent's `tools`. */
  readonly tools: readonly Tool<unknown>[];
}

/**
 * Replaces large results in the older part of a conversation by references when the next prompt would exceed a share of the model's
 * context window. The model can read a result again, page by page, with a tool. It cannot read results of earlier runs.
 *
 * `const references = compactByReference({ contextWindow: 128_000 })`, then `tools: [...references.tools]` and `middleware: [references]`.
 * Each compaction is a durable step and appears in the `edits` of a `turn.prepared` event. It needs no model request.
 *
 * @throws ConfigError if a number is invalid or the tool name cannot be sent.
 */
export function compactByReference(compaction: ReferenceCompactionOptions): ReferenceCompaction {
  const options = checkOptions(compaction, REFERENCE_COMPACTION, 'compactByReference');
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
    async wrapToolCall(call, next, { replacedMessages }) {
      if (call.tool.name !== toolName) return next(call);
      return { content: readPart(replacedMessages, call.input as ReadResultInput) }; // The tool's schema checked the input.
    },
  };
}

const REFERENCE_COMPACTION: OptionTable<ReferenceCompactionOptions> = {
  keys: { ...COMPACTION_KEYS, minLength: 'number', toolName: 'any' },
  hints: { ...COMPACTION_HINTS, over: 'The option is "minLength".', name: 'The option is "toolName".' },
};

/** The number of characters of a result that its reference shows. */
const PREVIEW_LENGTH = 200;

/** The number of characters that one call reads. */
const PAGE_LENGTH = 8_000;

/** Replaces a long result by a reference, if the reference is shorter. */
function shortenResult(
  message: ToolMessage,
  { minLength, toolName }: Required<Pick<ReferenceCompactionOptions, 'minLength' | 'toolName'>>,
): ToolMessage {
  const { length } = getMessageText(message);
  if (length <= minLength) return message;
  const reference = makeReference(message, toolName);
  return getMessageText(reference).length < length ? reference : message;
}

function makeReference(message: ToolMessage, name: string): ToolMessage {
  const text = getMessageText(message);
  const call = `${name}({"id":${stringifyWellFormed(message.tool_call_id)},"from":0})`;
  return {
    ...message,
    content: `${sliceWhole(text, 0, PREVIEW_LENGTH)} … [${pluralize(text.length, 'character')} in all. Read them with ${call}]`,
  };
}

interface ReadResultInput {
  readonly id: string;
  readonly from?: number;
}

function readPart(messages: readonly Message[], { id, from = 0 }: ReadResultInput): string {
  const result = messages.find((message) => message.role === 'tool' && message.tool_call_id === id);
  if (result === undefined) throw new ToolError(`There is no result "${id}". Repeat the original call.`);
  const text = getMessageText(result);
  if (from > 0 && from >= text.length) {
    throw new ToolError(`The result "${id}" has ${pluralize(text.length, 'character')}. Use a smaller "from".`);
  }
  const part = sliceWhole(text, from, from + PAGE_LENGTH);
  const next = from + part.length;
  const rest = text.length - next;
  return rest <= 0 ? part : `${part}\n[${pluralize(rest, 'character')} left. Continue with "from": ${next}]`;
}

function makeReadTool(name: string): Tool<unknown> {
  return tool<ReadResultInput, unknown>({
    name,
    description: 'Reads an earlier result in full. The conversation shows only its beginning.',
    input: READ_RESULT_INPUT as never, // The overloads of `tool` each accept one kind of schema; this may be either.
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
      id: { type: 'string', description: 'The id in the reference.' },
      from: { type: 'integer', minimum: 0, description: 'The index of the first character to read, from 0.' },
    },
    required: ['id'],
    additionalProperties: false,
  },
  {
    validate: (value) => {
      const { id, from = 0 } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
      if (typeof id !== 'string') return { issues: [{ path: ['id'], message: 'expected string' }] };
      if (Number.isInteger(from) && (from as number) >= 0) return { value };
      return { issues: [{ path: ['from'], message: 'expected integer of 0 or more' }] };
    },
  },
);
