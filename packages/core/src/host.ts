/**
 * What every host of runs needs, for those who write one: `DurableHost` and `Durable` of `@pawl/core` say what it has to
 * keep. The hosts of Pawl itself are made of the same.
 */
export type { Answering, Wait } from './durable/answering.ts';
export { checkAnswer, checkMessage, existing, isOpen, notWaiting, unknown } from './durable/answering.ts';
export { Drain } from './durable/drain.ts';
export { enqueuedRecord } from './durable/enqueued.ts';
export type { FollowedBy } from './durable/follow.ts';
export { followFacts, hasEnded } from './durable/follow.ts';
export type { Fork, Source } from './durable/fork.ts';
export { forkOf } from './durable/fork.ts';
export { readCancelOptions, readCloseOptions, readDeleteOptions, readReadOptions } from './durable/host-options.ts';
export { recordFrom, recordText } from './durable/record-text.ts';
export type {
  AnyResumable,
  ConversationOf,
  Resumable,
  ResumableWithContext,
  ResumableWithConversation,
} from './durable/resumable.ts';
export { agentNameOf, resumeWith } from './durable/resumable.ts';
export type { SideBySide } from './durable/side-by-side.ts';
export { sideBySide } from './durable/side-by-side.ts';
export { pathOf } from './durable/step-order.ts';
export { stepText } from './durable/step-text.ts';
export { checkListeners } from './event/check-listeners.ts';
