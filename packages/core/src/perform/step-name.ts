import { callName, type ToolCall } from '../chat/message.ts';
import type { Scope } from './scope.ts';

interface CallPosition {
  readonly turn: number;
  readonly index: number;
  readonly call: ToolCall;
}

/**
 * `tool:3.0:get_weather`, whether there is such a tool or not: a call that has finished is found where its tool is gone.
 * What can't be a tool's name is not to be trusted in one.
 */
export function callStep({ turn, index, call }: CallPosition): string {
  const name = callName(call);
  return `tool:${turn}.${index}:${/^[a-zA-Z0-9_-]{1,64}$/.test(name) ? name : ''}`;
}

interface Doubtful extends CallPosition {
  readonly doubts: number;
}

interface Asked extends Omit<Doubtful, 'call'> {
  readonly repeats: number;
}

/** The step that remembers whether a call has to wait. */
export function checkStep({ turn, index, repeats }: Omit<Asked, 'doubts'>): string {
  return `check:${turn}.${index}${repeatSuffix(repeats)}`;
}

/** A call that a person let run again has another step than the one that a crash left open. */
export function stepName({ doubts, ...position }: Doubtful): string {
  return callStep(position) + suffix(doubts);
}

/** What a call waits under, within its run. */
export function waitName({ turn, index, doubts, repeats }: Asked): string {
  return `${doubts === 0 ? 'approve' : 'doubt'}:${turn}.${index}${suffix(doubts)}${repeatSuffix(repeats)}`;
}

/** What a call that is an agent waits under while that agent waits, so that the user can write meanwhile. */
export function innerWaitName({ turn, index, doubts }: Omit<Doubtful, 'call'>): string {
  return `within:${turn}.${index}${suffix(doubts)}`;
}

/** The step that remembers what came of a wait. */
export function answerStep({ turn, index, doubts, repeats }: Asked): string {
  return `answer:${turn}.${index}${suffix(doubts)}${repeatSuffix(repeats)}`;
}

function suffix(doubts: number): string {
  return doubts === 0 ? '' : `:${doubts}`;
}

function repeatSuffix(repeats: number): string {
  return repeats === 0 ? '' : `:repeat:${repeats}`;
}

/** A name within a run inside a run, as those outside know it: `tool:3.0/approve:1.0`. */
export function fromOutside({ path }: Scope, name: string): string {
  return path === '' ? name : `${path}/${name}`;
}
