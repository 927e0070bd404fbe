import fc, { type Arbitrary } from 'fast-check';
import { chunksOf } from './documented-chunks.ts';
import { type Call, type Choice, documentedReply, type Wire } from './documented-response.ts';

/** A documented reply: how it is sent whole, how it is sent in chunks, and what has to come out either way. */
export interface Told {
  readonly body: Wire;
  readonly chunks: readonly Wire[];
  readonly reply: Wire;
  /** Whether one of its choices has the legacy form of a call. */
  readonly isLegacy: boolean;
}

/** How a reply is cut and mixed is decided by numbers that are generated as well, so that it can be told again. */
export const documented: Arbitrary<Told> = fc
  .record({ reply: documentedReply, random: fc.infiniteStream(fc.nat()) })
  .map(({ reply, random }) => {
    const { choices, head, fields, usage } = reply;
    const next = (below: number): number => (random.next().value ?? 0) % below;
    const around = { ...head, object: 'chat.completion', ...fields, ...(usage && { usage }) };
    return {
      body: { ...around, choices: choices.map((each, index) => sent(each, { index, next })) },
      chunks: chunksOf(reply, next),
      reply: { ...around, choices: choices.map(expected) },
      isLegacy: choices.some(({ legacy }) => legacy),
    };
  });

interface Sending {
  readonly index: number;
  readonly next: (below: number) => number;
}

/** With the harmless ways in which a server says that there is nothing. */
function sent(choice: Choice, { index, next }: Sending): Wire {
  const { message, ...rest } = expected(choice, index);
  const { tool_calls: calls, ...said } = message;
  const nothing = [
    {},
    { refusal: null, function_call: null, audio: null },
    { tool_calls: null, annotations: null },
    { tool_calls: [], annotations: [] },
  ];
  const legacy = wholeCall(choice.calls[0])['function'];
  return {
    ...rest,
    message: {
      ...nothing[next(nothing.length)],
      ...said,
      ...(choice.legacy ? { function_call: legacy } : calls !== undefined && { tool_calls: calls }),
    },
  };
}

interface ExpectedChoice {
  readonly index: number;
  readonly message: Wire;
}

function expected(choice: Choice, index: number): ExpectedChoice {
  const { texts, lists, fields, outer, audio, calls, legacy, finish, logprobs } = choice;
  const said = Object.entries({ ...texts, ...lists }).filter(([, value]) => value.length > 0);
  const called = calls.map((call) => (legacy ? { ...wholeCall(call), id: `call_${index}_0` } : wholeCall(call)));
  return {
    index,
    message: {
      role: 'assistant',
      content: null,
      ...fields,
      ...Object.fromEntries(said),
      ...(Object.keys(audio).length > 0 && { audio }),
      ...(called.length > 0 && { tool_calls: called }),
    },
    ...{ finish_reason: finish },
    ...(logprobs !== undefined && {
      logprobs: logprobs && { content: logprobs.content, refusal: orNull(logprobs.refusal) },
    }),
    ...outer,
  };
}

function wholeCall(call: Call | undefined): Wire {
  if (call === undefined) return {};
  const { id, type, name, text, fields, called } = call;
  if (type === 'custom') return { id, type, custom: { name, input: text, ...called }, ...fields };
  return { id, type, function: { name, arguments: text, ...called }, ...fields };
}

function orNull(list: readonly unknown[]): readonly unknown[] | null {
  return list.length === 0 ? null : list;
}
