/**
 * For those who write a host: implement a `RunStore` and pass it to `createHost`. The hosts of Pawl itself are made of the same. The
 * rest of this entry is what a store needs to keep runs as text, what a host needs that resumes runs by itself, and what a server needs that
 * runs agents for its callers.
 */

export { addBrand, hasBrand } from './base/brand.ts';
export { computeSha256 } from './base/sha256.ts';
export { checkListeners } from './event/check-listeners.ts';
export { DEFAULT_LIMITS } from './event/limit-options.ts';
export type { RunTotals } from './event/usage.ts';
export type { Wait } from './host/check-answer.ts';
export {
  createNotEndedError,
  createRunExistsError,
  createRunLostError,
  createUnknownRunError,
} from './host/check-answer.ts';
export { checkNumber } from './host/check-number.ts';
export type {
  ConversationChange,
  ConversationDetails,
  ConversationStore,
  StoredConversation,
} from './host/conversation.ts';
export { createEventReader } from './host/create-event-reader.ts';
export { isTraceparent } from './host/create-queued-record.ts';
export { filterRuns } from './host/filter-runs.ts';
export { hasEnded } from './host/follow-events.ts';
export type {
  AnswerOptions,
  AnyResumable,
  ClaimOptions,
  ClaimResult,
  ConversationLookup,
  CountFilter,
  DeleteOptions,
  EnqueueOptions,
  FollowedEvents,
  FollowOptions,
  ForkOptions,
  ForkOrigin,
  HostClient,
  LiveRecord,
  RecordedConversation,
  RecordedEvent,
  RecordedTrace,
  Resumable,
  ResumableAgent,
  ResumableByRecord,
  ResumableWithContext,
  ResumableWithConversation,
  RunCounts,
  RunFilter,
  RunProgress,
  RunRecord,
  RunStatus,
  RunSummary,
} from './host/host.ts';
export { readCloseOptions } from './host/host-options.ts';
export { type LiveBudget, readLiveBudget } from './host/live-runs.ts';
export { chooseResumable, getAgentOptions, readAgentName, resumeWith } from './host/resumable.ts';
export { roundClock, roundTime } from './host/round-clock.ts';
export type { CheckedFilter } from './host/run-filter.ts';
export { listMetadataKeys, NO_RUNS } from './host/run-filter.ts';
export type {
  Claim,
  ClaimedRun,
  ClientStore,
  Decision,
  RecordedValue,
  RunChange,
  RunDeletion,
  RunInsertion,
  RunStore,
  RunUpdate,
  StoredRun,
  StoredState,
  StoredStep,
} from './host/run-store.ts';
export { checkSchemaVersion, hasKnownSchema, SCHEMA_VERSION } from './host/schema-version.ts';
export { parseRecord, serializeRecord } from './host/serialize-record.ts';
export { serializeStep } from './host/serialize-step.ts';
export type {
  ChildRun,
  PendingAnswer,
  Step,
  StepRecord,
  StepRunner,
  StepTask,
  WaitOptions,
  WaitResult,
} from './host/step-runner.ts';
export { StoreClient } from './host/store-client.ts';
export type { StoreHostOptions } from './host/store-host.ts';
export { createHost, StoreHost } from './host/store-host.ts';
