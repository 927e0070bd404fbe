import type { ChatResponse } from '@pawl/core/chat';
import { callQuirks } from './quirks/call-quirks.ts';
import { messageQuirks } from './quirks/message-quirks.ts';

/** Quirks that a model without HTTP can have too. The result keeps the type `ChatResponse`. */
export type ModelQuirkName = (typeof MODEL_QUIRK_NAMES)[number];

export const MODEL_QUIRK_NAMES = [
  'finish-stop',
  'finish-unknown',
  'no-finish',
  'no-usage',
  'same-call-ids',
  'empty-call-ids',
] as const;

/** Returns the response with the quirk; unchanged for any other name. */
export function withModelQuirk(name: string, given: ChatResponse): ChatResponse {
  const quirk = MODEL_QUIRK_NAMES.find((each) => each === name);
  const changed = quirk === undefined ? undefined : { ...callQuirks, ...messageQuirks }[quirk].whole?.(given);
  return changed === undefined ? given : (changed as unknown as ChatResponse); // A faulty model violates the type on purpose.
}
