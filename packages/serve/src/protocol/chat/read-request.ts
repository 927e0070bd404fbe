import type { JsonObject } from '@pawl/core';
import type { ChatSettings, Message, ToolObject } from '@pawl/core/chat';
import { isRecord } from '@pawl/core/model';
import { createInvalidError, createUnsupportedError } from '../problem.ts';
import { readAddressed } from '../read-addressed.ts';
import { readFlag } from '../read-flag.ts';
import { isString } from '../read-json.ts';
import { type MessageRules, readMessages } from './read-messages.ts';
import { readTools } from './read-tools.ts';

/** What of a request an agent gets. */
export interface ChatInput {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly isStreamed: boolean;
  readonly includeUsage: boolean;
  /** Tools that the caller executes. */
  readonly tools: readonly ToolObject[];
  readonly modelSettings: ChatSettings;
  /** The caller's metadata. */
  readonly metadata: JsonObject;
  /** Whether the completion can be read again. */
  readonly isStored: boolean;
}

export interface ChatRules extends MessageRules {
  readonly callerTools: 'accept' | 'reject';
  readonly allowedModelSettings: readonly string[];
}

/**
 * Reads a request of Chat Completions: https://platform.openai.com/docs/api-reference/chat/create
 *
 * Fields that would change the form of the answer are refused. Fields that set the model are ignored unless they are allowed.
 *
 * @throws HttpProblem 400 with the field in `param`
 */
export function readChatRequest(json: unknown, rules: ChatRules): ChatInput {
  const body = readAddressed(json, '{ "model": …, "messages": […] }');
  refuseUnsupported(body, rules.allowedModelSettings);
  return {
    model: body.model,
    messages: readMessages(body['messages'], rules),
    isStreamed: readFlag(body, 'stream'),
    includeUsage: readIncludeUsage(body['stream_options']),
    tools: readCallerTools(body, rules),
    modelSettings: pickSettings(body, rules.allowedModelSettings),
    metadata: readMetadata(body),
    isStored: readFlag(body, 'store', true),
  };
}

function refuseUnsupported(body: JsonRecord, allowed: readonly string[]): void {
  const { n, logprobs, top_logprobs: topLogprobs, modalities, audio, functions, function_call: functionCall } = body;
  if (n !== undefined && n !== null && n !== 1)
    throw createUnsupportedError(`"n" is ${JSON.stringify(n)}. A run has one answer: leave it out.`, 'n');
  if (logprobs === true)
    throw createUnsupportedError('"logprobs" is not supported: an answer is made of several responses.', 'logprobs');
  if (typeof topLogprobs === 'number' && topLogprobs > 0) {
    throw createUnsupportedError(
      '"top_logprobs" is not supported: an answer is made of several responses.',
      'top_logprobs',
    );
  }
  if (audio !== undefined && audio !== null)
    throw createUnsupportedError('"audio" is not supported: answers are text.', 'audio');
  if (Array.isArray(modalities) && modalities.some((each) => each !== 'text')) {
    throw createUnsupportedError('"modalities" may have "text" only.', 'modalities');
  }
  if (Array.isArray(functions) && functions.length > 0)
    throw createUnsupportedError('"functions" is the old form. Send "tools".', 'functions');
  if (isRecord(functionCall))
    throw createUnsupportedError('"function_call" is the old form. Send "tools".', 'function_call');
  const { response_format: format } = body;
  if (isRecord(format) && format['type'] !== 'text' && !allowed.includes('response_format')) {
    throw createUnsupportedError(
      '"response_format" is the choice of the agent here. Leave it out, or add it to allowedModelSettings.',
      'response_format',
    );
  }
}

function readIncludeUsage(options: unknown): boolean {
  if (options === undefined || options === null) return false;
  if (isRecord(options)) return options['include_usage'] === true;
  throw createInvalidError('"stream_options" is not an object.', 'stream_options');
}

function readCallerTools(body: JsonRecord, { callerTools }: ChatRules): readonly ToolObject[] {
  const tools = readTools(body['tools'], callerTools);
  const { tool_choice: choice } = body;
  if (choice === 'required' || isRecord(choice)) {
    throw createUnsupportedError(
      '"tool_choice" may be "auto" or "none": the agent has tools of its own, too.',
      'tool_choice',
    );
  }
  return choice === 'none' ? [] : tools;
}

/** Returns the fields that set the model and are allowed. */
export function pickSettings(body: JsonRecord, allowed: readonly string[]): ChatSettings {
  const entries = Object.entries(body).filter(
    ([name, value]) => allowed.includes(name) && !OURS.has(name) && value !== undefined,
  );
  return Object.fromEntries(entries); // The model's server checks the values.
}

/** Fields with a meaning of their own here: never passed on, whatever is allowed. */
const OURS: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'n',
  'metadata',
  'store',
  'user',
  'safety_identifier',
]);

/** Returns the metadata of a caller, who is no identity. @throws HttpProblem 400 */
export function readMetadata(body: JsonRecord): JsonObject {
  const { metadata, user, safety_identifier: safetyIdentifier } = body;
  if (metadata !== undefined && metadata !== null && !isRecord(metadata))
    throw createInvalidError('"metadata" is not an object.', 'metadata');
  return {
    ...(isRecord(metadata) && (metadata as JsonObject)), // It was parsed from JSON.
    ...(isString(user) && { user }),
    ...(isString(safetyIdentifier) && { safety_identifier: safetyIdentifier }),
  };
}

type JsonRecord = Readonly<Record<string, unknown>>;
