import type { ChatRequest, ChatResponse } from '@pawl/core/chat';
import { buildChunks } from '../script/build-chunks.ts';
import { respond } from '../script/respond.ts';
import type { ScriptedResponse } from '../script/scripted-response.ts';
import { type CallQuirkName, callQuirks } from './quirks/call-quirks.ts';
import { type FramingQuirkName, framingQuirks } from './quirks/framing-quirks.ts';
import { type MessageQuirkName, messageQuirks } from './quirks/message-quirks.ts';
import { asJson, type Quirk } from './quirks/quirk.ts';

/** Deviations from OpenAI's server that a client absorbs: the response has the same meaning. */
export type QuirkName = FramingQuirkName | CallQuirkName | MessageQuirkName;

const QUIRKS: Readonly<Record<QuirkName, Quirk>> = { ...framingQuirks, ...callQuirks, ...messageQuirks };

export const QUIRK_NAMES = Object.keys(QUIRKS) as readonly QuirkName[]; // These are its keys.

export function findQuirk(name: string): QuirkName | undefined {
  return QUIRK_NAMES.find((each) => each === name);
}

/** Returns the response with one quirk, in the form that the request asks for. */
export function applyQuirk(
  name: QuirkName,
  given: ChatResponse,
  { stream, stream_options: options }: ChatRequest,
): ScriptedResponse {
  const quirk = QUIRKS[name];
  if ((stream === true) === (quirk.isOtherForm === true))
    return respond.body(asJson(quirk.whole?.(given) ?? { ...given }));
  const streamed = buildChunks(given, { includeUsage: options?.include_usage === true });
  const events = (quirk.stream?.(streamed) ?? streamed).map((each) => `data: ${JSON.stringify(each)}\n\n`);
  const whole = [...events, 'data: [DONE]\n\n'];
  return respond.sse(quirk.writeStream?.(whole) ?? whole);
}
