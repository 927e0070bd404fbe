/**
 * For those who write a host: implement a `RunStore` and pass it to `createHost`. The hosts of Pawl itself are made of the same. The
 * rest of this entry is what a store needs to keep runs as text, and what a host needs that resumes runs by itself.
 */

export { checkListeners } from './event/check-listeners.ts';
export type { Wait } from './host/answering.ts';
export { existing, lost, unknown } from './host/answering.ts';
export { checkNumber } from './host/check-number.ts';
export type { ConversationChange, ConversationStore, StoredConversation } from './host/conversation.ts';
export { filterRuns } from './host/filter-runs.ts';
export { hasEnded } from './host/follow.ts';
export type {
  ClaimOptions,
  ClaimResult,
  EnqueueOptions,
  FollowedEvents,
  FollowOptions,
  ForkOptions,
  ForkOrigin,
  LiveRecord,
  RecordedConversation,
  RecordedEvent,
  RunFilter,
  RunProgress,
  RunRecord,
  RunStatus,
  RunSummary,
} from './host/host.ts';
export { readCloseOptions, readRetention } from './host/host-options.ts';
export { recordFrom, recordText } from './host/record-text.ts';
export type {
  AnyResumable,
  ConversationOf,
  Resumable,
  ResumableWithContext,
  ResumableWithConversation,
} from './host/resumable.ts';
export { agentNameOf, resumeWith } from './host/resumable.ts';
export type { CheckedFilter } from './host/run-filter.ts';
export { metadataKeys } from './host/run-filter.ts';
export type {
  Claim,
  ClaimedRun,
  ClientStore,
  Decision,
  InsertAs,
  RunChange,
  RunState,
  RunStore,
  RunUpdate,
  StoredRun,
  StoredStep,
} from './host/run-store.ts';
export { checkSchemaVersion, hasKnownSchema, SCHEMA_VERSION } from './host/schema-version.ts';
export type {
  ChildRun,
  PendingAnswer,
  Step,
  StepRunner,
  StepTask,
  WaitOptions,
  WaitResult,
} from './host/step-runner.ts';
export { stepText } from './host/step-text.ts';
export { StoreClient } from './host/store-client.ts';
export type { StoreHostOptions } from './host/store-host.ts';
export { createHost, StoreHost } from './host/store-host.ts';
export { roundClock, roundTime } from './host/whole-time.ts';
