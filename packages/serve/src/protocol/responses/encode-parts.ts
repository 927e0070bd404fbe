import { getCallArguments, getCallName, getMessageText, type ToolCall } from '@pawl/core/chat';
import type { EventOf } from '@pawl/core/events';
import type { ItemStatus, McpCallItem, ResponseItem } from '@pawl/responses/wire';
import { formatCallId } from '../call-id.ts';
import type { EventPlace, StreamDraft } from './response-draft.ts';

/** An item of the response under way, as far as it was sent. */
export interface StreamedPart {
  readonly kind: 'reasoning' | 'text' | 'refusal' | 'call';
  /** The same for a part of every attempt, and of the journal. */
  readonly key: string;
  /** The id of the item in this stream. */
  readonly id: string;
  readonly index: number;
  readonly text: string;
  readonly call: CallLabel | undefined;
}

interface CallLabel {
  readonly agent: string;
  readonly name: string;
}

/** A part as the journal has it. */
export interface RecordedPart {
  readonly kind: StreamedPart['kind'];
  readonly key: string;
  readonly text: string;
  readonly label: CallLabel | undefined;
  readonly call: ToolCall | undefined;
}

type PartName = Pick<RecordedPart, 'kind' | 'key' | 'label'>;

/** Begins an item of the response under way. `suffix`: tells it from the item of a discarded attempt. */
export function openPart(draft: StreamDraft, { kind, key, label }: PartName, suffix: string): StreamedPart {
  const index = draft.takeIndex();
  const part: StreamedPart = { kind, key, id: `${key}${suffix}`, index, text: '', call: label };
  const item = toItem(part, 'in_progress');
  draft.emit({ type: 'response.output_item.added', output_index: index, item: clearItem(item) }, 'live');
  const place = { item_id: part.id, output_index: index };
  if (kind === 'call') draft.emit({ type: 'response.mcp_call.in_progress', ...place }, 'live');
  else {
    draft.emit({ type: 'response.content_part.added', ...place, content_index: 0, part: toContent(part) }, 'live');
  }
  return part;
}

/** Sends a piece of a text. What has no number any more is sent with the whole response. */
export function extendPart(draft: StreamDraft, part: StreamedPart, delta: string): StreamedPart {
  if (delta === '') return part;
  const place = { item_id: part.id, output_index: part.index };
  const { length } = delta;
  const isSent =
    part.kind === 'call'
      ? draft.emit({ type: 'response.mcp_call_arguments.delta', ...place, delta }, 'live', length)
      : draft.emit({ ...toDelta(part.kind, delta), ...place, content_index: 0 }, 'live', length);
  return isSent ? { ...part, text: part.text + delta } : part;
}

function toDelta(kind: Exclude<StreamedPart['kind'], 'call'>, delta: string) {
  switch (kind) {
    case 'text':
      return { type: 'response.output_text.delta', delta, logprobs: [] } as const;
    case 'reasoning':
      return { type: 'response.reasoning_text.delta', delta } as const;
    case 'refusal':
      return { type: 'response.refusal.delta', delta } as const;
  }
}

/** Ends an item with its whole text. A call goes on: only its arguments are whole. */
export function completePart(draft: StreamDraft, part: StreamedPart, phase?: 'commentary' | 'final_answer'): void {
  const { kind, text, id, index } = part;
  const place = { item_id: id, output_index: index };
  const inPart = { ...place, content_index: 0 };
  switch (kind) {
    case 'call':
      draft.emit({ type: 'response.mcp_call_arguments.done', ...place, arguments: text }, 'recorded');
      return;
    case 'text':
      draft.emit({ type: 'response.output_text.done', ...inPart, text, logprobs: [] }, 'recorded');
      break;
    case 'reasoning':
      draft.emit({ type: 'response.reasoning_text.done', ...inPart, text }, 'recorded');
      break;
    case 'refusal':
      draft.emit({ type: 'response.refusal.done', ...inPart, refusal: text }, 'recorded');
      break;
  }
  draft.emit({ type: 'response.content_part.done', ...inPart, part: toContent(part) }, 'recorded');
  const item = toItem(part, 'completed', phase);
  draft.emit({ type: 'response.output_item.done', output_index: index, item }, 'recorded');
}

