import type { CallPiece } from './read-call.ts';
import type { RequestTools } from './request-tools.ts';

/**
 * The name that an open call has together with this piece: the name may come in pieces, or grow from piece to piece.
 * `undefined` if the piece says nothing new, or if its name is another call's.
 */
export function joinName(piece: CallPiece, open: NamedCall, tools: RequestTools): string | undefined {
  const { id, name } = piece;
  if (name === '' || open.name === '') return undefined;
  const isNew = id !== '' && open.id !== '' && id !== open.id;
  if (isNew || hasArguments(open, tools)) return undefined;
  const isGrown = name.length > open.name.length && name.startsWith(open.name);
  if (!tools.isKnown) return isGrown ? name : undefined;
  if (isGrown && tools.hasStart(name)) return isAnotherTool(piece, open, tools) ? undefined : name;
  const joined = open.name + name;
  const areTools = tools.has(open.name) && (tools.has(name) || name === open.name);
  if (!areTools && tools.hasStart(joined)) return joined;
  return isGrown ? name : undefined;
}

/** A call that may still get more of its name. */
interface NamedCall {
  readonly id: string;
  readonly name: string;
  readonly text: string;
}

/** `{}` may be the placeholder of a call whose name is still to come. */
function hasArguments({ name, text }: NamedCall, tools: RequestTools): boolean {
  return text !== '' && !(text === '{}' && tools.isKnown && !tools.has(name));
}

/** `get` without arguments, then `get_weather` with all of them: two calls under one index. */
function isAnotherTool({ name, text }: CallPiece, open: NamedCall, tools: RequestTools): boolean {
  return tools.has(open.name) && tools.has(name) && /^\s*\{.*\}\s*$/s.test(text);
}
