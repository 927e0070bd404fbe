import { getCallArguments, getCallName, type Json, type ToolCall } from '@pawl/core/chat';
import type { EventOf } from '@pawl/core/events';
import { formatCallId } from '../call-id.ts';
import { parseOrText } from '../read-json.ts';
import { readResponseTexts } from '../response-texts.ts';
import type { UiChunk, UiSdk } from './ui-chunk.ts';

/** What a page has of the response of a turn. */
export interface UiStep {
  readonly turn: number;
  readonly parts: readonly StreamedPart[];
  /** The page has an output of the agent that is not checked. */
  readonly hasPartialOutput?: true;
}

/** A part of a response while it is streamed. */
interface StreamedPart {
  readonly kind: PartKind;
  /** Of a text: the id of the part. Of a call: the wire id. */
  readonly id: string;
  /** The text so far; `''` for a call, whose whole input replaces what was streamed of it. */
  readonly text: string;
  readonly isOpen: boolean;
  /** Only for `ai` 6, which cannot remove a part: what has arrived of the next attempt, while the discarded text begins with it. */
  readonly retry?: string;
}

type PartKind = 'reasoning' | 'text' | 'refusal' | 'call';

/** A part as the journal has it. */
type RecordedPart =
  | { readonly kind: 'reasoning' | 'text' | 'refusal'; readonly id: string; readonly text: string }
  | {
      readonly kind: 'call';
      readonly id: string;
      readonly text: '';
      readonly call: ToolCall;
    };

/** The next step and the chunks that lead to it. */
export interface StepChange {
  readonly step: UiStep;
  readonly chunks: readonly UiChunk[];
}

type TextDelta = EventOf<'text.delta' | 'reasoning.delta' | 'refusal.delta'>;

/** Adds a piece of a text. */
export function encodeTextDelta(step: UiStep, event: TextDelta): StepChange {
  const kind = event.type === 'text.delta' ? 'text' : event.type === 'reasoning.delta' ? 'reasoning' : 'refusal';
  const part = step.parts.findLast((each) => each.kind === kind);
  if (part?.retry !== undefined) return repeatText(step, part, event);
  if (part?.isOpen === true) return extendText(step, part, event.delta);
  const id = `${event.turn}.${kind}${part === undefined ? '' : `.${event.attempt}`}`;
  return openText(step, { kind, id, text: event.delta });
}

/** Adds a piece of the arguments of a call. */
export function encodeCallDelta(
  step: UiStep,
  { runId, path, turn, index, toolName, kind, delta }: EventOf<'tool_call.delta'>,
  sdk: UiSdk,
): StepChange {
  const toolCallId = formatCallId({ runId, path, turn, index });
  const part = step.parts.findLast(({ id }) => id === toolCallId);
  const chunks: UiChunk[] = [];
  if (part?.isOpen !== true) {
    const format = kind === 'custom' && sdk !== 6 ? ({ inputEncoding: 'text' } as const) : {};
    chunks.push({ type: 'tool-input-start', toolCallId, toolName, dynamic: true, ...format });
  }
  if (delta !== '') chunks.push({ type: 'tool-input-delta', toolCallId, inputTextDelta: delta });
  const others = step.parts.filter(({ id }) => id !== toolCallId);
  const open: StreamedPart = { kind: 'call', id: toolCallId, text: '', isOpen: true };
  const parts = part === undefined ? [...others, open] : step.parts.map((each) => (each === part ? open : each));
  return { step: { ...step, parts }, chunks };
}

/** Withdraws what was streamed of a response. */
export function encodeDiscard(step: UiStep, sdk: UiSdk): StepChange {
  if (step.parts.length === 0) return { step, chunks: [] };
  if (sdk !== 6) return { step: { turn: step.turn, parts: [] }, chunks: [{ type: 'reset-step' }] };
  const parts = step.parts.map((part) =>
    part.kind === 'call' ? { ...part, isOpen: false } : part.isOpen ? { ...part, retry: '' } : part,
  );
  return { step: { ...step, parts }, chunks: [] };
}

/** Completes the parts of a response: what the page has afterwards equals what it has after a replay. */
export function encodeResponse(step: UiStep, event: EventOf<'model.responded'>, sdk: UiSdk): StepChange {
  const recorded = listRecordedParts(event);
  if (sdk === 6) return completeWithoutReset(step, recorded);
  const streamed = step.parts;
  // A response with calls is not the output: what was read from its text goes away.
  const isOutput = step.hasPartialOutput !== true || recorded.every(({ kind }) => kind !== 'call');
  const isContinued =
    isOutput && streamed.length <= recorded.length && streamed.every((part, at) => isBeginning(part, recorded[at]));
  const before: readonly StreamedPart[] = isContinued ? streamed : [];
  const chunks = recorded.flatMap((part, at) => completePart(before[at], part));
  const reset: readonly UiChunk[] = isContinued ? [] : [{ type: 'reset-step' }];
  return { step: toCompletedStep(step, recorded), chunks: [...reset, ...chunks] };
}

/** Closes the texts that are open, at the end of a run that got no whole response. */
export function closeTexts(step: UiStep): readonly UiChunk[] {
  return step.parts.flatMap((part) => (part.isOpen && part.kind !== 'call' ? [toTextEnd(part)] : []));
}

function listRecordedParts({ runId, path, turn, message }: EventOf<'model.responded'>): readonly RecordedPart[] {
  const { reasoning, text: content, refusal } = readResponseTexts(message);
  const texts = [
    { kind: 'reasoning', text: reasoning },
    { kind: 'text', text: content },
    { kind: 'refusal', text: refusal },
  ] as const;
  const calls = (message.tool_calls ?? []).map((call, index): RecordedPart => {
    return { kind: 'call', id: formatCallId({ runId, path, turn, index }), text: '', call };
  });
  return [...texts.flatMap((part) => (part.text === '' ? [] : [{ ...part, id: `${turn}.${part.kind}` }])), ...calls];
}

