import type { JsonObject, Outcome, PendingCall } from '@pawl/core';
import { getCallName, type Json } from '@pawl/core/chat';
import { formatCallId, locatePendingCall } from '../call-id.ts';
import type { AgUiInterrupt, AgUiOutcome } from './ag-ui-event.ts';

/** How a run ended, as the last event says it. */
export type AgUiRunEnd =
  | { readonly type: 'finished'; readonly outcome: AgUiOutcome; readonly result?: Json }
  | { readonly type: 'failed'; readonly message: string; readonly code?: string };

interface RunEndOptions {
  /** The tools without `execute` that the client executes. @defaultValue all */
  readonly frontendTools: readonly string[] | undefined;
  readonly getOwner: (path: string) => { readonly subagentRunId?: string };
}

/**
 * Tells how a run ended. An answer that is not whole is no success: a run that reached a limit, was cut off, filtered or aborted is `cancelled`,
 * and `metadata.pawl.status` says which.
 */
export function toAgUiRunEnd(outcome: Outcome<unknown>, options: RunEndOptions): AgUiRunEnd {
  switch (outcome.status) {
    case 'completed':
      return createSuccess({ status: 'completed', output: toJson(outcome.output) });
    case 'refused':
      return createSuccess({ status: 'refused', refusal: outcome.refusal });
    case 'suspended':
      return suspend(outcome.pending, { runId: outcome.runId, ...options });
    case 'limited':
    case 'truncated':
    case 'filtered':
    case 'aborted':
      return { type: 'finished', outcome: { type: 'cancelled' } };
    case 'failed': {
      const { message, code } = outcome.error;
      return { type: 'failed', message, ...(code !== undefined && { code }) };
    }
  }
}

function createSuccess(result: Json): AgUiRunEnd {
  return { type: 'finished', outcome: { type: 'success' }, result };
}

/** An output schema can return a value that is not JSON, such as a date. */
function toJson(output: unknown): Json {
  return JSON.parse(JSON.stringify(output ?? null)) as Json; // It was written as JSON.
}

function suspend(
  pending: readonly PendingCall[],
  { runId, frontendTools, getOwner }: RunEndOptions & { readonly runId: string },
): AgUiRunEnd {
  const interrupts = pending
    .filter((call) => !isFrontendCall(call, frontendTools))
    .map((call) => toInterrupt(call, { runId, getOwner }));
  if (interrupts.length > 0) return { type: 'finished', outcome: { type: 'interrupt', interrupts } };
  const pendingToolCallIds = pending.map(({ id }) => formatCallId(locatePendingCall(runId, id)));
  return { type: 'finished', outcome: { type: 'success', pendingToolCallIds }, result: { status: 'suspended' } };
}

/** Returns the end for a client older than AG-UI 1.0, which would read an outcome that it does not know as a success, or reject it. */
export function toLegacyRunEnd(end: AgUiRunEnd, { status }: Pick<Outcome<unknown>, 'status'>): AgUiRunEnd {
  if (end.type === 'failed' || end.outcome.type === 'interrupt') return end;
  if (end.outcome.type === 'success') return { ...end, outcome: { type: 'success' } };
  return { type: 'failed', message: `The run did not complete: ${status}.`, code: `run.${status}` };
}

/** Whether the client executes a call: its result comes as a tool message. */
export function isFrontendCall({ reason, call }: PendingCall, frontendTools: readonly string[] | undefined): boolean {
  return reason === 'external_result' && (frontendTools?.includes(getCallName(call)) ?? true);
}

/** Formats the id of an interrupt: it names the call and what exactly is asked, so that an old answer approves no other call. */
export function formatInterruptId(runId: string, { id, fingerprint }: Pick<PendingCall, 'id' | 'fingerprint'>): string {
  return `${formatCallId(locatePendingCall(runId, id))}~${fingerprint}`;
}

/** Reads an id of `formatInterruptId`; `undefined` for any other text. */
export function parseInterruptId(
  id: string,
): { readonly toolCallId: string; readonly fingerprint: string } | undefined {
  const at = id.lastIndexOf('~');
  return at === -1 ? undefined : { toolCallId: id.slice(0, at), fingerprint: id.slice(at + 1) };
}

function toInterrupt(
  pending: PendingCall,
  { runId, getOwner }: Pick<RunEndOptions, 'getOwner'> & { readonly runId: string },
): AgUiInterrupt {
  const { id, reason, accepts, preview, call } = pending;
  const place = locatePendingCall(runId, id);
  return {
    id: formatInterruptId(runId, pending),
    reason: 'tool_call',
    message: `${QUESTIONS[reason]} (${getCallName(call)})`,
    toolCallId: formatCallId(place),
    responseSchema: describeAnswer(accepts),
    metadata: { pawl: { runId, pending: id, reason, accepts, ...(preview !== undefined && { preview }) } },
    ...getOwner(place.path),
  };
}

const QUESTIONS: Readonly<Record<PendingCall['reason'], string>> = {
  approval: 'The call needs approval.',
  external_result: 'The call waits for its result.',
  unknown_outcome: 'The outcome of the call is unknown: it may have run.',
  suspended: 'The call waits for an answer.',
};

/** Describes the payload of an answer as JSON Schema. */
function describeAnswer(accepts: PendingCall['accepts']): JsonObject {
  const isApproval = accepts.includes('approve') || accepts.includes('deny');
  return {
    type: 'object',
    properties: {
      ...(isApproval && { approved: { type: 'boolean' } }),
      ...(accepts.includes('edit') && {
        editedArgs: { description: 'The arguments to call the tool with, in place of those of the model.' },
      }),
      ...(accepts.includes('deny') && { reason: { type: 'string', description: 'Why not. The model reads it.' } }),
      ...(accepts.includes('approve_always') && {
        always: { type: 'boolean', description: 'Whether later calls like this are approved too.' },
      }),
      ...((accepts.includes('result') || accepts.includes('resume')) && {
        value: { description: 'The result of the call, or what the tool asks for.' },
      }),
    },
    ...(accepts.includes('approve') && { required: ['approved'] }),
  };
}
