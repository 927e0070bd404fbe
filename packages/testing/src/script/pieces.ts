import { type AssistantMessage, callArguments, callName, type Delta, type ToolCall } from '@pawl/core/chat';

/** One piece of a message as it is streamed. */
export interface Piece {
  /** The `delta` of a chunk. */
  readonly wire: Readonly<Record<string, unknown>>;
  /** What a listener is told of it; `undefined` for fields that no listener is told. */
  readonly told: Delta | undefined;
}

/** A message in pieces: texts by words, what calls bring by twelve characters. Always the same for the same message. */
export function pieces(message: AssistantMessage): readonly Piece[] {
  const { role: _, content, refusal, tool_calls: calls, ...fields } = message;
  return [
    ...Object.entries(fields).flatMap(fieldPieces),
    ...words(content).map((delta): Piece => ({ wire: { content: delta }, told: { type: 'text', delta } })),
    ...words(refusal).map((delta): Piece => ({ wire: { refusal: delta }, told: { type: 'refusal', delta } })),
    ...(calls ?? []).flatMap(callPieces),
  ];
}

function fieldPieces([key, value]: readonly [string, unknown]): readonly Piece[] {
  if (typeof value !== 'string') return [{ wire: { [key]: value }, told: undefined }];
  const isReasoning = key === 'reasoning_content' || key === 'reasoning';
  return words(value).map((delta) => ({
    wire: { [key]: delta },
    told: isReasoning ? { type: 'reasoning', delta } : undefined,
  }));
}

function callPieces(call: ToolCall, index: number): readonly Piece[] {
  const piece = (fields: object, delta: string): Piece => ({
    wire: { tool_calls: [{ index, ...fields }] },
    told: { type: 'call', index, id: call.id, name: callName(call), delta },
  });
  const parts = callArguments(call).match(/.{1,12}/gsu) ?? [];
  return [piece(headOf(call), ''), ...parts.map((part) => piece(tailOf(call, part), part))];
}

/** A further piece of a call: its text alone. */
function tailOf(call: ToolCall, text: string): object {
  return call.type === 'custom' ? { custom: { input: text } } : { function: { arguments: text } };
}

/** The call without its text. */
function headOf(call: ToolCall): ToolCall {
  if (call.type === 'custom') return { ...call, custom: { ...call.custom, input: '' } };
  return { ...call, function: { ...call.function, arguments: '' } };
}

/** Each word with the space after it. */
function words(text: unknown): readonly string[] {
  const whole = typeof text === 'string' ? text : joined(text);
  return whole.match(/\s*\S+\s*|\s+/gu) ?? [];
}

/** A stream has no parts: their texts follow each other. */
function joined(parts: unknown): string {
  if (!Array.isArray(parts)) return '';
  return parts.map((part: { readonly text?: string }) => part.text ?? '').join('');
}
