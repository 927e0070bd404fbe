import type { UserMessage, UserPart } from '@pawl/core/chat';
import type { AgUiMessage, AgUiPart, AgUiToolMessage } from './ag-ui-event.ts';
import { type AgUiTurn, listCallIds, type TurnPlace, toTurnMessages } from './ag-ui-turn.ts';

/** A turn that is not complete: the encoder has it apart, so that a piece of text changes no list. */
interface OpenTurn extends TurnPlace {
  readonly isOpen: true;
}

type Entry = AgUiMessage | AgUiTurn | OpenTurn;

/** What a run adds to its thread, in the order in which a client gets it. */
export interface RunMessages {
  readonly entries: readonly Entry[];
  /** The turn under way of the run and of each run inside it, by path. */
  readonly open: ReadonlyMap<string, AgUiTurn>;
}

export const NO_MESSAGES: RunMessages = { entries: [], open: new Map() };

/** Replaces the turn under way of a path, or begins it. The turn before is complete then. */
export function setTurn(messages: RunMessages, turn: AgUiTurn): RunMessages {
  const { path } = turn;
  if (messages.open.get(path)?.turn === turn.turn) return { ...messages, open: new Map(messages.open).set(path, turn) };
  const { entries, open } = settleTurn(messages, path);
  const place: OpenTurn = { runId: turn.runId, path, turn: turn.turn, isOpen: true };
  return { entries: [...entries, place], open: new Map(open).set(path, turn) };
}

/** Ends the turn under way of a path. */
export function settleTurn({ entries, open }: RunMessages, path: string): RunMessages {
  const turn = open.get(path);
  if (turn === undefined) return { entries, open };
  const rest = new Map(open);
  rest.delete(path);
  return { entries: entries.map((entry) => (isSameTurn(entry, turn) ? turn : entry)), open: rest };
}

/** Removes a turn with its calls. */
export function removeTurn({ entries, open }: RunMessages, turn: AgUiTurn): RunMessages {
  const rest = new Map(open);
  if (rest.get(turn.path)?.turn === turn.turn) rest.delete(turn.path);
  const calls = new Set(listCallIds(turn));
  return {
    entries: entries.filter((entry) => {
      return !isSameTurn(entry, turn) && !('toolCallId' in entry && calls.has(entry.toolCallId));
    }),
    open: rest,
  };
}

export function findTurn({ entries, open }: RunMessages, { path, turn }: TurnPlace): AgUiTurn | undefined {
  const current = open.get(path);
  if (current?.turn === turn) return current;
  return entries.find((entry): entry is AgUiTurn => 'calls' in entry && entry.path === path && entry.turn === turn);
}

/** Changes a turn that is complete or under way. */
export function replaceTurn({ entries, open }: RunMessages, turn: AgUiTurn): RunMessages {
  if (open.get(turn.path)?.turn === turn.turn) return { entries, open: new Map(open).set(turn.path, turn) };
  return { entries: entries.map((entry) => (isSameTurn(entry, turn) ? turn : entry)), open };
}

export function addMessage({ entries, open }: RunMessages, message: AgUiMessage): RunMessages {
  return { entries: [...entries, message], open };
}

/** Adds the result of a call where clients do: behind the turn of the call and the results that it has. */
export function addResult({ entries, open }: RunMessages, place: TurnPlace, result: AgUiToolMessage): RunMessages {
  const owner = entries.findIndex((entry) => isSameTurn(entry, place));
  let at = owner === -1 ? entries.length : owner + 1;
  for (let next = entries[at]; next !== undefined && 'role' in next && next.role === 'tool'; next = entries[at]) at++;
  return { entries: entries.toSpliced(at, 0, result), open };
}

/** Lists the messages as a client has them. */
export function listMessages(
  { entries, open }: RunMessages,
  getOwner: (path: string) => { readonly subagentRunId?: string },
): readonly AgUiMessage[] {
  return entries.flatMap((entry): readonly AgUiMessage[] => {
    if ('role' in entry) return [entry];
    const turn = 'calls' in entry ? entry : open.get(entry.path);
    return turn === undefined ? [] : toTurnMessages(turn, getOwner(turn.path));
  });
}

function isSameTurn(entry: Entry, { path, turn }: TurnPlace): boolean {
  return !('role' in entry) && entry.path === path && entry.turn === turn;
}

/** Returns the content of a user message for a client. A file that a server has under an id has no form that a client can show. */
export function toUserContent({ content }: UserMessage): string | AgUiPart[] {
  if (typeof content === 'string') return content;
  return content.flatMap(toParts);
}

function toParts(part: UserPart): readonly AgUiPart[] {
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: part.text }];
    case 'image_url':
      return [{ type: 'image', source: toSource(part.image_url.url, 'image/*') }];
    case 'input_audio': {
      const { data: value, format } = part.input_audio;
      const mimeType = `audio/${format === 'mp3' ? 'mpeg' : format}`;
      return [{ type: 'audio', source: { type: 'data', value, mimeType } }];
    }
    case 'file': {
      const { file_data: data } = part.file;
      return data === undefined ? [] : [{ type: 'document', source: toSource(data, 'application/octet-stream') }];
    }
  }
}

function toSource(url: string, mimeType: string): Extract<AgUiPart, { source: unknown }>['source'] {
  const [, type = mimeType, value] = /^data:([^;,]+)[^,]*,(.*)$/s.exec(url) ?? [];
  if (value !== undefined) return { type: 'data', value, mimeType: type };
  return /^https?:/i.test(url) ? { type: 'url', value: url } : { type: 'data', value: url, mimeType };
}

export function formatResultId(toolCallId: string): string {
  return `${toolCallId}.result`;
}
