import type { CallPiece } from './read-call.ts';
import type { RequestTools } from './request-tools.ts';

/**
 * Joins the name of an open call with the name of a piece: a name can come in pieces, or grow from piece to piece.
 * `undefined` if the piece adds nothing, or if its name belongs to another call.
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

/** A call whose name can still grow. */
interface NamedCall {
  readonly id: string;
  readonly name: string;
  readonly text: string;
}

/** `{}` can be the placeholder of a call whose name is not complete. */
function hasArguments({ name, text }: NamedCall, tools: RequestTools): boolean {
  return text !== '' && !(text === '{}' && tools.isKnown && !tools.has(name));
}

/** `get` without arguments, then `get_weather` with complete arguments: two calls with one index. */
function isAnotherTool({ name, text }: CallPiece, open: NamedCall, tools: RequestTools): boolean {
  return tools.has(open.name) && tools.has(name) && /^\s*\{.*\}\s*$/s.test(text);
}
