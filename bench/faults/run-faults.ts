import { respond } from '@pawl/testing';
import type { Fault } from './fault.ts';
import { hasAnswer, hasReportedProblem, hasRunTools, listResults } from './judge.ts';

const OSLO = { city: 'Oslo' } as const;
const call = respond.call('get_weather', OSLO);
const RETRY_AFTER_S = 2;
/** More requests for one question count as an endless loop. */
const MAX_REQUESTS = 100;

/** Failing tools, busy servers, and endless loops. */
export const runFaults: readonly Fault[] = [
  {
    name: 'nothing',
    happens: 'A call, then the answer: shows that each framework is driven as it should be.',
    passes: 'The tool is run, and the run ends with the answer.',
    serve: (_, index) => (index === 0 ? call : undefined),
    isPassed: (seen) => hasRunTools(seen, [OSLO]) && hasAnswer(seen),
  },
  {
    name: 'nothing, in a stream',
    happens: 'The same, streamed.',
    passes: 'The tool is run, and the run ends with the answer.',
    isStreamed: true,
    serve: (_, index) => (index === 0 ? call : undefined),
    isPassed: (seen) => hasRunTools(seen, [OSLO]) && hasAnswer(seen),
  },
  {
    name: 'throwing tool',
    happens: 'Two calls side by side, of which one throws `The weather service is down.`; then the answer.',
    passes: 'The model gets the error of one call and the result of the other; the run goes on to the answer.',
    tool: 'throws for Oslo',
    serve: (_, index) =>
      index === 0
        ? respond.calls([
            { name: 'get_weather', arguments: OSLO },
            { name: 'get_weather', arguments: { city: 'Rome' } },
          ])
        : undefined,
    isPassed: (seen) => {
      const contents = listResults(seen).join('\n');
      return hasAnswer(seen) && /error|failed|service is down/i.test(contents) && contents.includes('Rome: 4 degrees');
    },
  },
  {
    name: 'hanging tool, aborted',
    happens: 'A tool never settles and ignores its signal; the run is aborted while it hangs.',
    passes: 'The run ends within 2 s of the abort, and not with an answer.',
    tool: 'hangs',
    abortAfterMs: 100,
    serve: () => call,
    isPassed: (seen) => hasReportedProblem(seen) && seen.did.durationMs < 2_000 && seen.did.ran.length === 1,
  },
  {
    name: 'endless loop',
    happens: 'Each request that offers tools is answered with a call.',
    passes: `The run ends by itself within ${MAX_REQUESTS} requests, and says that it did not come to an end.`,
    serve: ({ tools, tool_choice: choice }) => (tools === undefined || choice === 'none' ? undefined : call),
    isPassed: (seen) => hasReportedProblem(seen) && seen.requests.length <= MAX_REQUESTS,
  },
  {
    name: 'a result of nothing',
    happens: 'A tool gives undefined; then the answer.',
    passes: 'The model gets a text, and the run goes on to the answer.',
    tool: 'gives nothing',
    serve: (_, index) => (index === 0 ? call : undefined),
    isPassed: (seen) => hasAnswer(seen) && listResults(seen).length === 1 && listResults(seen)[0] !== undefined,
  },
  {
    name: 'a result without a form in JSON',
    happens: 'A tool gives an object with a BigInt, a Map and a Date; then the answer.',
    passes: 'The model gets the values, not `[object Object]`, and the run goes on to the answer.',
    tool: 'gives what JSON has no form for',
    serve: (_, index) => (index === 0 ? call : undefined),
    isPassed: (seen) => {
      const contents = listResults(seen).join('\n');
      return hasAnswer(seen) && contents.includes('12345678901234567890') && contents.includes('Rome');
    },
  },
  {
    name: 'status 503 twice',
    happens: 'Twice status 503, then the answer.',
    passes: 'It ends with the answer.',
    serve: (_, index) => (index < 2 ? respond.httpError(503) : undefined),
    isPassed: hasAnswer,
  },
  {
    name: 'status 429 with Retry-After',
    happens: `Once status 429 with \`Retry-After: ${RETRY_AFTER_S}\`, then the answer.`,
    passes: `It ends with the answer, and asks again no sooner than after ${RETRY_AFTER_S} s.`,
    serve: (_, index) =>
      index === 0 ? respond.httpError(429, { headers: { 'retry-after': String(RETRY_AFTER_S) } }) : undefined,
    isPassed: (seen) => {
      const [first, second] = seen.requests.map(({ atMs }) => atMs);
      // Allows for inaccurate timers, but not for a different delay.
      return hasAnswer(seen) && Number(second) - Number(first) >= RETRY_AFTER_S * 1_000 - 50;
    },
  },
  {
    name: 'quota used up',
    happens: 'Each time status 429 with the code `insufficient_quota`.',
    passes: 'It throws with the server’s message after one request: asking again can’t help.',
    serve: () =>
      respond.httpError(429, {
        code: 'insufficient_quota',
        message: 'You exceeded your current quota, check your plan.',
      }),
    isPassed: (seen) =>
      hasReportedProblem(seen) &&
      seen.requests.length === 1 &&
      (seen.did.details ?? '').includes('exceeded your current quota'),
  },
  {
    name: 'connection reset',
    happens: 'Once, the socket is destroyed before anything is answered.',
    passes: 'It ends with the answer.',
    serve: (_, index) => (index === 0 ? respond.reset() : undefined),
    isPassed: hasAnswer,
  },
  {
    name: 'connection reset in a reply',
    happens: 'Once, the socket is destroyed in the middle of a stream.',
    passes: 'It ends with the whole answer of another try, or says what went wrong; never with the half.',
    isStreamed: true,
    serve: (_, index) =>
      index === 0
        ? respond.reset({
            response: respond.text('It is minus forty degrees in Oslo, so stay at home.'),
            afterChunks: 4,
          })
        : undefined,
    isPassed: (seen) => hasRunTools(seen, []) && (hasAnswer(seen) || hasReportedProblem(seen)),
  },
];
