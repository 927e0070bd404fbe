import type { ChatReply } from '@pawl/core';
import { callQuirks } from './quirks/call-quirks.ts';
import { messageQuirks } from './quirks/message-quirks.ts';
import type { Quirk } from './quirks/quirk.ts';

/** Those that a model without a wire can have as well: its reply is typed as one of OpenAI's all the same. */
export type ModelQuirkName =
  | 'finish-stop'
  | 'finish-unknown'
  | 'no-finish'
  | 'no-usage'
  | 'same-call-ids'
  | 'empty-call-ids';

const { 'same-call-ids': sameIds, 'empty-call-ids': emptyIds } = callQuirks;
const { 'finish-stop': stop, 'finish-unknown': unknown, 'no-finish': none, 'no-usage': noUsage } = messageQuirks;

const MODEL_QUIRKS: Readonly<Record<ModelQuirkName, Quirk>> = {
  'finish-stop': stop,
  'finish-unknown': unknown,
  'no-finish': none,
  'no-usage': noUsage,
  'same-call-ids': sameIds,
  'empty-call-ids': emptyIds,
};

export const MODEL_QUIRK_NAMES = Object.keys(MODEL_QUIRKS) as readonly ModelQuirkName[]; // These are its keys.

/** The reply with the quirk; as it was for a name that is none of these. */
export function withModelQuirk(name: string, given: ChatReply): ChatReply {
  const quirk = MODEL_QUIRK_NAMES.find((each) => each === name);
  const changed = quirk === undefined ? undefined : MODEL_QUIRKS[quirk].whole?.(given);
  return changed === undefined ? given : (changed as unknown as ChatReply); // What a faulty model gives is not what it says.
}
