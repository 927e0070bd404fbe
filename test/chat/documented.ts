import fc, { type Arbitrary } from 'fast-check';
import { splitIntoChunks } from './documented-chunks.ts';
import { type Call, type Choice, documentedResponse, type Wire } from './documented-response.ts';

/** A documented response: as a whole body, as chunks, and as it must be read from both. */
export interface DocumentedExchange {
  readonly body: Wire;
  readonly chunks: readonly Wire[];
  readonly response: Wire;
  /** Whether one of its choices has the legacy form of a call. */
  readonly isLegacy: boolean;
}

/** Generated numbers decide how a response is cut and interleaved, so that a failure can be reproduced. */
export const documented: Arbitrary<DocumentedExchange> = fc
  .record({ response: documentedResponse, random: fc.infiniteStream(fc.nat()) })
  .map(({ response, random }) => {
    const { choices, head, fields, usage } = response;
    const next = (below: number): number => (random.next().value ?? 0) % below;
    const envelope = { ...head, object: 'chat.completion', ...fields, ...(usage && { usage }) };
    return {
      body: { ...envelope, choices: choices.map((each, index) => buildSentChoice(each, { index, next })) },
      chunks: splitIntoChunks(response, next),
      response: { ...envelope, choices: choices.map(buildExpectedChoice) },
      isLegacy: choices.some(({ legacy }) => legacy),
    };
  });

interface SendOptions {
  readonly index: number;
  readonly next: (below: number) => number;
}

/** Adds fields with which servers say that there is no value. */
function buildSentChoice(choice: Choice, { index, next }: SendOptions): Wire {
  const { message, ...rest } = buildExpectedChoice(choice, index);
  const { tool_calls: calls, ...fields } = message;
  const nothing = [
    {},
    { refusal: null, function_call: null, audio: null },
    { tool_calls: null, annotations: null },
    { tool_calls: [], annotations: [] },
  ];
  const legacy = buildCall(choice.calls[0])['function'];
  return {
    ...rest,
    message: {
      ...nothing[next(nothing.length)],
      ...fields,
      ...(choice.legacy ? { function_call: legacy } : calls !== undefined && { tool_calls: calls }),
    },
  };
}

interface ExpectedChoice {
  readonly index: number;
  readonly message: Wire;
}

function buildExpectedChoice(choice: Choice, index: number): ExpectedChoice {
  const { texts, lists, fields, outer, audio, calls, legacy, finish, logprobs } = choice;
  const filled = Object.entries({ ...texts, ...lists }).filter(([, value]) => value.length > 0);
  const called = calls.map((call) => (legacy ? { ...buildCall(call), id: `call_${index}_0` } : buildCall(call)));
  return {
    index,
    message: {
      role: 'assistant',
      content: null,
      ...fields,
      ...Object.fromEntries(filled),
      ...(Object.keys(audio).length > 0 && { audio }),
      ...(called.length > 0 && { tool_calls: called }),
    },
    ...{ finish_reason: finish },
    ...(logprobs !== undefined && {
      logprobs: logprobs && { content: logprobs.content, refusal: toNullIfEmpty(logprobs.refusal) },
    }),
    ...outer,
  };
}

function buildCall(call: Call | undefined): Wire {
  if (call === undefined) return {};
  const { id, type, name, text, fields, called } = call;
  if (type === 'custom') return { id, type, custom: { name, input: text, ...called }, ...fields };
  return { id, type, function: { name, arguments: text, ...called }, ...fields };
}

function toNullIfEmpty(list: readonly unknown[]): readonly unknown[] | null {
  return list.length === 0 ? null : list;
}