/** Returns the input of a call: the parsed arguments, or the text for a custom tool or of arguments that are not JSON. */
export function readCallInput(call: ToolCall): Json {
  const text = getCallArguments(call);
  return call.type === 'custom' ? text : parseOrText(text);
}

function isBeginning(part: StreamedPart, recorded: RecordedPart | undefined): boolean {
  if (recorded === undefined || part.kind !== recorded.kind || part.id !== recorded.id) return false;
  return recorded.text.startsWith(part.text);
}

function completePart(part: StreamedPart | undefined, recorded: RecordedPart): readonly UiChunk[] {
  if (recorded.kind === 'call') return [toCallAvailable(recorded)];
  const { id, text } = recorded;
  const name = toTextName(recorded.kind);
  const rest = text.slice(part?.text.length ?? 0);
  return [
    ...(part === undefined ? [{ type: `${name}-start`, id } as const] : []),
    ...(rest === '' ? [] : [{ type: `${name}-delta`, id, delta: rest } as const]),
    toTextEnd(recorded),
  ];
}

/** Encodes a call with its whole input, by its wire id. */
export function toCallAvailable({ id, call }: { readonly id: string; readonly call: ToolCall }): UiChunk {
  const toolName = getCallName(call);
  return { type: 'tool-input-available', toolCallId: id, toolName, input: readCallInput(call), dynamic: true };
}

function toCompletedStep(step: UiStep, recorded: readonly RecordedPart[]): UiStep {
  return { turn: step.turn, parts: recorded.map(({ kind, id, text }) => ({ kind, id, text, isOpen: false })) };
}

/** For `ai` 6: adds what is missing. A text that was streamed and is not part of the response stays. */
function completeWithoutReset(step: UiStep, recorded: readonly RecordedPart[]): StepChange {
  const chunks: UiChunk[] = [];
  const used = new Set<StreamedPart>();
  for (const part of recorded) {
    const own = step.parts.findLast((each) => each.kind === part.kind && (part.kind !== 'call' || each.id === part.id));
    if (own !== undefined && part.text.startsWith(own.text) && (own.isOpen || part.text === own.text)) {
      used.add(own);
      if (part.kind === 'call') chunks.push(toCallAvailable(part));
      else if (own.isOpen) chunks.push(...completePart(own, { ...part, id: own.id }));
      continue;
    }
    const id = own === undefined ? part.id : `${part.id}.again`;
    chunks.push(...completePart(undefined, part.kind === 'call' ? part : { ...part, id }));
  }
  const left = step.parts.filter((part) => !used.has(part));
  const ends = left.flatMap((part) =>
    part.kind === 'call' ? [toDiscardedCall(part)] : part.isOpen ? [toTextEnd(part)] : [],
  );
  return { step: toCompletedStep(step, recorded), chunks: [...ends, ...chunks] };
}

function toDiscardedCall({ id: toolCallId }: StreamedPart): UiChunk {
  return { type: 'tool-output-error', toolCallId, errorText: 'The response with this call was discarded.' };
}

/** For `ai` 6: skips the beginning that equals the discarded text. */
function repeatText(step: UiStep, part: StreamedPart, event: TextDelta): StepChange {
  const retry = `${part.retry ?? ''}${event.delta}`;
  if (part.text.startsWith(retry)) return { step: replacePart(step, part, { ...part, retry }), chunks: [] };
  const { retry: _, ...shown } = part;
  if (retry.startsWith(part.text)) {
    return extendText(replacePart(step, part, shown), shown, retry.slice(part.text.length));
  }
  const closed = replacePart(step, part, { ...shown, isOpen: false });
  const { kind } = part;
  if (kind === 'call') return { step, chunks: [] };
  const opened = openText(closed, { kind, id: `${event.turn}.${kind}.${event.attempt}`, text: retry });
  return { step: opened.step, chunks: [toTextEnd(part), ...opened.chunks] };
}

interface NewText {
  readonly kind: Exclude<PartKind, 'call'>;
  readonly id: string;
  readonly text: string;
}

function openText(step: UiStep, { kind, id, text }: NewText): StepChange {
  const name = toTextName(kind);
  return {
    step: { ...step, parts: [...step.parts, { kind, id, text, isOpen: true }] },
    chunks: [
      { type: `${name}-start`, id },
      ...(text === '' ? [] : [{ type: `${name}-delta`, id, delta: text } as const]),
    ],
  };
}

function extendText(step: UiStep, part: StreamedPart, delta: string): StepChange {
  const next = { ...part, text: part.text + delta };
  if (delta === '') return { step: replacePart(step, part, next), chunks: [] };
  const name = toTextName(part.kind);
  return { step: replacePart(step, part, next), chunks: [{ type: `${name}-delta`, id: part.id, delta }] };
}

/** Parts of `ai` know text and reasoning: a refusal is a text. */
function toTextName(kind: PartKind): 'text' | 'reasoning' {
  return kind === 'reasoning' ? 'reasoning' : 'text';
}

function toTextEnd({ kind, id }: Pick<StreamedPart, 'kind' | 'id'>): UiChunk {
  return { type: `${toTextName(kind)}-end`, id };
}

function replacePart(step: UiStep, part: StreamedPart, next: StreamedPart): UiStep {
  return { ...step, parts: step.parts.map((each) => (each === part ? next : each)) };
}
