import type { Answer, JsonObject, Limits } from '@pawl/core';
import type { Json, Message, ToolObject, UserMessage } from '@pawl/core/chat';
import { isRecord } from '@pawl/core/model';
import { type MessageRules, readMessages } from '../chat/read-messages.ts';
import { readTools } from '../chat/read-tools.ts';
import { createInvalidError } from '../problem.ts';
import { isString, quote } from '../read-json.ts';

// The bodies of the runs API. All functions throw HttpProblem 400 with the field in `param`.

/** The body of `POST /v1/runs`. */
export interface RunBody {
  readonly agent: string;
  readonly input: readonly Message[];
  readonly conversation: string | undefined;
  readonly metadata: JsonObject;
  readonly limits: Limits;
  readonly tools: readonly ToolObject[];
  readonly isBackground: boolean;
}

export interface RunRules extends MessageRules {
  readonly callerTools: 'accept' | 'reject';
}

export function readRunBody(json: unknown, rules: RunRules): RunBody {
  const body = readObject(json, [
    'agent',
    'input',
    'messages',
    'conversation',
    'metadata',
    'limits',
    'background',
    'tools',
  ]);
  const { agent, conversation, metadata = {}, background = false } = body;
  if (!isString(agent))
    throw createInvalidError('"agent" is missing. Pass the name of an agent; GET /v1/models lists them.', 'agent');
  if (conversation !== undefined && (!isString(conversation) || conversation === '')) {
    throw createInvalidError(`"conversation" is ${quote(conversation)}. Pass an id.`, 'conversation');
  }
  if (!isRecord(metadata)) throw createInvalidError('"metadata" is not an object.', 'metadata');
  if (typeof background !== 'boolean')
    throw createInvalidError('"background" is neither true nor false.', 'background');
  return {
    agent,
    input: readInput(body, rules),
    conversation,
    metadata: metadata as JsonObject, // It was parsed from JSON.
    limits: readLimits(body['limits']),
    tools: readTools(body['tools'], rules.callerTools),
    isBackground: background,
  };
}

function readInput({ input, messages }: JsonRecord, rules: MessageRules): readonly Message[] {
  if (input !== undefined && messages !== undefined) {
    throw createInvalidError('"input" and "messages" exclude each other. Send one of them.', 'messages');
  }
  if (input === undefined) return readMessages(messages, rules);
  if (!isString(input)) throw createInvalidError(`"input" is ${quote(input)}. Send a text, or "messages".`, 'input');
  return [{ role: 'user', content: input }];
}

const LIMIT_NAMES: Record<keyof Limits, true> = {
  turns: true,
  toolCalls: true,
  handoffs: true,
  requests: true,
  tokens: true,
  cost: true,
  durationMs: true,
};

function readLimits(limits: unknown): Limits {
  if (limits === undefined) return {};
  if (!isRecord(limits)) throw createInvalidError('"limits" is not an object.', 'limits');
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(LIMIT_NAMES, name)) {
      throw createInvalidError(
        `There is no limit ${quote(name)}. The limits are: ${Object.keys(LIMIT_NAMES).join(', ')}.`,
        `limits.${name}`,
      );
    }
    if (typeof value === 'number' && value > 0) continue;
    throw createInvalidError(`"limits.${name}" is ${quote(value)}. Pass a number above 0.`, `limits.${name}`);
  }
  return limits as Limits; // Checked above.
}

/** The body of `POST /v1/runs/{id}/answers`. */
export function readAnswerBody(json: unknown): { readonly pending: string; readonly answer: Answer } {
  const { pending, answer } = readObject(json, ['pending', 'answer']);
  if (!isString(pending)) throw createInvalidError('"pending" is missing. Pass the id of a pending call.', 'pending');
  return { pending, answer: readAnswer(answer) };
}

function readAnswer(answer: unknown): Answer {
  if (!isRecord(answer))
    throw createInvalidError('"answer" is missing. Send { "type": "approve", "fingerprint": "…" }.', 'answer');
  const { type, fingerprint, reason, always } = answer;
  if (!isString(fingerprint))
    throw createInvalidError('"answer.fingerprint" is missing. It is in the pending call.', 'answer.fingerprint');
  switch (type) {
    case 'approve':
      if (always !== undefined && typeof always !== 'boolean')
        throw createInvalidError('"answer.always" is not true or false.', 'answer.always');
      return { type, fingerprint, ...(always !== undefined && { always }) };
    case 'deny':
      if (reason !== undefined && !isString(reason))
        throw createInvalidError('"answer.reason" is not a text.', 'answer.reason');
      return { type, fingerprint, ...(reason !== undefined && { reason }) };
    case 'edit':
      return { type, fingerprint, arguments: readValue(answer, 'arguments') };
    case 'result':
    case 'resume':
      return { type, fingerprint, value: readValue(answer, 'value') };
  }
  throw createInvalidError(
    `"answer.type" is ${quote(type)}. Use approve, deny, edit, result or resume.`,
    'answer.type',
  );
}

function readValue(answer: JsonRecord, name: string): Json {
  if (Object.hasOwn(answer, name)) return answer[name] as Json; // It was parsed from JSON.
  throw createInvalidError(`"answer.${name}" is missing.`, `answer.${name}`);
}

/** The body of `POST /v1/runs/{id}/messages`: a text, or the content of a user message. */
export function readMessageBody(json: unknown, rules: MessageRules): UserMessage {
  const { message } = readObject(json, ['message']);
  const [read] = readMessages([isString(message) ? { role: 'user', content: message } : message], rules, 'message');
  if (read?.role === 'user') return read;
  throw createInvalidError('"message" is not of a user. Send a text, or { "role": "user", "content": … }.', 'message');
}

/** The body of `POST /v1/runs/{id}/cancel`. */
export function readCancelBody(json: unknown): { readonly reason?: string } {
  const { reason } = readObject(json, ['reason']);
  if (reason !== undefined && !isString(reason)) throw createInvalidError('"reason" is not a text.', 'reason');
  return { ...(reason !== undefined && { reason }) };
}

/** The body of `POST /v1/runs/{id}/fork`. */
export interface ForkBody {
  readonly before: string;
  readonly messages?: readonly Message[];
  readonly input?: string;
  readonly recheckApprovals?: boolean;
}

export function readForkBody(json: unknown, rules: MessageRules): ForkBody {
  const fields = ['before', 'messages', 'input', 'recheckApprovals'];
  const { before, messages, input, recheckApprovals } = readObject(json, fields);
  if (!isString(before))
    throw createInvalidError('"before" is missing. Pass the name of a step, such as "model:3".', 'before');
  if (input !== undefined && !isString(input)) throw createInvalidError('"input" is not a text.', 'input');
  if (recheckApprovals !== undefined && typeof recheckApprovals !== 'boolean')
    throw createInvalidError('"recheckApprovals" is neither true nor false.', 'recheckApprovals');
  return {
    before,
    ...(recheckApprovals !== undefined && { recheckApprovals }),
    ...(messages !== undefined && { messages: readMessages(messages, rules) }),
    ...(input !== undefined && { input }),
  };
}

type JsonRecord = Readonly<Record<string, unknown>>;

/** An unknown field is an error: it would be ignored. */
function readObject(json: unknown, known: readonly string[]): JsonRecord {
  if (!isRecord(json))
    throw createInvalidError(`The body is not an object. Send these fields: ${known.join(', ')}.`, 'body');
  const unknown = Object.keys(json).find((name) => !known.includes(name));
  if (unknown === undefined) return json;
  throw createInvalidError(`There is no field ${quote(unknown)}. The fields are: ${known.join(', ')}.`, unknown);
}
