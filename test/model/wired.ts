import type { Message } from '../../packages/core/src/chat/message.ts';
import { type Profile, resolveProfile } from '../../packages/core/src/model/profile.ts';
import { PROFILES, type ProfileName } from '../../packages/core/src/model/profiles.ts';
import { type WireScope, wireMessage } from '../../packages/core/src/model/wire-message.ts';

export interface Sent {
  readonly messages: readonly (Message | undefined)[];
}

type Changes = Partial<Profile> & { readonly base?: ProfileName };

/** The messages as they go out to such a server. */
export function sent(
  { messages }: { readonly messages: readonly Message[] },
  changes: Changes = {},
  scope: WireScope = {},
): Sent {
  const profile = resolveProfile(changes, { known: PROFILES, suggested: PROFILES.compatible });
  return { messages: messages.map((message) => wireMessage(message, profile, scope)) };
}

/** With fields that are not documented. */
export function message(fields: object): Message {
  return fields as Message;
}
