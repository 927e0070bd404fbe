import type { JsonObject, Limits } from '@pawl/core';
import type { ChatSettings, Message, ToolObject } from '@pawl/core/chat';
import { isRecord } from '@pawl/core/model';
import { type ApprovalResponse, readInput, readTools, type WireProblem } from '@pawl/responses/wire';
import { pickSettings, readMetadata } from '../chat/read-request.ts';
import { createInvalidError, createUnsupportedError, type HttpProblem } from '../problem.ts';
import { readAddressed } from '../read-addressed.ts';
import { readFlag } from '../read-flag.ts';
import { isString, quote } from '../read-json.ts';

/** What of a request an agent gets. */
export interface ResponsesInput {
  readonly model: string;
  /** The system message of `instructions`, if they count. */
  readonly instructions: Message | undefined;
  readonly messages: readonly Message[];
  /** Answers to approvals at the end of the input. */
  readonly approvals: readonly ApprovalResponse[];
  readonly previousResponseId: string | undefined;
  readonly isStreamed: boolean;
  readonly isBackground: boolean;
  /** Whether the response can be read again. */
  readonly isStored: boolean;
  /** Tools that the caller executes. */
  readonly tools: readonly ToolObject[];
  readonly modelSettings: ChatSettings;
  readonly limits: Limits;
  /** The caller's metadata. */
  readonly metadata: JsonObject;
}

export interface ResponsesRules {
  readonly maxMessages: number;
  readonly callerInstructions: 'append' | 'ignore' | 'reject';
  readonly mediaUrls: 'any' | 'data-only';
  readonly callerTools: 'accept' | 'reject';
  readonly allowedModelSettings: readonly string[];
}

type JsonRecord = Readonly<Record<string, unknown>>;

/**
 * Reads a request of Responses: https://platform.openai.com/docs/api-reference/responses/create
 *
 * Fields that would change the form of the answer, or name something that OpenAI stores, are refused. Fields that set the model are ignored unless
 * they are allowed.
 *
 * @throws HttpProblem 400 with the field in `param`
 */
export function readResponsesRequest(json: unknown, rules: ResponsesRules): ResponsesInput {
  const body = readAddressed(json, '{ "model": …, "input": … }');
  refuseUnsupported(body, rules.allowedModelSettings);
  const isBackground = readFlag(body, 'background');
  const isStored = readFlag(body, 'store', true);
  if (isBackground && !isStored) {
    throw createInvalidError(
      '"background" needs a response that is stored: it is read later. Leave "store" out.',
      'store',
    );
  }
  const previousResponseId = body['previous_response_id'] ?? undefined;
  if (previousResponseId !== undefined && !isString(previousResponseId)) {
    throw createInvalidError('"previous_response_id" is not a text.', 'previous_response_id');
  }
  const { messages, approvals } = readInput(body['input'], { ...rules, maxItems: rules.maxMessages, createError });
  return {
    model: body.model,
    instructions: readInstructions(body['instructions'], rules),
    messages,
    approvals,
    previousResponseId,
    isStreamed: readFlag(body, 'stream'),
    isBackground,
    isStored,
    tools: readCallerTools(body, rules),
    modelSettings: pickSettings(toChatFields(body), toChatNames(rules.allowedModelSettings)),
    limits: readLimits(body['max_tool_calls']),
    metadata: readMetadata(body),
  };
}

function createError({ message, param, kind }: WireProblem): HttpProblem {
  return kind === 'invalid' ? createInvalidError(message, param) : createUnsupportedError(message, param);
}

/** Fields that name what OpenAI stores under the key of the server, which all callers share. */
const STORED_ELSEWHERE = {
  conversation: 'Send "previous_response_id", or the items of the conversation.',
  prompt: 'The agent has its own instructions.',
} as const;

