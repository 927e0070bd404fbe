import type { Message } from '../../packages/core/src/chat/message.ts';
import type { ChatRequest } from '../../packages/core/src/chat/request.ts';
import { requestBody } from '../../packages/core/src/openai/body.ts';
import { type Profile, resolveProfile } from '../../packages/core/src/openai/profile.ts';
import { PROFILES, type ProfileName } from '../../packages/core/src/openai/profiles.ts';
import { type WireScope, wireMessage } from '../../packages/core/src/openai/wire-message.ts';

export type Changes = Partial<Profile> & { readonly base?: ProfileName };

export interface Body {
  readonly messages: readonly Record<string, unknown>[];
  readonly tools?: unknown;
  readonly tool_choice?: unknown;
}

/** Sends the requests of one run to one server, and gives what arrives. */
export function server(changes: Changes = {}) {
  const profile = resolveProfile(changes, { known: PROFILES, suggested: PROFILES.compatible });
  const memo = new Map();
  return {
    memo,
    text: (request: ChatRequest) => requestBody(request, { model: 'm', profile, memo }).text(),
    // By hand: it is no model, but what would be sent to a server.
    send: (request: ChatRequest): Body => JSON.parse(requestBody(request, { model: 'm', profile, memo }).text()),
  };
}

export interface Sent {
  readonly messages: readonly (Message | undefined)[];
}

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
