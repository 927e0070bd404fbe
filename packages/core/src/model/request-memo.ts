import type { ModelContext } from './chat-model.ts';

/** Where a model keeps what it wants again with the run's next request. It belongs to the run, and goes with it. */
export type RequestMemo = Map<unknown, unknown>;

/** Not part of `ModelContext`: only models of this package use it. A copy of a context, `{ ...context }`, has it as well. */
const MEMO = Symbol.for('pawl.requestMemo');

interface Remembering {
  [MEMO]?: RequestMemo | undefined;
}

export function memoOf(context: Partial<ModelContext>): RequestMemo | undefined {
  return (context as Remembering)[MEMO]; // Only `withMemo` sets it.
}

export function withMemo<Context extends Partial<ModelContext>>(
  context: Context,
  memo: RequestMemo | undefined,
): Context {
  if (memo !== undefined) (context as Remembering)[MEMO] = memo; // As above.
  return context;
}
