/** One type per event of a run, and what events are made of. */

export type { Repair } from './chat/response.ts';
export type { ErrorData } from './event/error-data.ts';
export type { EventOf, EventStamp, EventType, ToolCallFields } from './event/event.ts';
export type { FailedAttempt } from './event/failed-attempt.ts';
export { formatEvent } from './event/format-event.ts';
export type { HistoryEdit } from './event/history-edit.ts';
export type {
  ApprovalAnsweredEvent,
  ApprovalExpiredEvent,
  ApprovalNotRequiredEvent,
  ApprovalRequestedEvent,
  DefinitionRecord,
  HandoffCompletedEvent,
  JournalEvent,
  KeptResponse,
  LimitApproachingEvent,
  LimitExceededEvent,
  ModelFailedEvent,
  ModelRepromptedEvent,
  ModelRespondedEvent,
  OutputCheckedEvent,
  RequestLostEvent,
  RunAbortedEvent,
  RunFinishedEvent,
  RunRefusedEvent,
  RunStartedEvent,
  RunSuspendedEvent,
  SteeringMessages,
  ToolCallClosedEvent,
  ToolFailedEvent,
  ToolFinishedEvent,
  ToolRepeatedFailureEvent,
  ToolSkippedEvent,
  ToolSuspendedEvent,
  TurnPreparedEvent,
  UserInterruptedEvent,
} from './event/journal-event.ts';
export type {
  AttemptDiscardedEvent,
  AttemptFailedEvent,
  AttemptStartedEvent,
  ListenerFailedEvent,
  LiveEvent,
  OutputPartialEvent,
  ReasoningDeltaEvent,
  RefusalDeltaEvent,
  ResponseRepairedEvent,
  TextDeltaEvent,
  ToolCallDeltaEvent,
  ToolLateResultEvent,
  ToolProgressEvent,
  ToolStartedEvent,
  UserSteeringEvent,
} from './event/live-event.ts';
export { type LogEventsOptions, logEvents } from './event/log-events.ts';
export type { LogLevel } from './event/log-fields.ts';
export type { LimitShare, OutcomeBase, StandingApproval, UsageShare } from './event/outcome.ts';
export type { Rejection } from './event/rejection.ts';
export type {
  FoldedChange,
  RememberedState,
  StateChange,
  StateOperation,
  StateRule,
} from './event/remembered-state.ts';
export { foldStateChange } from './event/remembered-state.ts';
export { addUsage } from './event/usage.ts';
export type { StrictReason } from './schema/strict-reason.ts';
