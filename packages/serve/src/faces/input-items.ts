import { type ListedItem, toListedItems } from '@pawl/responses/wire';
import { formatCallId } from '../protocol/call-id.ts';
import { createInvalidError } from '../protocol/problem.ts';
import { quote } from '../protocol/read-json.ts';
import { formatApprovalId } from '../protocol/responses/response-ids.ts';
import { type FoundResponse, readResponseOrigin } from './response-run.ts';

/** The object of `GET /v1/responses/{id}/input_items`. */
export interface ItemList {
  readonly object: 'list';
  readonly data: readonly ListedItem[];
  readonly first_id: string | null;
  readonly last_id: string | null;
  readonly has_more: boolean;
}

/**
 * Lists the input of a response: https://platform.openai.com/docs/api-reference/responses/input-items
 *
 * @param query - `limit` from 1 to 100, 20 without it; `order`: the newest item first without it; `after`: the id of an item
 * @throws HttpProblem 400
 */
export function listInputItems(found: FoundResponse, query: URLSearchParams): ItemList {
  const limit = readLimit(query.get('limit'));
  const order = query.get('order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') {
    throw createInvalidError(`"order" is ${quote(order)}. Use asc or desc.`, 'order');
  }
  const items = found.place.after === 0 ? listInput(found) : listAnswerItems(found);
  const ordered = order === 'asc' ? items : items.toReversed();
  const after = query.get('after');
  const start = after === null ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
  if (after !== null && start === 0) throw createInvalidError(`"after" is ${quote(after)}, which is no item.`, 'after');
  const data = ordered.slice(start, start + limit);
  return {
    object: 'list',
    data,
    first_id: data.at(0)?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + limit < ordered.length,
  };
}

function readLimit(text: string | null): number {
  const limit = Number(text ?? 20);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 100) return limit;
  throw createInvalidError(`"limit" is ${quote(text)}. Pass a whole number from 1 to 100.`, 'limit');
}

function listInput({ run: { record } }: FoundResponse): readonly ListedItem[] {
  // A run of a conversation begins with what was stored before.
  const start = record.conversation?.kept ?? readResponseOrigin(record).inputStart;
  const own = record.messages.slice(start);
  return toListedItems(own, (index) => `item_${record.runId}.${index}`);
}

/** Lists the answers that a response follows. */
function listAnswerItems({ place: { after }, run: { record, events } }: FoundResponse): readonly ListedItem[] {
  const { runId } = record;
  const requests = new Map<string, string>();
  return events.flatMap(({ path, event, position }): readonly ListedItem[] => {
    if (event.type !== 'approval.requested' && event.type !== 'approval.answered') return [];
    const callId = formatCallId({ runId, path, ...event });
    if (event.type === 'approval.requested') requests.set(callId, formatApprovalId(runId, event.pending));
    if (event.type === 'approval.requested' || position <= after) return [];
    const { answer } = event;
    const id = `item_${callId}`;
    if (answer.type === 'result') {
      const output = typeof answer.value === 'string' ? answer.value : JSON.stringify(answer.value);
      return [{ type: 'function_call_output', id, call_id: callId, output, status: 'completed' }];
    }
    const request = requests.get(callId) ?? callId;
    const reason = answer.type === 'deny' ? (answer.reason ?? null) : null;
    return [
      { type: 'mcp_approval_response', id, approval_request_id: request, approve: answer.type !== 'deny', reason },
    ];
  });
}
