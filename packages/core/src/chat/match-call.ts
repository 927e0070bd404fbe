import { joinName } from './join-name.ts';
import type { CallPiece } from './read-call.ts';
import type { RequestTools } from './request-tools.ts';

/** What is known so far of a call that a stream brings in pieces. */
export interface OpenCall {
  /** The server's own, not the position. */
  readonly index: number | undefined;
  readonly id: string;
  readonly name: string;
  readonly text: string;
  /** Whether nothing can be added to its arguments. */
  readonly isWhole: boolean;
}

export interface MatchScope<Call extends OpenCall> {
  readonly calls: readonly Call[];
  /** The last of them that began with the piece's index: this is asked for each piece. */
  readonly last: Call | undefined;
  /** Those that this list of pieces has a piece of already. */
  readonly touched: ReadonlySet<Call>;
  /** In a list of several pieces. */
  readonly position: number | undefined;
  readonly tools: RequestTools;
}

/** The call that a piece goes on with; `undefined` where it starts another one. */
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
  // Some servers give the index not in a call's first piece.
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
 * Servers number every parallel call 0, repeat a name or give a new id in each piece. What tells calls apart then is a
 * new name, or that the arguments so far are whole. A custom tool's text is never known to be whole: there a new id is another call.
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
