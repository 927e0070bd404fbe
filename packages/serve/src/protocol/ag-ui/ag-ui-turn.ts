import { getCallArguments, getCallName } from '@pawl/core/chat';
import type { EventOf, ModelRespondedEvent } from '@pawl/core/events';
import { formatCallId } from '../call-id.ts';
import { readResponseTexts } from '../response-texts.ts';
import type { AgUiMessage, AgUiProducedEvent, AgUiToolCall } from './ag-ui-event.ts';

/** A turn of a run, or of a run inside it. */
export interface TurnPlace {
  readonly runId: string;
  /** `''` for the run itself. */
  readonly path: string;
  readonly turn: number;
}

/** What a client has of the response of a turn. */
export interface AgUiTurn extends TurnPlace {
  readonly reasoning?: string;
  readonly text?: string;
  readonly calls: readonly CallPart[];
  /** The part that is streamed. Parts follow one another: some clients know one at a time. */
  readonly open?: PartKey;
}

interface CallPart {
  /** The place of the call in the response. */
  readonly index: number;
  readonly name: string;
  readonly text: string;
}

/** A part of a response: its reasoning, its text, or the call at that place. */
type PartKey = 'reasoning' | 'text' | number;

/** The next turn, and the events that lead to it. */
export interface TurnChange {
  readonly turn: AgUiTurn;
  readonly events: readonly AgUiProducedEvent[];
}

/** A part as far as it is known. */
interface Part {
  readonly key: PartKey;
  readonly text: string;
  /** The tool of a call. */
  readonly name: string;
}

export function formatMessageId({ runId, path, turn }: TurnPlace): string {
  return `${runId}.${path === '' ? '' : `${path}.`}${turn}`;
}

/** Adds a piece of a text. A refusal is a text. */
export function addTextDelta(
  turn: AgUiTurn,
  { type, delta }: EventOf<'text.delta' | 'reasoning.delta' | 'refusal.delta'>,
): TurnChange {
  if (delta === '') return { turn, events: [] };
  return addPiece(turn, { key: type === 'reasoning.delta' ? 'reasoning' : 'text', text: delta, name: '' });
}

/** Adds a piece of the arguments of a call. */
export function addCallDelta(turn: AgUiTurn, { index, toolName, delta }: EventOf<'tool_call.delta'>): TurnChange {
  return addPiece(turn, { key: index, text: delta, name: toolName });
}

/**
 * Completes a turn with the response that was recorded; `undefined` if what was streamed is not its beginning.
 */
export function completeTurn(turn: AgUiTurn, event: ModelRespondedEvent): TurnChange | undefined {
  const parts = listRecordedParts(event);
  const isBeginning = listParts(turn).every(({ key, text, name }) => {
    const recorded = parts.find((part) => part.key === key);
    return recorded?.text.startsWith(text) === true && recorded.name === name;
  });
  if (!isBeginning) return undefined;
  let change: TurnChange = { turn, events: [] };
  for (const part of parts) {
    const known = findText(change.turn, part.key);
    if (known === part.text) continue;
    const { turn: next, events } = addPiece(change.turn, { ...part, text: part.text.slice(known?.length ?? 0) });
    change = { turn: next, events: [...change.events, ...events] };
  }
  const closed = closeTurn(change.turn);
  return { turn: closed.turn, events: [...change.events, ...closed.events] };
}

/** Closes the part that is streamed. */
export function closeTurn(turn: AgUiTurn): TurnChange {
  const { open, ...closed } = turn;
  if (open === undefined) return { turn, events: [] };
  const messageId = formatMessageId(turn);
  switch (open) {
    case 'text':
      return { turn: closed, events: [{ type: 'TEXT_MESSAGE_END', messageId }] };
    case 'reasoning': {
      const id = formatReasoningId(messageId);
      const events = [
        { type: 'REASONING_MESSAGE_END', messageId: id },
        { type: 'REASONING_END', messageId: id },
      ] as const;
      return { turn: closed, events };
    }
    default:
      return { turn: closed, events: [{ type: 'TOOL_CALL_END', toolCallId: formatCallId({ ...turn, index: open }) }] };
  }
}

/** Lists the events that open the part that is streamed, for a client that has the messages of the turn. */
export function listOpenStarts(turn: AgUiTurn): readonly AgUiProducedEvent[] {
  const { open } = turn;
  return open === undefined ? [] : listStarts(turn, open, turn.calls.find(({ index }) => index === open)?.name ?? '');
}

