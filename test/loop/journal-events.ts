import { History } from '../../packages/core/src/chat/history.ts';
import type { AssistantMessage, FunctionToolCall, Message } from '../../packages/core/src/chat/message.ts';
import type {
  JournalEvent,
  LimitApproachingEvent,
  LimitExceededEvent,
  ModelRespondedEvent,
  ToolFailedEvent,
  ToolFinishedEvent,
  ToolSkippedEvent,
} from '../../packages/core/src/event/journal-event.ts';
import { NO_USAGE, type Usage } from '../../packages/core/src/event/usage.ts';
import { apply } from '../../packages/core/src/loop/apply.ts';
import type { Policy } from '../../packages/core/src/loop/policy.ts';
import { createState, type RunState } from '../../packages/core/src/loop/state.ts';

export const go: Message = { role: 'user', content: 'Go.' };

/** What is known after these facts of a run that began with "Go.". */
export function applyEvents(...facts: readonly JournalEvent[]): RunState {
  return facts.reduce(apply, createState(History.from([go])));
}

const times = { at: 0, activeMs: 0 } as const;

export function createCall(id: string, { name = 'look_up', text = '{}' }: CallFields = {}): FunctionToolCall {
  return { id, type: 'function', function: { name, arguments: text } };
}

export interface CallFields {
  readonly name?: string;
  /** The arguments. */
  readonly text?: string;
}

export function createTextMessage(content: string): AssistantMessage {
  return { role: 'assistant', content };
}

export function createCallMessage(...calls: readonly FunctionToolCall[]): AssistantMessage {
  return { role: 'assistant', content: null, tool_calls: calls };
}

export function createUsage(totalTokens: number, cost = 0): Usage {
  return { ...NO_USAGE, requests: 1, inputTokens: totalTokens, totalTokens, cost };
}

export function createResponse(
  message: AssistantMessage,
  { turn = 1, finishReason = 'stop', usage = NO_USAGE, ...rest }: Partial<ModelRespondedEvent> = {},
): ModelRespondedEvent {
  const settled = { model: 'model', failedAttempts: [], durationMs: 0, ...times };
  return { type: 'model.responded', turn, message, finishReason, usage, ...settled, ...rest };
}

export function createFinished(
  answered: FunctionToolCall,
  { turn = 1, index = 0, content = 'Found.', ...rest }: Partial<ToolFinishedEvent> = {},
): ToolFinishedEvent {
  return { type: 'tool.finished', turn, index, call: answered, content, durationMs: 0, ...times, ...rest };
}

export function createFailed(
  answered: FunctionToolCall,
  { turn = 1, index = 0, content = 'It broke.', reason = 'threw', ...rest }: Partial<ToolFailedEvent> = {},
): ToolFailedEvent {
  const error = { name: 'Error', message: content };
  return { type: 'tool.failed', turn, index, call: answered, content, reason, error, durationMs: 0, ...times, ...rest };
}

export function createSkipped(
  answered: FunctionToolCall,
  { turn = 1, index = 0, content = 'Denied.', reason = 'denied', ...rest }: Partial<ToolSkippedEvent> = {},
): ToolSkippedEvent {
  return { type: 'tool.skipped', turn, index, call: answered, content, reason, ...times, ...rest };
}

export function createReprompt(reason: 'empty' | 'cut' | 'output', turn = 1): JournalEvent {
  return { type: 'model.reprompted', turn, reason, message: { role: 'user', content: `Again: ${reason}.` }, ...times };
}

export function createApprovalRequest(
  pendingCall: FunctionToolCall,
  index = 0,
): Extract<JournalEvent, { type: 'approval.requested' }> {
  const createCallMessage = { reason: 'approval' as const, accepts: ['approve', 'deny', 'edit'] as const };
  const pending = {
    id: `approval:1.${index}`,
    ...createCallMessage,
    call: pendingCall,
    input: {},
    fingerprint: `f${index}`,
  };
  return { type: 'approval.requested', turn: 1, index, pending, ...times };
}

export function createApproval(index = 0): JournalEvent {
  const answer = { type: 'approve' as const, fingerprint: `f${index}` };
  return { type: 'approval.answered', turn: 1, index, answer, ...times };
}

export function createLimitApproaching(fields: Partial<LimitApproachingEvent> = {}): LimitApproachingEvent {
  const message = { role: 'user' as const, content: 'Answer with what you have.' };
  return { type: 'limit.approaching', turn: 1, limit: 'turns', max: 2, spent: 1, message, ...times, ...fields };
}

export function createLimitExceeded(fields: Partial<LimitExceededEvent> = {}): LimitExceededEvent {
  return { type: 'limit.exceeded', turn: 1, limit: 'tokens', max: 10, spent: 9, usage: NO_USAGE, ...times, ...fields };
}

/** Any fact, at a time of the run. */
export function withActiveMs<F extends JournalEvent>(activeMs: number, fact: F): F {
  return { ...fact, activeMs };
}

const none = Number.POSITIVE_INFINITY;

export function createPolicy({ limits, ...fields }: PolicyFields = {}): Policy {
  return {
    hasTools: true,
    checksOutput: false,
    maxOutputRetries: 2,
    getMaxInputRetries: () => 2,
    isHandoff: () => false,
    getDefinitionHash: () => undefined,
    canWait: () => false,
    ...fields,
    limits: {
      turns: 20,
      toolCalls: none,
      handoffs: 10,
      requests: none,
      tokens: none,
      cost: none,
      durationMs: none,
      ...limits,
    },
  };
}

export interface PolicyFields extends Partial<Omit<Policy, 'limits'>> {
  readonly limits?: Partial<Policy['limits']>;
}
