import { callName } from '../chat/message.ts';
import type { PendingCall } from '../event/outcome.ts';
import type { Waited, WaitOptions, Word } from '../host/durable.ts';
import type { Scope } from './scope.ts';

export interface WaitForOptions extends Pick<WaitOptions, 'ahead'> {
  /** What it waits under, within its run. */
  readonly name: string;
  readonly scope: Scope;
}

/** Waits for a word to a pending call, or makes it known ahead that one will be waited for. */
export function waitFor(
  { fingerprint, accepts, call }: PendingCall,
  { name, scope, ...ahead }: WaitForOptions,
): Promise<Waited<Word>> {
  const { definition, durable } = scope;
  // What takes no answer waits for the user alone, who has no deadline.
  const tool = accepts.length === 0 ? undefined : definition.tools.get(callName(call));
  const timeoutMs = tool?.approvalTimeoutMs ?? Number.POSITIVE_INFINITY;
  return durable.wait<Word>(name, { fingerprint, accepts, timeoutMs, ...ahead });
}
