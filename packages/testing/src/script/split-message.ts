import { type AssistantMessage, type Delta, getCallArguments, getCallName, type ToolCall } from '@pawl/core/chat';

/** One piece of a streamed message. */
export interface Piece {
  /** The `delta` of a chunk. */
  readonly wire: Readonly<Record<string, unknown>>;
  /** The delta that listeners get; `undefined` for fields without one. */
  readonly delta: Delta | undefined;
}

/** Splits a message: texts by words, arguments by twelve characters. The same message always gives the same pieces. */
export function splitMessage(message: AssistantMessage): readonly Piece[] {
  const { role: _, content, refusal, tool_calls: calls, ...fields } = message;
  return [
    ...Object.entries(fields).flatMap(splitField),
    ...splitWords(content).map((delta): Piece => ({ wire: { content: delta }, delta: { type: 'text', delta } })),
    ...splitWords(refusal).map((delta): Piece => ({ wire: { refusal: delta }, delta: { type: 'refusal', delta } })),
    ...(calls ?? []).flatMap(splitCall),
  ];
}

function splitField([key, value]: readonly [string, unknown]): readonly Piece[] {
  if (typeof value !== 'string') return [{ wire: { [key]: value }, delta: undefined }];
  const isReasoning = key === 'reasoning_content' || key === 'reasoning';
  return splitWords(value).map((delta) => ({
    wire: { [key]: delta },
    delta: isReasoning ? { type: 'reasoning', delta } : undefined,
  }));
}

function splitCall(call: ToolCall, index: number): readonly Piece[] {
  const kind = call.type === 'custom' ? { kind: call.type } : {};
  const createPiece = (fields: object, delta: string): Piece => ({
    wire: { tool_calls: [{ index, ...fields }] },
    delta: { type: 'call', index, id: call.id, name: getCallName(call), ...kind, delta },
  });
  const parts = getCallArguments(call).match(/.{1,12}/gsu) ?? [];
  return [createPiece(buildHead(call), ''), ...parts.map((part) => createPiece(buildTail(call, part), part))];
}

/** A further piece of a call: only its text. */
function buildTail(call: ToolCall, text: string): object {
  return call.type === 'custom' ? { custom: { input: text } } : { function: { arguments: text } };
}

/** The call without its text. */
function buildHead(call: ToolCall): ToolCall {
  if (call.type === 'custom') return { ...call, custom: { ...call.custom, input: '' } };
  return { ...call, function: { ...call.function, arguments: '' } };
}

/** Each word with the space after it. */
function splitWords(text: unknown): readonly string[] {
  const whole = typeof text === 'string' ? text : joinTexts(text);
  return whole.match(/\s*\S+\s*|\s+/gu) ?? [];
}

/** Joins the texts of content parts: a stream has no parts. */
function joinTexts(parts: unknown): string {
  if (!Array.isArray(parts)) return '';
  return parts.map((part: { readonly text?: string }) => part.text ?? '').join('');
}