/** Ends the items of a response that is void. */
export function discardParts(draft: StreamDraft, parts: readonly StreamedPart[], where: EventPlace): void {
  for (const part of parts) {
    const done = {
      type: 'response.output_item.done',
      output_index: part.index,
      item: toItem(part, 'incomplete'),
    } as const;
    // An item that has no number of its own in the response under way is ended all the same.
    if (!draft.emit(done, where)) draft.emit(done, 'end');
  }
}

/** Converts a part to its item. */
export function toItem(
  part: Pick<StreamedPart, 'kind' | 'id' | 'text' | 'call'>,
  status: ItemStatus,
  phase?: 'commentary' | 'final_answer',
): ResponseItem {
  const { kind, id, text, call } = part;
  switch (kind) {
    case 'reasoning':
      return { type: 'reasoning', id, status, summary: [], content: [{ type: 'reasoning_text', text }] };
    case 'call':
      return createCallItem({ id, agent: call?.agent ?? '', name: call?.name ?? '', text, status });
    case 'text':
    case 'refusal': {
      const content = [kind === 'text' ? toText(text) : ({ type: 'refusal', refusal: text } as const)];
      return { type: 'message', id, role: 'assistant', status, content, ...(phase !== undefined && { phase }) };
    }
  }
}

interface NewCall extends CallLabel {
  readonly id: string;
  readonly text: string;
  readonly status: McpCallItem['status'];
}

export function createCallItem({ id, agent, name, text, status }: NewCall): McpCallItem {
  return {
    type: 'mcp_call',
    id,
    server_label: agent,
    name,
    arguments: text,
    status,
    approval_request_id: null,
    output: null,
    error: null,
  };
}

/** An item when it begins: its parts follow as events of their own. */
function clearItem(item: ResponseItem): ResponseItem {
  return item.type === 'message' || item.type === 'reasoning' ? { ...item, content: [] } : item;
}

function toContent({ kind, text }: StreamedPart) {
  if (kind === 'reasoning') return { type: 'reasoning_text', text } as const;
  return kind === 'refusal' ? ({ type: 'refusal', refusal: text } as const) : toText(text);
}

function toText(text: string) {
  return { type: 'output_text', text, annotations: [] } as const;
}

/** The keys of the parts of a turn. */
export function formatPartKey(kind: 'reasoning' | 'text' | 'refusal', runId: string, turn: number): string {
  const prefix = { reasoning: 'rs', text: 'msg', refusal: 'msg_refusal' }[kind];
  return `${prefix}_${runId}.${turn}`;
}

/** Lists the parts of a recorded response. The client gets no item for a call that it executes, until the call waits for it. */
export function listRecordedParts(
  { runId, path, turn, agent, message }: EventOf<'model.responded'>,
  callerTools: ReadonlySet<string>,
): readonly RecordedPart[] {
  const content = typeof message.content === 'string' ? [] : message.content;
  const refused = (content ?? []).map((piece) => ('refusal' in piece ? piece.refusal : '')).join('');
  const texts = [
    { kind: 'reasoning', text: message.reasoning_content ?? message.reasoning ?? '' },
    { kind: 'text', text: getMessageText(message) },
    { kind: 'refusal', text: message.refusal ?? refused },
  ] as const;
  const calls = (message.tool_calls ?? []).flatMap((call, index): readonly RecordedPart[] => {
    const name = getCallName(call);
    if (callerTools.has(name)) return [];
    const key = formatCallId({ runId, path, turn, index });
    return [{ kind: 'call', key, text: getCallArguments(call), label: { agent, name }, call }];
  });
  const parts = texts.flatMap(({ kind, text }): readonly RecordedPart[] => {
    if (text === '') return [];
    return [{ kind, key: formatPartKey(kind, runId, turn), text, label: undefined, call: undefined }];
  });
  return [...parts, ...calls];
}