/** Lists the ids of the calls that a client has of a turn. */
export function listCallIds(turn: AgUiTurn): readonly string[] {
  return turn.calls.map(({ index }) => formatCallId({ ...turn, index }));
}

/** Returns the messages of a turn: its reasoning, then its text and calls. */
export function toTurnMessages(turn: AgUiTurn, owner: { readonly subagentRunId?: string }): readonly AgUiMessage[] {
  const { reasoning, text, calls } = turn;
  const id = formatMessageId(turn);
  const toolCalls = calls.map(({ index, name, text: args }): AgUiToolCall => {
    return { id: formatCallId({ ...turn, index }), type: 'function', function: { name, arguments: args } };
  });
  return [
    ...(reasoning === undefined
      ? []
      : [{ id: formatReasoningId(id), role: 'reasoning', content: reasoning, ...owner } as const]),
    ...(text === undefined && toolCalls.length === 0
      ? []
      : [
          {
            id,
            role: 'assistant',
            ...(text !== undefined && { content: text }),
            ...(toolCalls.length > 0 && { toolCalls }),
            ...owner,
          } as const,
        ]),
  ];
}

function addPiece(before: AgUiTurn, { key, text, name }: Part): TurnChange {
  const isOpen = before.open === key;
  const closed = isOpen ? { turn: before, events: [] } : closeTurn(before);
  const turn = { ...extend(closed.turn, { key, text, name }), open: key };
  return {
    turn,
    events: [
      ...closed.events,
      ...(isOpen ? [] : listStarts(turn, key, name)),
      ...(text === '' ? [] : [toContent(turn, { key, text, name })]),
    ],
  };
}

function extend(turn: AgUiTurn, { key, text, name }: Part): AgUiTurn {
  if (typeof key !== 'number') return { ...turn, [key]: `${turn[key] ?? ''}${text}` };
  const known = turn.calls.find(({ index }) => index === key);
  if (known === undefined) return { ...turn, calls: [...turn.calls, { index: key, name, text }] };
  const next = { ...known, text: known.text + text };
  return { ...turn, calls: turn.calls.map((call) => (call === known ? next : call)) };
}

function listStarts(turn: AgUiTurn, key: PartKey, toolCallName: string): readonly AgUiProducedEvent[] {
  const messageId = formatMessageId(turn);
  switch (key) {
    case 'text':
      return [{ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' }];
    case 'reasoning': {
      const id = formatReasoningId(messageId);
      return [
        { type: 'REASONING_START', messageId: id },
        { type: 'REASONING_MESSAGE_START', messageId: id, role: 'reasoning' },
      ];
    }
    default: {
      const toolCallId = formatCallId({ ...turn, index: key });
      return [{ type: 'TOOL_CALL_START', toolCallId, toolCallName, parentMessageId: messageId }];
    }
  }
}

function toContent(turn: AgUiTurn, { key, text: delta }: Part): AgUiProducedEvent {
  const messageId = formatMessageId(turn);
  switch (key) {
    case 'text':
      return { type: 'TEXT_MESSAGE_CONTENT', messageId, delta };
    case 'reasoning':
      return { type: 'REASONING_MESSAGE_CONTENT', messageId: formatReasoningId(messageId), delta };
    default:
      return { type: 'TOOL_CALL_ARGS', toolCallId: formatCallId({ ...turn, index: key }), delta };
  }
}

function listParts({ reasoning, text, calls }: AgUiTurn): readonly Part[] {
  return [
    ...(reasoning === undefined ? [] : [{ key: 'reasoning', text: reasoning, name: '' } as const]),
    ...(text === undefined ? [] : [{ key: 'text', text, name: '' } as const]),
    ...calls.map(({ index: key, ...call }) => ({ key, ...call })),
  ];
}

function findText(turn: AgUiTurn, key: PartKey): string | undefined {
  return listParts(turn).find((part) => part.key === key)?.text;
}

function listRecordedParts({ message }: ModelRespondedEvent): readonly Part[] {
  const { reasoning, text, refusal } = readResponseTexts(message);
  const texts = [
    { key: 'reasoning', text: reasoning, name: '' },
    { key: 'text', text: text + refusal, name: '' },
  ] as const;
  return [
    ...texts.filter((part) => part.text !== ''),
    ...(message.tool_calls ?? []).map((call, key) => ({ key, text: getCallArguments(call), name: getCallName(call) })),
  ];
}

function formatReasoningId(messageId: string): string {
  return `${messageId}.reasoning`;
}
