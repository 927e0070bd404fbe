import type { Answer, JsonObject, PendingCall } from '@pawl/core';
import { getCallName, type Json } from '@pawl/core/chat';
import { isRecord } from '@pawl/core/model';
import { inputRequired } from '../server-sdk.ts';

type Question = ReturnType<typeof inputRequired.elicit>;
type FormSchema = Parameters<typeof inputRequired.elicit>[0]['requestedSchema'];

/** The response of a client to one question. It comes from outside. */
interface QuestionResponse {
  readonly action: string;
  readonly content: Readonly<Record<string, unknown>>;
}

const KEY_SEPARATOR = ' ';

/** Creates the questions about a pending call, by their keys. A call that waits for an MCP server passes on the questions of that server. */
export function createQuestions(pending: PendingCall): readonly (readonly [key: string, question: Question])[] {
  const inner = readInnerQuestions(pending);
  if (inner !== undefined) {
    return Object.entries(inner).map(([key, params]) => [
      `${pending.id}${KEY_SEPARATOR}${key}`,
      { method: 'elicitation/create', params } as unknown as Question, // As the other server sent it.
    ]);
  }
  return [
    [pending.id, inputRequired.elicit({ message: describeCall(pending), requestedSchema: chooseSchema(pending) })],
  ];
}

function describeCall({ call, input, preview, reason }: PendingCall): string {
  const shown = preview === undefined ? JSON.stringify(input) : formatPreview(preview);
  const name = getCallName(call);
  switch (reason) {
    case 'approval':
      return `Approve the call of ${name}?\n${shown}`;
    case 'external_result':
      return `What is the result of ${name}?\n${shown}`;
    case 'unknown_outcome':
      return `The outcome of ${name} is unknown. Approve to call it again, or deny.\n${shown}`;
    case 'suspended':
      return `${name} waits:\n${shown}`;
  }
}

function formatPreview(preview: Json): string {
  return typeof preview === 'string' ? preview : JSON.stringify(preview);
}

function chooseSchema({ accepts }: PendingCall): FormSchema {
  if (accepts.includes('approve')) return DECISION;
  return accepts.includes('result') ? RESULT : VALUE;
}

const DECISION: FormSchema = {
  type: 'object',
  properties: {
    decision: { type: 'string', title: 'Decision', enum: ['approve', 'deny'] },
    reason: { type: 'string', title: 'Reason of a denial' },
  },
  required: ['decision'],
};
const RESULT: FormSchema = {
  type: 'object',
  properties: { result: { type: 'string', title: 'Result' } },
  required: ['result'],
};
const VALUE: FormSchema = {
  type: 'object',
  properties: { value: { type: 'string', title: 'Answer' } },
  required: ['value'],
};

/** Reads the questions of another MCP server that the call waits for. */
function readInnerQuestions({ accepts, preview }: PendingCall): JsonObject | undefined {
  if (!accepts.includes('resume') || !isRecord(preview)) return undefined;
  const { requests } = preview;
  return isRecord(requests) && Object.values(requests).every(isRecord) ? requests : undefined;
}

/**
 * Turns the responses of a client to the answer of a pending call.
 *
 * @returns `undefined` if the client gave no answer, or cancelled: the call stays pending
 */
export function readAnswer(pending: PendingCall, responses: Readonly<Record<string, unknown>>): Answer | undefined {
  const { fingerprint, accepts } = pending;
  const inner = readInnerQuestions(pending);
  if (inner !== undefined) {
    const keys = Object.keys(inner);
    const given = keys.map((key) => readResponse(responses[`${pending.id}${KEY_SEPARATOR}${key}`]));
    if (given.some((response) => response === undefined)) return undefined;
    const value = Object.fromEntries(keys.map((key, index) => [key, given[index] as unknown as Json])); // Checked above.
    return { type: 'resume', fingerprint, value };
  }
  const response = readResponse(responses[pending.id]);
  if (response === undefined || response.action === 'cancel') return undefined;
  const { decision, reason, result, value } = response.content;
  const why = typeof reason === 'string' && reason !== '' ? { reason } : {};
  if (response.action !== 'accept' || decision === 'deny') return { type: 'deny', fingerprint, ...why };
  if (accepts.includes('approve')) return decision === 'approve' ? { type: 'approve', fingerprint } : undefined;
  if (accepts.includes('result'))
    return typeof result === 'string' ? { type: 'result', fingerprint, value: result } : undefined;
  return typeof value === 'string' ? { type: 'resume', fingerprint, value } : undefined;
}

function readResponse(response: unknown): QuestionResponse | undefined {
  if (!isRecord(response)) return undefined;
  const { action, content } = response;
  if (action !== 'accept' && action !== 'decline' && action !== 'cancel') return undefined;
  return { action, ...(isRecord(content) ? { content } : { content: {} }) };
}
