import type { ChatRequest, ChatResponse } from '@pawl/core/chat';
import { respond } from '../script/build-reply.ts';
import { chunks } from '../script/chunks.ts';
import type { ScriptedResponse } from '../script/reply.ts';
import { type CallQuirkName, callQuirks } from './quirks/call-quirks.ts';
import { type FramingQuirkName, framingQuirks } from './quirks/framing-quirks.ts';
import { type MessageQuirkName, messageQuirks } from './quirks/message-quirks.ts';
import { asJson, type Quirk } from './quirks/quirk.ts';

/** What servers do otherwise than OpenAI's, and a client absorbs: the reply says the same. */
export type QuirkName = FramingQuirkName | CallQuirkName | MessageQuirkName;

const QUIRKS: Readonly<Record<QuirkName, Quirk>> = { ...framingQuirks, ...callQuirks, ...messageQuirks };

export const QUIRK_NAMES = Object.keys(QUIRKS) as readonly QuirkName[]; // These are its keys.

export function quirkNamed(name: string): QuirkName | undefined {
  return QUIRK_NAMES.find((each) => each === name);
}

/** A server's reply with one quirk, in the form that was asked for. */
export function quirky(
  name: QuirkName,
  given: ChatResponse,
  { stream, stream_options: options }: ChatRequest,
): ScriptedResponse {
  const quirk = QUIRKS[name];
  if ((stream === true) === (quirk.isOtherForm === true))
    return respond.body(asJson(quirk.whole?.(given) ?? { ...given }));
  const told = chunks(given, { includeUsage: options?.include_usage === true });
  const events = (quirk.stream?.(told) ?? told).map((each) => `data: ${JSON.stringify(each)}\n\n`);
  const whole = [...events, 'data: [DONE]\n\n'];
  return respond.sse(quirk.written?.(whole) ?? whole);
}
