import type { Call, Choice, DocumentedResponse, Wire } from './documented-response.ts';

/** Picks a number below the given one. */
type PickNumber = (below: number) => number;

/** A piece of one choice. */
interface Piece {
  readonly index: number;
  readonly delta: Wire;
  readonly finish_reason: string | null;
  readonly logprobs?: unknown;
}

/** Splits a response into chunks: texts are cut anywhere, unordered parts are interleaved, and some chunks have several parts. */
export function splitIntoChunks(
  { choices, head, fields, usage }: DocumentedResponse,
  next: PickNumber,
): readonly Wire[] {
  const pieces = interleave(
    choices.map((each, index) => splitChoice(each, { index, next })),
    next,
  );
  const envelope = { ...head, object: 'chat.completion.chunk' };
  const padding = next(2) === 0 ? {} : { obfuscation: 'x'.repeat(next(9)) };
  const chunks: Wire[] = groupPieces(pieces, next).map((group) => ({ ...envelope, choices: group, ...padding }));
  const at = next(chunks.length);
  chunks[at] = { ...chunks[at], ...fields };
  return usage === undefined ? chunks : addUsageToChunks(chunks, { envelope, usage, next });
}

interface SplitOptions {
  readonly index: number;
  readonly next: PickNumber;
}

/** Splits a choice into its role, its other parts interleaved, and its finish reason. */
function splitChoice(choice: Choice, { index, next }: SplitOptions): readonly Piece[] {
  const { texts, lists, audio, fields, outer, calls, legacy, finish, logprobs } = choice;
  const plain = { index, finish_reason: null, ...(logprobs === null && { logprobs }) };
  const role = next(4) === 0 ? { role: 'assistant' } : {};
  const toPiece = (delta: Wire): Piece => ({ ...plain, delta: { ...role, ...delta } });
  const first = [{ content: null }, { content: '', refusal: null }, { tool_calls: [] }, { function_call: null }][
    next(4)
  ];
  const logprobFields = ['content', 'refusal'] as const;
  const strands = [
    ...Object.entries(texts).map(([name, text]) => cut(text, next).map((piece) => toPiece({ [name]: piece }))),
    ...Object.entries(lists).map(([name, list]) => list.map((element) => toPiece({ [name]: [element] }))),
    ...Object.entries(audio).map(([name, value]) =>
      (typeof value === 'string' && name !== 'id' ? cut(value, next) : [value]).map((piece) =>
        toPiece({ audio: { [name]: piece } }),
      ),
    ),
    Object.entries(fields).map(([name, value]) => toPiece(Object.fromEntries([[name, value]]))),
    ...logprobFields.map((name) =>
      (logprobs?.[name] ?? []).map((each) => ({
        ...toPiece({}),
        logprobs: { content: null, refusal: null, [name]: [each] },
      })),
    ),
    legacy ? splitLegacyCalls(calls, next).map(toPiece) : splitCalls(calls, next).map(toPiece),
  ];
  return [
    { ...plain, delta: { role: 'assistant', ...first } },
    ...interleave(strands, next),
    { ...plain, ...outer, delta: {}, finish_reason: finish },
  ];
}

/** Splits calls. They begin in order; their pieces can be interleaved. */
function splitCalls(calls: readonly Call[], next: PickNumber): readonly Wire[] {
  const strands = calls.map(({ id, type, name, text, fields, called }, index) => {
    const field = type === 'custom' ? 'input' : 'arguments';
    const pieces = cut(text, next).map((piece) => ({ index, [type]: { [field]: piece } }));
    const begun = { index, id, type, [type]: { name, [field]: '', ...called }, ...fields };
    return { begun, pieces };
  });
  const left = strands.map(({ pieces }) => [...pieces]);
  const all: Wire[] = [];
  for (const [at, { begun }] of strands.entries()) {
    all.push(begun);
    for (const begunPieces of left.slice(0, at + 1)) all.push(...begunPieces.splice(0, next(begunPieces.length + 1)));
  }
  return [...all, ...interleave(left, next)].map((call) => ({ tool_calls: [call] }));
}

