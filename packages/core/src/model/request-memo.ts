import type { ModelContext } from './chat-model.ts';

/** Keeps what a model reuses for the next request of the run. Belongs to the run and is collected with it. */
export type RequestMemo = Map<unknown, unknown>;

/** A symbol, because only models of this package use the memo. A copy of a context, `{ ...context }`, keeps it. */
const MEMO = Symbol.for('pawl.requestMemo');

interface ContextWithMemo {
  [MEMO]?: RequestMemo | undefined;
}

export function getMemo(context: Partial<ModelContext>): RequestMemo | undefined {
  return (context as ContextWithMemo)[MEMO]; // Only `withMemo` sets it.
}

export function withMemo<Context extends Partial<ModelContext>>(
  context: Context,
  memo: RequestMemo | undefined,
): Context {
  if (memo !== undefined) (context as ContextWithMemo)[MEMO] = memo; // As above.
  return context;
}
