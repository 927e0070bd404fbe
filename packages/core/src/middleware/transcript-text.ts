import { sliceWhole } from '../base/text.ts';
import { toWellFormedJson } from '../base/well-formed.ts';
import { getCallArguments, getCallName, type Message, type RefusalPart, type UserPart } from '../chat/message.ts';

/** Writes a message as text, for a model that summarizes the conversation. */
export function describeMessage(message: Message): string {
  const text = describeContent(message);
  if (message.role === 'tool') return `Result of ${message.tool_call_id}: ${cut(text)}`;
  if (message.role === 'function') return `Result of ${message.name}: ${cut(text)}`;
  const name = message.name === undefined ? '' : ` ${message.name}`;
  return [`${message.role}${name}: ${text}`, ...describeCalls(message)].join('\n');
}

function describeCalls(message: Message): readonly string[] {
  if (message.role !== 'assistant') return [];
  const { tool_calls: calls = [], function_call: legacy } = message;
  const called = calls.map((call) => `Called ${getCallName(call)} (${call.id}): ${cutJson(getCallArguments(call))}`);
  return legacy == null ? called : [...called, `Called ${legacy.name}: ${cutJson(legacy.arguments)}`];
}

function describeContent(message: Message): string {
  const { content } = message;
  const text = typeof content === 'string' ? content : (content ?? []).map(describePart).join('');
  if (message.role !== 'assistant') return text;
  const { refusal, audio } = message;
  return [text, refusal ?? '', audio?.transcript ?? ''].filter((each) => each !== '').join('\n');
}

/** Writes a part as text. Images, audio and files are named, so that a summary does not ignore them. */
function describePart(part: UserPart | RefusalPart): string {
  switch (part.type) {
    case 'text':
      return part.text;
    case 'refusal':
      return part.refusal;
    case 'image_url':
      return formatAttachment('image', /^https?:/.test(part.image_url.url) ? part.image_url.url : undefined);
    case 'input_audio':
      return formatAttachment('audio', undefined);
    case 'file':
      return formatAttachment('file', part.file.filename ?? part.file.file_id);
  }
}

function formatAttachment(kind: string, name: string | undefined): string {
  return name === undefined || name.length > 500 ? `[${kind}]` : `[${kind}: ${name}]`;
}

/** The maximum length of one result, or of one call's arguments, in characters. */
const MAX_LENGTH = 8_000;

function cut(text: string): string {
  if (text.length <= MAX_LENGTH) return text;
  const start = sliceWhole(text, 0, MAX_LENGTH);
  return `${start} … [${text.length - start.length} characters left out]`;
}

function cutJson(json: string): string {
  return cut(toWellFormedJson(json));
}

export interface PackOptions {
  /** The maximum tokens of a part. */
  readonly maxTokens: number;
  readonly estimateTokens: (text: string) => number;
}

const SEPARATOR = '\n\n';

/** Joins texts into as few parts as possible. A text that exceeds a part is split. */
export function packTexts(texts: readonly string[], { maxTokens, estimateTokens }: PackOptions): readonly string[] {
  const parts: string[] = [];
  let part: string[] = [];
  let total = 0;
  for (const text of texts.flatMap((each) => splitText(each, { maxTokens, estimateTokens }))) {
    const tokens = estimateTokens(text);
    if (part.length > 0 && total + tokens > maxTokens) {
      parts.push(part.join(SEPARATOR));
      part = [];
      total = 0;
    }
    part.push(text);
    total += tokens;
  }
  return part.length === 0 ? parts : [...parts, part.join(SEPARATOR)];
}

function splitText(text: string, options: PackOptions): readonly string[] {
  if (text.length < 2 || options.estimateTokens(text) <= options.maxTokens) return [text];
  return halve(text).flatMap((half) => splitText(half, options));
}

/** Splits a text in two, at the end of a line near the middle if there is one. Never splits a surrogate pair. */
export function halve(text: string): readonly [string, string] {
  const middle = Math.floor(text.length / 2);
  const line = text.lastIndexOf('\n', middle);
  const first = sliceWhole(text, 0, line > middle / 2 ? line + 1 : middle);
  return [first, text.slice(first.length)];
}
