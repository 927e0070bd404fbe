import type { Json, Message } from '@pawl/core/chat';
import { HttpProblem } from '@pawl/serve/access';
import type { ReplayRequest } from '../api.ts';

const FIELDS: Record<keyof ReplayRequest, true> = {
  runId: true,
  before: true,
  mode: true,
  input: true,
  messages: true,
  arguments: true,
  result: true,
  model: true,
};

/** Reads the body of `POST ./replay`. The host checks the step and the messages. @throws HttpProblem 400 */
export function readReplayRequest(json: unknown): ReplayRequest {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw createInvalidError('The body is not an object.', 'body');
  const body = json as Readonly<Record<string, unknown>>; // Checked above.
  const unknown = Object.keys(body).find((name) => !Object.hasOwn(FIELDS, name));
  if (unknown !== undefined) {
    throw createInvalidError(
      `There is no field ${JSON.stringify(unknown)}. The fields are: ${Object.keys(FIELDS).join(', ')}.`,
      unknown,
    );
  }
  const { mode, messages } = body;
  if (mode !== 'recorded' && mode !== 'live')
    throw createInvalidError('"mode" is missing. Pass recorded or live.', 'mode');
  if (messages !== undefined && !Array.isArray(messages))
    throw createInvalidError('"messages" is not a list.', 'messages');
  const input = readText(body, 'input');
  const model = readText(body, 'model');
  const before = requireText(body, 'before');
  const changesCall = body['arguments'] !== undefined || body['result'] !== undefined;
  if (changesCall && !/(^|\/)tool:\d+\.\d+:/.test(before)) {
    throw createInvalidError(
      '"before" is not the step of a tool\'s call, whose arguments or result could be changed.',
      'before',
    );
  }
  if (changesCall && (input !== undefined || messages !== undefined)) {
    throw createInvalidError(
      '"input" and "messages" begin a new conversation, which has no such call. Leave them out.',
      'arguments',
    );
  }
  return {
    runId: requireText(body, 'runId'),
    before,
    mode,
    ...(input !== undefined && { input }),
    ...(messages !== undefined && { messages: messages as readonly Message[] }), // The host checks them.
    ...(body['arguments'] !== undefined && { arguments: body['arguments'] as Json }), // It was parsed from JSON.
    ...(body['result'] !== undefined && { result: body['result'] as Json }), // As above.
    ...(model !== undefined && { model }),
  };
}

function requireText(body: Readonly<Record<string, unknown>>, name: string): string {
  const text = readText(body, name);
  if (text === undefined || text === '') throw createInvalidError(`"${name}" is missing.`, name);
  return text;
}

function readText(body: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || typeof value === 'string') return value;
  throw createInvalidError(`"${name}" is not a text.`, name);
}

export function createInvalidError(message: string, param: string): HttpProblem {
  return new HttpProblem(message, { status: 400, param, code: 'invalid_value' });
}
