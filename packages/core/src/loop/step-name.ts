import { callName, type ToolCall } from '../chat/message.ts';
import type { Scope } from './scope.ts';

interface CallPosition {
  readonly turn: number;
  readonly index: number;
  readonly call: ToolCall;
}

/** `tool:3.0:get_weather`. A tool that does not exist has no name to be trusted in one. */
export function stepName({ definition }: Scope, { turn, index, call }: CallPosition): string {
  const name = callName(call);
  return `tool:${turn}.${index}:${definition.tools.has(name) ? name : ''}`;
}
