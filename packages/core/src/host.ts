/**
 * What every host of runs needs, for those who write one: `DurableHost` and `Durable` of `@pawl/core` say what it has to
 * keep. The hosts of Pawl itself are made of the same.
 */

export { checkListeners } from './event/check-listeners.ts';
export type { Answering, Wait } from './host/answering.ts';
export { checkAnswer, checkMessage, existing, isOpen, notWaiting, unknown } from './host/answering.ts';
export { checkNumber } from './host/check-number.ts';
export { Drain } from './host/drain.ts';
export { enqueuedRecord } from './host/enqueued.ts';
export type { FollowedBy } from './host/follow.ts';
export { followFacts, hasEnded } from './host/follow.ts';
export type { Fork, Source } from './host/fork.ts';
export { forkOf } from './host/fork.ts';
export { readCancelOptions, readCloseOptions, readDeleteOptions, readReadOptions } from './host/host-options.ts';
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
export { checkFilter, checkPosition, metadataKeys } from './host/run-filter.ts';
export type { SideBySide } from './host/side-by-side.ts';
export { sideBySide } from './host/side-by-side.ts';
export { pathOf } from './host/step-order.ts';
export { stepText } from './host/step-text.ts';
export { endOfRetention, expiryOf, roundClock, roundTime } from './host/whole-time.ts';
