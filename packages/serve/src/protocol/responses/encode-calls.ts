import type { PendingCall } from '@pawl/core';
import { getCallArguments, getCallName, type ToolCall } from '@pawl/core/chat';
import type { EventOf } from '@pawl/core/events';
import type { McpCallItem, ResponseItem } from '@pawl/responses/wire';
import { createCallItem } from './encode-parts.ts';
import type { EventPlace, StreamDraft } from './response-draft.ts';
import { formatApprovalId } from './response-ids.ts';

/** A call of the run. */
export interface KnownCall {
  readonly call: ToolCall;
  readonly agent: string;
  /** The request that a person answers. */
  readonly approvalId?: string;
  /** Its item, if the response has one. */
  readonly item?: CallItem;
  readonly isClosed?: true;
}

/** The item of a call. */
export interface CallItem {
  readonly index: number;
  /** Its place in the output. */
  readonly place: number;
  /** The id in this stream. */
  readonly id: string;
}

/** Adds an item that is whole. */
export function sendItem(draft: StreamDraft, item: ResponseItem, where: EventPlace): void {
  const index = draft.takeIndex();
  draft.emit({ type: 'response.output_item.added', output_index: index, item }, where);
  draft.emit({ type: 'response.output_item.done', output_index: index, item }, where);
  draft.addItem(item);
}

/** Whether a client can approve a pending call. */
export function isApprovable({ reason, accepts }: PendingCall): boolean {
  return reason !== 'external_result' && accepts.includes('approve');
}

/** Adds the question whether a call may run. */
export function sendApprovalRequest(
  draft: StreamDraft,
  { pending, runId, agent }: { readonly pending: PendingCall; readonly runId: string; readonly agent: string },
  where: EventPlace,
): void {
  const { call } = pending;
  const id = formatApprovalId(runId, pending);
  const named = { server_label: agent, name: getCallName(call), arguments: getCallArguments(call) };
  sendItem(draft, { type: 'mcp_approval_request', id, ...named }, where);
}

/** Adds a call that the client executes. */
export function sendCallerCall(
  draft: StreamDraft,
  { id, call }: { readonly id: string; readonly call: ToolCall },
  where: EventPlace,
): void {
  const name = getCallName(call);
  const text = getCallArguments(call);
  const output_index = draft.takeIndex();
  if (call.type === 'custom') {
    const item = { type: 'custom_tool_call', id: `ctc_${id}`, call_id: id, name, input: text } as const;
    const place = { item_id: item.id, output_index };
    draft.emit({ type: 'response.output_item.added', output_index, item: { ...item, input: '' } }, where);
    draft.emit({ type: 'response.custom_tool_call_input.delta', ...place, delta: text }, where);
    draft.emit({ type: 'response.custom_tool_call_input.done', ...place, input: text }, where);
    draft.emit({ type: 'response.output_item.done', output_index, item }, where);
    draft.addItem(item);
    return;
  }
  const item = {
    type: 'function_call',
    id: `fc_${id}`,
    call_id: id,
    name,
    arguments: text,
    status: 'completed',
  } as const;
  const place = { item_id: item.id, output_index };
  const empty = { ...item, arguments: '', status: 'in_progress' } as const;
  draft.emit({ type: 'response.output_item.added', output_index, item: empty }, where);
  draft.emit({ type: 'response.function_call_arguments.delta', ...place, delta: text }, where);
  draft.emit({ type: 'response.function_call_arguments.done', ...place, arguments: text, name }, where);
  draft.emit({ type: 'response.output_item.done', output_index, item }, where);
  draft.addItem(item);
}

/** Begins the item of a call that an earlier response asked about. */
export function openCall(draft: StreamDraft, id: string, { call, agent }: KnownCall): CallItem {
  const text = getCallArguments(call);
  const output_index = draft.takeIndex();
  const item = createCallItem({ id, agent, name: getCallName(call), text, status: 'in_progress' });
  const place = { item_id: id, output_index };
  draft.emit({ type: 'response.output_item.added', output_index, item: { ...item, arguments: '' } }, 'recorded');
  draft.emit({ type: 'response.mcp_call.in_progress', ...place }, 'recorded');
  draft.emit({ type: 'response.mcp_call_arguments.delta', ...place, delta: text }, 'recorded');
  draft.emit({ type: 'response.mcp_call_arguments.done', ...place, arguments: text }, 'recorded');
  return { index: output_index, place: draft.addItem(item), id };
}

interface ClosedCall {
  readonly id: string;
  readonly known: KnownCall;
  readonly item: CallItem;
  /** Whether results and errors of tools leave the server. */
  readonly isShown: boolean;
}

/** Ends the item of a call. */
export function closeCall(
  draft: StreamDraft,
  event: EventOf<'tool.finished' | 'tool.failed' | 'tool.skipped'>,
  { id, known, item: { index, place, id: itemId }, isShown }: ClosedCall,
): void {
  const isFinished = event.type === 'tool.finished';
  const { agent, call, approvalId = null } = known;
  const text = getCallArguments(event.call);
  const item: McpCallItem = {
    ...createCallItem({ id, agent, name: getCallName(call), text, status: isFinished ? 'completed' : 'failed' }),
    approval_request_id: approvalId,
    output: isFinished && isShown ? event.content : null,
    error: isFinished ? null : toCallError(isShown ? event.content : 'The call failed.'),
  };
  const type = isFinished ? 'response.mcp_call.completed' : 'response.mcp_call.failed';
  draft.emit({ type, item_id: itemId, output_index: index }, 'recorded');
  const done = { type: 'response.output_item.done', output_index: index, item: { ...item, id: itemId } } as const;
  draft.emit(done, 'recorded');
  draft.replaceItem(place, item);
}

/** Ends the item of a call that has no result. */
export function endCall(draft: StreamDraft, { index, place, id }: CallItem): void {
  const open = draft.sent.output[place];
  if (open?.type !== 'mcp_call') return;
  const item: McpCallItem = { ...open, status: 'incomplete' };
  draft.emit({ type: 'response.output_item.done', output_index: index, item: { ...item, id } }, 'end');
  draft.replaceItem(place, item);
}

function toCallError(text: string): McpCallItem['error'] {
  return { type: 'mcp_tool_execution_error', content: [{ type: 'text', text }] };
}
