import { copyJson } from '../base/copy-json.ts';
import { ConfigError } from '../base/errors.ts';
import { isRecord } from '../base/json.ts';
import { History } from './history.ts';
import type { Message, UserMessage } from './message.ts';

/**
 * Makes a history of a run's input: the text of a user, or messages of any role. Messages are copied, so that the caller can change and
 * reuse them.
 *
 * @throws ConfigError for an invalid message, with its position.
 */
export function readInput(input: string | readonly Message[]): History {
  if (typeof input === 'string') return History.from([{ role: 'user', content: input }]);
  if (!Array.isArray(input)) {
    throw new ConfigError(`The input is ${describeKind(input)}. Pass a text, or a list of messages.`);
  }
  checkMessages(input);
  // Each message needs its own object, because edits of the history find a message by its object.
  const isUnique = new Set(input).size === input.length;
  return History.from(isUnique ? copyInput(input) : input.map((message) => copyInput(message)));
}

/** @throws ConfigError for an invalid message, with its position. */
export function checkMessages(messages: readonly unknown[]): void {
  for (const [index, message] of messages.entries()) checkMessage(message, `messages[${index}]`);
}

/** @throws ConfigError for a message of another role than `user`. The text names `taker`, the method that got it. */
export function readUserMessage(input: string | UserMessage, taker: string): UserMessage {
  const [message] = readInput(typeof input === 'string' ? input : [input]).messages;
  if (message?.role === 'user') return message;
  throw new ConfigError(`${taker} takes a message of a user. Pass a text, or { role: "user", content: "…" }.`);
}

function checkMessage(message: unknown, path: string): void {
  if (!isRecord(message) || typeof message['role'] !== 'string') {
    throw new ConfigError(`${path} has no role: it is ${describeKind(message)}. Pass { role: "user", content: "…" }.`);
  }
  const { role, tool_calls: calls } = message;
  if (role !== 'assistant' || calls === undefined || calls === null) return;
  if (!Array.isArray(calls))
    throw new ConfigError(`${path}.tool_calls is ${describeKind(calls)}. Pass a list, or leave it out.`);
  for (const [index, call] of calls.entries()) checkCall(call, `${path}.tool_calls[${index}]`);
}

function checkCall(call: unknown, path: string): void {
  const body = isRecord(call) ? (call['function'] ?? call['custom']) : undefined;
  if (!isRecord(call) || !isRecord(body) || typeof call['type'] !== 'string' || typeof body['name'] !== 'string') {
    throw new ConfigError(`${path} is not a tool call. Pass { id, type: "function", function: { name, arguments } }.`);
  }
  const written = body['arguments'] ?? body['input'] ?? '';
  if (typeof written === 'string') return;
  throw new ConfigError(`${path}.function.arguments is ${describeKind(written)}. Pass its JSON as a string.`);
}

function copyInput<T>(messages: T): T {
  return copyJson(messages, { where: 'The input', name: 'messages', ignoresUndefined: true });
}

function describeKind(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