function splitLegacyCalls(calls: readonly Call[], next: PickNumber): readonly Wire[] {
  return calls.flatMap(({ name, text, called }) => [
    { function_call: { name, arguments: '', ...called } },
    ...cut(text, next).map((piece) => ({ function_call: { arguments: piece } })),
  ]);
}

/** Cuts a text anywhere, even inside a surrogate pair, because JSON can contain half of one. */
function cut(whole: string, next: PickNumber): readonly string[] {
  const pieces: string[] = [];
  for (let at = 0; at < whole.length; ) {
    const end = at + 1 + next(6);
    pieces.push(whole.slice(at, end));
    at = end;
  }
  return pieces;
}

/** Interleaves strands. Each keeps its order. */
function interleave<T>(strands: readonly (readonly T[])[], next: PickNumber): readonly T[] {
  const left = strands.map((strand) => [...strand]).filter((strand) => strand.length > 0);
  const all: T[] = [];
  while (left.length > 0) {
    const at = next(left.length);
    const strand = left[at] ?? [];
    all.push(...strand.splice(0, 1));
    if (strand.length === 0) left.splice(at, 1);
  }
  return all;
}

/** Randomly groups neighbouring pieces into one chunk: pieces of several choices, or of one choice with different fields or calls. */
function groupPieces(pieces: readonly Piece[], next: PickNumber): readonly (readonly Piece[])[] {
  const groups: Piece[][] = [];
  for (const piece of pieces) {
    const group = groups.at(-1);
    const at = group?.findIndex(({ index }) => index === piece.index) ?? -1;
    const before = group?.[at];
    const joined = before && join(before, piece);
    if (group === undefined || next(3) > 0 || (before !== undefined && joined === undefined)) groups.push([piece]);
    else if (joined === undefined) group.push(piece);
    else group[at] = joined;
  }
  return groups;
}

/** Joins two pieces of one choice; `undefined` if they share a field other than `role` and `tool_calls`. */
function join(before: Piece, piece: Piece): Piece | undefined {
  const shared = Object.keys(piece.delta).filter((name) => name !== 'role' && Object.hasOwn(before.delta, name));
  const calls = listCalls(before.delta);
  const others = listCalls(piece.delta);
  const isTwice = others.some(({ index }) => calls.some((call) => call['index'] === index));
  if (shared.some((name) => name !== 'tool_calls') || isTwice || (before.logprobs && piece.logprobs)) return undefined;
  const delta = { ...before.delta, ...piece.delta, ...(shared.length > 0 && { tool_calls: [...calls, ...others] }) };
  return { ...before, ...piece, ...(before.logprobs !== undefined && { logprobs: before.logprobs }), delta };
}

function listCalls({ tool_calls: calls }: Wire): readonly Wire[] {
  return Array.isArray(calls) ? calls : [];
}

interface UsageOptions {
  readonly envelope: Wire;
  readonly usage: Wire;
  readonly next: PickNumber;
}

/** Adds usage to a separate last chunk, to the last chunk, or as a growing count to each chunk. */
function addUsageToChunks(chunks: readonly Wire[], { envelope, usage, next }: UsageOptions): readonly Wire[] {
  switch (next(3)) {
    case 0:
      return [...chunks.map((chunk) => ({ ...chunk, usage: null })), { ...envelope, choices: [], usage }];
    case 1:
      return chunks.map((chunk, at) => (at === chunks.length - 1 ? { ...chunk, usage } : chunk));
    case 2: {
      const growUsage = (at: number): Wire => {
        const completion = Math.min(at, Number(usage['completion_tokens']));
        return { prompt_tokens: 1, completion_tokens: completion, total_tokens: 1 + completion };
      };
      return chunks.map((chunk, at) => ({ ...chunk, usage: at === chunks.length - 1 ? usage : growUsage(at) }));
    }
  }
  return chunks;
}
