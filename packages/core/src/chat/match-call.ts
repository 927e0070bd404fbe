import { isRecord, parseJson } from '../base/json.ts';
import type { CallPiece } from './read-call.ts';

/** What is known so far of a call that a stream brings in pieces. */
export interface OpenCall {
  /** The server's own, not the position. */
  readonly index: number | undefined;
  readonly id: string;
  readonly name: string;
  readonly text: string;
}

export interface Matching<Call extends OpenCall> {
  readonly calls: readonly Call[];
  /** Those that this list of pieces has a piece of already. */
  readonly touched: ReadonlySet<Call>;
  /** In a list of several pieces. */
  readonly position: number | undefined;
}

/** The call that a piece goes on with; `undefined` where it starts another one. */
export function matchCall<Call extends OpenCall>(piece: CallPiece, matching: Matching<Call>): Call | undefined {
  const candidate = piece.index === undefined ? withoutIndex(piece, matching) : withIndex(piece, matching);
  return candidate === undefined || isAnother(piece, candidate) ? undefined : candidate;
}

function withIndex<Call extends OpenCall>(piece: CallPiece, { calls, touched }: Matching<Call>): Call | undefined {
  const same = calls.filter(({ index }) => index === piece.index);
  const candidate = same.findLast(({ id }) => id !== '' && id === piece.id) ?? same.at(-1);
  if (candidate !== undefined) return piece.name !== '' && touched.has(candidate) ? undefined : candidate;
  // Some servers give the index not in a call's first piece.
  return piece.name === '' && piece.id === '' ? calls.findLast(({ index }) => index === undefined) : undefined;
}

function withoutIndex<Call extends OpenCall>(
  { id }: CallPiece,
  { calls, touched, position }: Matching<Call>,
): Call | undefined {
  const known = id === '' ? undefined : calls.findLast((call) => call.id === id && !touched.has(call));
  const candidate = known ?? (position === undefined ? calls.at(-1) : calls[position]);
  return candidate === undefined || touched.has(candidate) ? undefined : candidate;
}

/**
 * Servers number every parallel call 0, repeat a name or give a new id in each piece. What tells calls apart then is a
 * new name, or that the arguments so far are whole.
 */
function isAnother({ id, name, text }: CallPiece, open: OpenCall): boolean {
  if (name === '' || open.name === '') return false;
  if (name !== open.name) return true;
  const isNew = id !== '' && open.id !== '' && id !== open.id;
  if (isNew) return isWhole(open.text);
  const isRepeated = id !== '' && text === open.text;
  return !isRepeated && text.trimStart().startsWith('{') && isWhole(open.text);
}

/** Whether nothing can be added to these arguments. */
export function isWhole(text: string): boolean {
  // The first look is cheap: this is asked for each piece of some streams.
  if (!text.trimEnd().endsWith('}')) return false;
  const parsed = parseJson(text);
  return parsed.ok && isRecord(parsed.value);
}
