import type { AssistantMessage, Delta, ToolCall } from '@pawl/core';

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
  const { name, text, head, tail } = callParts(call);
  return [
    { wire: { tool_calls: [{ index, ...head }] }, told: { type: 'call', index, id: call.id, name, delta: '' } },
    ...(text.match(/.{1,12}/gsu) ?? []).map(
      (delta): Piece => ({
        wire: { tool_calls: [{ index, ...tail(delta) }] },
        told: { type: 'call', index, id: call.id, name, delta },
      }),
    ),
  ];
}

interface CallParts {
  readonly name: string;
  readonly text: string;
  /** The call without its text. */
  readonly head: ToolCall;
  /** What a further piece has of it. */
  readonly tail: (text: string) => object;
}

function callParts(call: ToolCall): CallParts {
  switch (call.type) {
    case 'function': {
      const { name, arguments: text } = call.function;
      const head = { ...call, function: { ...call.function, arguments: '' } };
      return { name, text, head, tail: (more) => ({ function: { arguments: more } }) };
    }
    case 'custom': {
      const { name, input: text } = call.custom;
      const head = { ...call, custom: { ...call.custom, input: '' } };
      return { name, text, head, tail: (more) => ({ custom: { input: more } }) };
    }
  }
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
