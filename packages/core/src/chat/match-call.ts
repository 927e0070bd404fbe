import { joinName } from './join-name.ts';
import type { CallPiece } from './read-call.ts';
import type { RequestTools } from './request-tools.ts';

/** A call of a stream, as far as it is read. */
export interface OpenCall {
  /** The index that the server sent; not the position. */
  readonly index: number | undefined;
  readonly id: string;
  readonly name: string;
  readonly text: string;
  /** Whether its arguments are complete. */
  readonly isWhole: boolean;
}

export interface MatchScope<Call extends OpenCall> {
  readonly calls: readonly Call[];
  /** The last call that began with the index of the piece. Looked up by the caller, because each piece needs it. */
  readonly last: Call | undefined;
  /** Calls that already got a piece of this list. */
  readonly touched: ReadonlySet<Call>;
  /** The position of the piece, if the list has several. */
  readonly position: number | undefined;
  readonly tools: RequestTools;
}

/** Finds the call that a piece continues; `undefined` if it starts another call. */
export function matchCall<Call extends OpenCall>(piece: CallPiece, matching: MatchScope<Call>): Call | undefined {
  const candidate = piece.index === undefined ? withoutIndex(piece, matching) : withIndex(piece, matching);
  return candidate === undefined || isAnother(piece, candidate, matching.tools) ? undefined : candidate;
}

function withIndex<Call extends OpenCall>(
  { index, id, name }: CallPiece,
  { calls, last, touched }: MatchScope<Call>,
): Call | undefined {
  const isLast = id === '' || id === last?.id;
  const candidate = isLast ? last : (calls.findLast((call) => call.index === index && call.id === id) ?? last);
  if (candidate !== undefined) return name !== '' && touched.has(candidate) ? undefined : candidate;
  // Some servers omit the index in the first piece of a call.
  return name === '' && id === '' ? calls.findLast((call) => call.index === undefined) : undefined;
}

function withoutIndex<Call extends OpenCall>(
  { id }: CallPiece,
  { calls, touched, position }: MatchScope<Call>,
): Call | undefined {
  const known = id === '' ? undefined : calls.findLast((call) => call.id === id && !touched.has(call));
  const candidate = known ?? (position === undefined ? calls.at(-1) : calls[position]);
  return candidate === undefined || touched.has(candidate) ? undefined : candidate;
}

/**
 * Some servers give every parallel call the index 0, repeat the name, or send a new id in each piece. Then a new name, or complete
 * arguments, separate two calls. A custom tool's text is never known to be complete, so there a new id is another call.
 */
function isAnother(piece: CallPiece, open: OpenCall, tools: RequestTools): boolean {
  const { id, type, name, text } = piece;
  if (name === '' || open.name === '') return false;
  if (name !== open.name) return joinName(piece, open, tools) === undefined;
  const isNew = id !== '' && open.id !== '' && id !== open.id;
  if (isNew) return type === 'custom' || open.isWhole;
  const isRepeated = id !== '' && (text === open.text || (id === open.id && open.text === '{}'));
  return !isRepeated && text.trimStart().startsWith('{') && open.isWhole;
}