function refuseUnsupported(body: JsonRecord, allowed: readonly string[]): void {
  for (const [name, advice] of Object.entries(STORED_ELSEWHERE)) {
    if (body[name] != null) throw createUnsupportedError(`"${name}" is not supported. ${advice}`, name);
  }
  const { top_logprobs: logprobs, include, text, n } = body;
  if (typeof logprobs === 'number' && logprobs > 0) {
    throw createUnsupportedError(
      '"top_logprobs" is not supported: an answer is made of several responses.',
      'top_logprobs',
    );
  }
  if (n != null && n !== 1) throw createUnsupportedError('"n" is not supported: a run has one answer.', 'n');
  if (Array.isArray(include) && include.includes('message.output_text.logprobs')) {
    throw createUnsupportedError('"include" may not have "message.output_text.logprobs".', 'include');
  }
  const format = isRecord(text) ? text['format'] : undefined;
  const isAllowed = allowed.includes('text') || allowed.includes('response_format');
  if (isRecord(format) && format['type'] !== 'text' && !isAllowed) {
    throw createUnsupportedError(
      '"text.format" is the choice of the agent here. Leave it out, or add "text" to allowedModelSettings.',
      'text.format',
    );
  }
}

function readInstructions(value: unknown, { callerInstructions }: ResponsesRules): Message | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (!isString(value)) throw createInvalidError('"instructions" is not a text.', 'instructions');
  if (callerInstructions === 'ignore') return undefined;
  if (callerInstructions === 'append') return { role: 'system', content: value };
  throw createUnsupportedError('"instructions" is not supported: the agent has its own. Leave it out.', 'instructions');
}

function readCallerTools(body: JsonRecord, { callerTools }: ResponsesRules): readonly ToolObject[] {
  const { tools: given, tool_choice: choice } = body;
  const tools = readTools(given, { createError });
  if (tools.length > 0 && callerTools === 'reject') {
    throw createUnsupportedError('"tools" is not supported: the agent has its own. Leave it out.', 'tools');
  }
  if (tools.length > MAX_TOOLS) {
    throw createInvalidError(`"tools" has ${tools.length} entries; ${MAX_TOOLS} are allowed.`, 'tools');
  }
  if (choice === 'required' || isRecord(choice)) {
    throw createUnsupportedError(
      '"tool_choice" may be "auto" or "none": the agent has tools of its own, too.',
      'tool_choice',
    );
  }
  if (choice != null && choice !== 'auto' && choice !== 'none') {
    throw createInvalidError(`"tool_choice" is ${quote(choice)}. Send "auto" or "none".`, 'tool_choice');
  }
  return choice === 'none' ? [] : tools;
}

/** The limit of Chat Completions. */
const MAX_TOOLS = 128;

function readLimits(maxToolCalls: unknown): Limits {
  if (maxToolCalls === undefined || maxToolCalls === null) return {};
  if (typeof maxToolCalls === 'number' && Number.isInteger(maxToolCalls) && maxToolCalls > 0) {
    return { toolCalls: maxToolCalls };
  }
  throw createInvalidError(
    `"max_tool_calls" is ${quote(maxToolCalls)}. Pass a whole number above 0.`,
    'max_tool_calls',
  );
}

/** The names of fields that Chat Completions has under another name. */
const CHAT_NAMES: Readonly<Record<string, readonly string[]>> = {
  max_output_tokens: ['max_completion_tokens'],
  reasoning: ['reasoning_effort'],
  text: ['response_format', 'verbosity'],
};

function toChatNames(allowed: readonly string[]): readonly string[] {
  return allowed.flatMap((name) => CHAT_NAMES[name] ?? [name]);
}

/** Converts the fields that set the model to those of Chat Completions, which the agent's model gets. */
function toChatFields({ max_output_tokens: maxTokens, reasoning, text, ...body }: JsonRecord): JsonRecord {
  const effort = isRecord(reasoning) ? reasoning['effort'] : undefined;
  const { format, verbosity }: JsonRecord = isRecord(text) ? text : {};
  return {
    ...body,
    input: undefined,
    ...(maxTokens != null && { max_completion_tokens: maxTokens }),
    ...(effort != null && { reasoning_effort: effort }),
    ...(verbosity != null && { verbosity }),
    ...(isRecord(format) && { response_format: toChatFormat(format) }),
  };
}

/** Chat Completions nests the schema. */
function toChatFormat({ type, ...schema }: JsonRecord): JsonRecord {
  return type === 'json_schema' ? { type, json_schema: schema } : { type };
}
