import type { JsonObject } from '@pawl/core';
import { isObject, readJson } from '../base/json.ts';
import { sliceStart } from '../base/slice-start.ts';
import {
  checkArray,
  checkName,
  createMissingFault,
  createTypeFault,
  createValueFault,
  type RequestFault,
} from './request-fault.ts';

/**
 * Lists what OpenAI's server would refuse in a conversation, each fault as its place and a sentence. Empty if the
 * conversation is valid.
 *
 * Each call needs exactly one tool message after it, each tool message needs its call, ids are unique within a turn,
 * and arguments are JSON.
 */
export function checkHistory(messages: readonly unknown[]): readonly string[] {
  return findHistoryFaults(messages).map(({ param, message }) => `${param}: ${message}`);
}

export function findHistoryFaults(messages: readonly unknown[]): readonly RequestFault[] {
  const faults: RequestFault[] = [];
  let open: OpenTurn | undefined;
  for (const [index, message] of messages.entries()) {
    const param = `messages[${index}]`;
    if (!isObject(message)) {
      faults.push(createTypeFault(message, param, 'an object'));
      continue;
    }
    if (message['role'] === 'tool') {
      faults.push(...checkToolMessage(message, param, open), ...checkContent(message, param));
      continue;
    }
    faults.push(...checkOpenCalls(open), ...checkRole(message, param), ...checkContent(message, param));
    open = message['role'] === 'assistant' ? { param, calls: listCallIds(message), answered: new Set() } : undefined;
  }
  return [...faults, ...checkOpenCalls(open)];
}

/** The last assistant message, while tool messages follow it. */
interface OpenTurn {
  readonly param: string;
  readonly calls: readonly unknown[];
  readonly answered: Set<unknown>;
}

function checkToolMessage(message: JsonObject, param: string, open: OpenTurn | undefined): readonly RequestFault[] {
  const id = message['tool_call_id'];
  const idParam = `${param}.tool_call_id`;
  if (id === undefined) return [createMissingFault(idParam)];
  if (open === undefined || open.calls.length === 0) return [createInvalidFault(`${param}.role`, ORPHAN)];
  if (!open.calls.includes(id)) {
    return [createInvalidFault(idParam, `'tool_call_id' of '${id}' not found in 'tool_calls' of previous message.`)];
  }
  if (open.answered.has(id)) {
    return [
      createInvalidFault(idParam, `'tool_call_id' of '${id}' was already answered by a message with role 'tool'.`),
    ];
  }
  open.answered.add(id);
  return [];
}

// Spelled as OpenAI's server spells it.
const ORPHAN = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";

function checkOpenCalls(turn: OpenTurn | undefined): readonly RequestFault[] {
  const left = turn?.calls.filter((id) => !turn.answered.has(id)) ?? [];
  if (turn === undefined || left.length === 0) return [];
  const message = `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${left.join(', ')}`;
  return [{ message, param: `${turn.param}.tool_calls`, code: null }];
}

function listCallIds({ tool_calls: calls }: JsonObject): readonly unknown[] {
  return Array.isArray(calls) ? calls.map((call: unknown) => (isObject(call) ? call['id'] : undefined)) : [];
}

function checkRole(message: JsonObject, param: string): readonly RequestFault[] {
  const { role, tool_calls: calls } = message;
  if (role === undefined) return [createMissingFault(`${param}.role`)];
  if (role !== 'assistant') return ROLES.has(role) ? [] : [createValueFault(role, `${param}.role`, SUPPORTED_ROLES)];
  if (calls === undefined) return [];
  const fault = checkArray(calls, `${param}.tool_calls`);
  if (fault !== undefined || !Array.isArray(calls)) return fault === undefined ? [] : [fault];
  const ids = listCallIds(message);
  return calls.flatMap((call: unknown, index) => {
    const callParam = `${param}.tool_calls[${index}]`;
    const isRepeated = typeof ids[index] === 'string' && ids.indexOf(ids[index]) < index;
    const repeated = createInvalidFault(
      `${callParam}.id`,
      `duplicate 'id' of '${ids[index]}' in 'tool_calls' of one message.`,
    );
    return [...checkCall(call, callParam), ...(isRepeated ? [repeated] : [])];
  });
}

const ROLES: ReadonlySet<unknown> = new Set(['system', 'developer', 'user', 'function']);

const SUPPORTED_ROLES = "'system', 'assistant', 'user', 'function', 'tool', and 'developer'";

function checkCall(call: unknown, param: string): readonly RequestFault[] {
  if (!isObject(call)) return [createTypeFault(call, param, 'an object')];
  const faults: RequestFault[] = [];
  if (typeof call['id'] !== 'string' || call['id'] === '') faults.push(createMissingFault(`${param}.id`));
  const kind = call['type'] === 'custom' ? 'custom' : 'function';
  if (call['type'] !== kind) faults.push(createMissingFault(`${param}.type`));
  const called = call[kind];
  if (!isObject(called)) return [...faults, createMissingFault(`${param}.${kind}`)];
  const named = checkName(called['name'], `${param}.${kind}.name`);
  const written = checkText(called, `${param}.${kind}`, kind === 'custom' ? 'input' : 'arguments');
  return [...faults, ...[named, written].filter((fault) => fault !== undefined)];
}

function checkText(called: JsonObject, within: string, field: 'input' | 'arguments'): RequestFault | undefined {
  const { [field]: text } = called;
  const param = `${within}.${field}`;
  if (typeof text !== 'string') return createTypeFault(text, param, 'a string');
  if (field === 'input' || readJson(text) !== undefined) return undefined;
  return createInvalidFault(param, `expected a string of JSON, but got '${sliceStart(text, 100)}'.`);
}

function checkContent(message: JsonObject, param: string): readonly RequestFault[] {
  const { role, content } = message;
  if (typeof content === 'string' || Array.isArray(content)) return [];
  if (content !== null && content !== undefined) {
    return [createTypeFault(content, `${param}.content`, 'one of a string or array of objects')];
  }
  if (role === 'function') return [];
  if (role === 'assistant' && CONTENT_SUBSTITUTES.some((key) => message[key] != null)) return [];
  const problem = "Invalid value for 'content': expected a string, got null.";
  return [{ message: problem, param: `${param}.content`, code: null }];
}

/** Fields that an assistant message may have instead of content. */
const CONTENT_SUBSTITUTES: readonly string[] = ['tool_calls', 'refusal', 'function_call', 'audio'];

function createInvalidFault(param: string, problem: string): RequestFault {
  return { message: `Invalid parameter: ${problem}`, param, code: null };
}
