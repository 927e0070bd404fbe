import type { Message } from '../../packages/core/src/chat/message.ts';
import type { ChatRequest } from '../../packages/core/src/chat/request.ts';
import { type Profile, resolveProfile } from '../../packages/core/src/openai/profile.ts';
import { PROFILES, type ProfileName } from '../../packages/core/src/openai/profiles.ts';
import { buildRequestBody } from '../../packages/core/src/openai/request-body.ts';
import { toWireMessage, type WireScope } from '../../packages/core/src/openai/wire-message.ts';

export type Changes = Partial<Profile> & { readonly base?: ProfileName };

export interface Body {
  readonly messages: readonly Record<string, unknown>[];
  readonly tools?: unknown;
  readonly tool_choice?: unknown;
}

/** Builds the requests of one run for one server, and returns their bodies. */
export function createSender(changes: Changes = {}) {
  const profile = resolveProfile(changes, { known: PROFILES, suggested: PROFILES.compatible });
  const memo = new Map();
  return {
    memo,
    text: (request: ChatRequest) => buildRequestBody(request, { model: 'm', profile, memo }).toText(),
    // By hand: not a model, it returns the body that a server would get.
    send: (request: ChatRequest): Body => JSON.parse(buildRequestBody(request, { model: 'm', profile, memo }).toText()),
  };
}

export interface Sent {
  readonly messages: readonly (Message | undefined)[];
}

/** Converts messages to the form of such a server. */
export function toSentMessages(
  { messages }: { readonly messages: readonly Message[] },
  changes: Changes = {},
  scope: WireScope = {},
): Sent {
  const profile = resolveProfile(changes, { known: PROFILES, suggested: PROFILES.compatible });
  return { messages: messages.map((message) => toWireMessage(message, profile, scope)) };
}

/** Allows undocumented fields. */
export function asMessage(fields: object): Message {
  return fields as Message;
}
