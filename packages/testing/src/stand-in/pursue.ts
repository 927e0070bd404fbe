import type { Call, Conversation, MadeCall } from './conversation.ts';
import { correctedCall } from './correction.ts';
import { isSameJson } from './json.ts';

/** A call that is wanted, with every try at it so far: each one corrected after the error of the one before. */
export type Pursuit =
  | { readonly type: 'open'; readonly call: Call; readonly tries: readonly MadeCall[] }
  | { readonly type: 'done'; readonly result: string; readonly tries: readonly MadeCall[] }
  | {
      readonly type: 'failed';
      readonly message: string;
      readonly isDenied: boolean;
      readonly tries: readonly MadeCall[];
    };

const MOST_CORRECTIONS = 2;

/** Follows a call through the conversation. The same conversation always gives the same tries: nothing is remembered. */
export function pursue(
  wanted: Call,
  { conversation, tools }: { readonly conversation: Conversation; readonly tools: readonly string[] },
): Pursuit {
  const tries: MadeCall[] = [];
  for (let call = wanted; ; ) {
    const made = madeCall(call, conversation.calls);
    if (made === undefined) return { type: 'open', call, tries };
    tries.push(made);
    const { outcome } = made;
    switch (outcome.type) {
      case 'succeeded':
        return { type: 'done', result: outcome.text, tries };
      case 'denied':
        return { type: 'failed', message: outcome.message, isDenied: true, tries };
      case 'failed': {
        const next = correctedCall(made, { message: outcome.message, tools });
        const isKnown = next === undefined || tries.some((tried) => isSameCall(tried, next));
        if (isKnown || tries.length > MOST_CORRECTIONS) {
          return { type: 'failed', message: outcome.message, isDenied: false, tries };
        }
        call = next;
      }
    }
  }
}

/** A success of any time counts; a failure only if it is of this question, since the user may ask again. */
function madeCall(call: Call, calls: readonly MadeCall[]): MadeCall | undefined {
  const same = calls.filter((made) => isSameCall(made, call));
  const success = same.findLast(({ outcome }) => outcome.type === 'succeeded');
  return success ?? same.findLast(({ isCurrent }) => isCurrent) ?? editedCall(call, calls);
}

/** A person may have let the call run with other arguments: then it is the one that shares the most with it. */
function editedCall(call: Call, calls: readonly MadeCall[]): MadeCall | undefined {
  const edited = calls.filter(({ name, isEdited, isCurrent }) => isEdited && isCurrent && name === call.name);
  return edited.toSorted((left, right) => shared(right, call) - shared(left, call))[0];
}

function shared(made: MadeCall, call: Call): number {
  return Object.entries(call.arguments).filter(([name, value]) => isSameJson(made.arguments[name] ?? null, value))
    .length;
}

export function isSameCall(left: Call, right: Call): boolean {
  return left.name === right.name && isSameJson(left.arguments, right.arguments);
}
