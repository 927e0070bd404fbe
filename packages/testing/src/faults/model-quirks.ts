import type { ChatResponse } from '@pawl/core/chat';
import { callQuirks } from './quirks/call-quirks.ts';
import { messageQuirks } from './quirks/message-quirks.ts';

/** Those that a model without a wire can have as well: its reply is typed as one of OpenAI's all the same. */
export type ModelQuirkName = (typeof MODEL_QUIRK_NAMES)[number];

export const MODEL_QUIRK_NAMES = [
  'finish-stop',
  'finish-unknown',
  'no-finish',
  'no-usage',
  'same-call-ids',
  'empty-call-ids',
] as const;

/** The reply with the quirk; as it was for a name that is none of these. */
export function withModelQuirk(name: string, given: ChatResponse): ChatResponse {
  const quirk = MODEL_QUIRK_NAMES.find((each) => each === name);
  const changed = quirk === undefined ? undefined : { ...callQuirks, ...messageQuirks }[quirk].whole?.(given);
  return changed === undefined ? given : (changed as unknown as ChatResponse); // What a faulty model gives is not what it says.
}
