import type { ChatRequest } from '@pawl/core/chat';
import { respond, type ScriptedResponse, withFaults } from '@pawl/testing';
import type { Fault } from './fault.ts';
import { hasAnswer, hasReportedProblem, hasRunTools, hasValidHistory, listResults } from './judge.ts';

const OSLO = { city: 'Oslo' } as const;
const ROME = { city: 'Rome' } as const;
const BOTH = [
  { name: 'get_weather', arguments: OSLO },
  { name: 'get_weather', arguments: ROME },
] as const;

const REPORTED_TO_MODEL = 'The tool is not run, the model gets an error result, and the run goes on to the answer.';

/** Invalid or unusual tool calls. */
export const callFaults: readonly Fault[] = [
  {
    name: 'arguments cut by the token limit',
    happens:
      'A call whose arguments end in the middle, and finish_reason `length`; then, where asked again, the answer.',
    passes: 'The tool is not run; the run asks again, or says that the reply was cut.',
    serve: (_, index) => (index === 0 ? callWithText('{"city":"Os', { finishReason: 'length' }) : undefined),
    isPassed: (seen) =>
      hasRunTools(seen, []) && (hasReportedProblem(seen) || (hasAnswer(seen) && seen.requests.length > 1)),
  },
  {
    name: 'arguments that are no JSON',
    happens: 'A call with the arguments `{"city": Oslo}`; then the answer.',
    passes: REPORTED_TO_MODEL,
    serve: (_, index) => (index === 0 ? callWithText('{"city": Oslo}') : undefined),
    isPassed: (seen) => hasRunTools(seen, []) && hasAnswer(seen) && listResults(seen).length === 1,
  },
  {
    name: 'the same, and a server that minds',
    happens:
      'As before; and status 400 where a later request holds arguments that are no JSON, as vLLM and others answer.',
    passes: REPORTED_TO_MODEL,
    serve: (request, index) => (index === 0 ? callWithText('{"city": Oslo}') : refuseInvalid(request)),
    isPassed: (seen) => hasRunTools(seen, []) && hasAnswer(seen),
  },
  {
    name: 'arguments of the wrong type',
    happens: 'A call with the arguments `{"city": 7}`; then the answer.',
    passes: REPORTED_TO_MODEL,
    serve: (_, index) => (index === 0 ? callWithText('{"city":7}') : undefined),
    isPassed: (seen) => hasRunTools(seen, []) && hasAnswer(seen) && listResults(seen).length === 1,
  },
  {
    name: 'arguments as an object',
    happens: 'A call whose arguments are an object, not a text; then the answer.',
    passes: 'The tool is run with them, or the model gets an error result; the run goes on to the answer.',
    serve: (request, index) =>
      index === 0 ? createQuirk('arguments-as-object', { request, calls: [BOTH[0]] }) : undefined,
    isPassed: (seen) =>
      (hasRunTools(seen, [OSLO]) || hasRunTools(seen, [])) && hasAnswer(seen) && seen.requests.length > 1,
  },
  {
    name: 'empty arguments',
    happens: 'A call of a tool without parameters, with the arguments `""`; then the answer.',
    passes: 'The tool is run, and the run goes on to the answer.',
    serve: (_, index) => (index === 0 ? respond.call('get_time', '') : undefined),
    isPassed: (seen) => hasRunTools(seen, [{}]) && hasAnswer(seen),
  },
  {
    name: 'unknown tool',
    happens: 'A call of `get_wether`, which nobody offered; then the answer.',
    passes: REPORTED_TO_MODEL,
    serve: (_, index) => (index === 0 ? respond.call('get_wether', OSLO) : undefined),
    isPassed: (seen) => hasRunTools(seen, []) && hasAnswer(seen) && listResults(seen).length === 1,
  },
  {
    name: 'finish_reason null beside calls',
    happens: 'A call, and finish_reason null; then the answer.',
    passes: 'The call is run, and the run goes on to the answer.',
    serve: (_, index) => (index === 0 ? respond.call('get_weather', OSLO, { finishReason: null }) : undefined),
    isPassed: (seen) => hasRunTools(seen, [OSLO]) && hasAnswer(seen),
  },
  {
    name: 'finish_reason stop beside calls',
    happens: 'A call, and finish_reason `stop`; then the answer.',
    passes: 'The call is run, and the run goes on to the answer.',
    serve: (_, index) => (index === 0 ? respond.call('get_weather', OSLO, { finishReason: 'stop' }) : undefined),
    isPassed: (seen) => hasRunTools(seen, [OSLO]) && hasAnswer(seen),
  },
  {
    name: 'index 0 for all calls',
    happens: 'A stream of two calls with ids of their own, both with index 0; then the answer.',
    passes: 'Both are run, each with its own arguments.',
    isStreamed: true,
    serve: (request, index) => (index === 0 ? createQuirk('index-zero', { request, calls: BOTH }) : undefined),
    isPassed: (seen) => hasRunTools(seen, [OSLO, ROME]) && hasAnswer(seen),
  },
  {
    name: 'calls without ids',
    happens: 'Two calls without ids; then the answer.',
    passes: 'Both are run, and their results go back under ids that tell them apart.',
    serve: (request, index) => (index === 0 ? createQuirk('no-call-ids', { request, calls: BOTH }) : undefined),
    isPassed: (seen) => hasRunTools(seen, [OSLO, ROME]) && hasAnswer(seen) && hasValidHistory(seen),
  },
  {
    name: 'one id for two calls',
    happens: 'Two calls with the same id; then the answer.',
    passes: 'Both are run, and their results go back under ids that tell them apart.',
    serve: (_, index) => (index === 0 ? respond.calls(BOTH.map((each) => ({ ...each, id: 'call_0' }))) : undefined),
    isPassed: (seen) => hasRunTools(seen, [OSLO, ROME]) && hasAnswer(seen) && hasValidHistory(seen),
  },
];

function callWithText(args: string, options: { readonly finishReason?: 'length' } = {}): ScriptedResponse {
  return respond.call('get_weather', args, options);
}

interface QuirkScope {
  readonly request: ChatRequest;
  readonly calls: Parameters<typeof respond.calls>[0];
}

async function createQuirk(
  name: 'arguments-as-object' | 'index-zero' | 'no-call-ids',
  { request, calls }: QuirkScope,
): Promise<ScriptedResponse> {
  return withFaults([respond.calls(calls)], [name])(request, {});
}

function refuseInvalid({ messages }: ChatRequest): ScriptedResponse | undefined {
  const texts = messages.flatMap((message) => (message.role === 'assistant' ? (message.tool_calls ?? []) : []));
  const isWrong = texts.some((each) => each.type === 'function' && !isJson(each.function.arguments));
  return isWrong ? respond.httpError(400, { message: 'The arguments of a tool call are no JSON.' }) : undefined;
}

function isJson(text: string): boolean {
  try {
    return JSON.parse(text) !== undefined;
  } catch {
    return false;
  }
}
