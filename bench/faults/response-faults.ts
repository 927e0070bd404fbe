import { respond } from '@pawl/testing';
import type { Fault } from './fault.ts';
import { hasAnswer, hasReportedProblem, hasRunTools } from './judge.ts';

const OSLO = { city: 'Oslo' } as const;
const whole = respond.text('It is minus forty degrees in Oslo, so stay at home.');
const call = respond.call('get_weather', OSLO);

const REPORTED_OR_RETRIED =
  'It ends with the whole answer of another try, or says what went wrong; never with the half.';

/** Incomplete or unusual responses. */
export const responseFaults: readonly Fault[] = [
  {
    name: 'text cut by the token limit',
    happens: 'A text, and finish_reason `length`.',
    passes: 'It throws, or says `length` beside the text.',
    serve: () => respond.truncated('It is'),
    isPassed: hasReportedProblem,
  },
  {
    name: 'content filter',
    happens: 'No text, and finish_reason `content_filter`.',
    passes: 'It throws, or says so.',
    serve: () => respond.filtered(),
    isPassed: hasReportedProblem,
  },
  {
    name: 'refusal',
    happens: 'No content, and a `refusal`.',
    passes: 'It throws, says so, or gives the words of the refusal; never an empty text.',
    serve: () => respond.refusal('I can’t help with that.'),
    isPassed: (seen) =>
      hasReportedProblem(seen) || (seen.did.ended === 'answered' && seen.did.text === 'I can’t help with that.'),
  },
  {
    name: 'empty reply',
    happens: 'Once, content null, no calls, finish_reason `stop`.',
    passes: 'The model is asked again, or it throws; never an empty answer.',
    serve: (_, index) => (index === 0 ? respond.empty() : undefined),
    isPassed: (seen) => hasAnswer(seen) || hasReportedProblem(seen),
  },
  {
    name: 'no choices',
    happens: 'Once, status 200 and `"choices": []`.',
    passes: 'It is asked again, or it throws; never an empty answer.',
    serve: (_, index) =>
      index === 0
        ? respond.body({ id: 'none', object: 'chat.completion', created: 0, model: 'any', choices: [] })
        : undefined,
    isPassed: (seen) => hasAnswer(seen) || hasReportedProblem(seen),
  },
  {
    name: 'status 200 with an error',
    happens: 'Once, status 200 and the body `{"error": {"message": "The model is overloaded."}}`.',
    passes: 'It is asked again, or it throws an error that has the server’s message somewhere in it.',
    serve: (_, index) =>
      index === 0 ? respond.errorBody({ message: 'The model is overloaded.', code: 503 }) : undefined,
    isPassed: (seen) => hasAnswer(seen) || (hasReportedProblem(seen) && hasQuoted(seen.did.details)),
  },
  {
    name: 'status 200 with a page',
    happens: 'Once, status 200 and a page in HTML.',
    passes: 'It is asked again, or it throws.',
    serve: (_, index) =>
      index === 0 ? respond.body('<html>Welcome</html>', { headers: { 'content-type': 'text/html' } }) : undefined,
    isPassed: (seen) => hasAnswer(seen) || hasReportedProblem(seen),
  },
  {
    name: 'stream cut in a text',
    happens: 'Once, a stream ends after some words, without finish_reason and `[DONE]`.',
    passes: REPORTED_OR_RETRIED,
    isStreamed: true,
    serve: (_, index) => (index === 0 ? respond.cut(whole, { afterChunks: 4 }) : undefined),
    isPassed: (seen) => hasAnswer(seen) || hasReportedProblem(seen),
  },
  {
    name: 'stream cut in a call',
    happens: 'Once, a stream ends in the middle of the arguments, without finish_reason and `[DONE]`.',
    passes: 'Nothing of it is run; it ends with the answer of another try, or says what went wrong.',
    isStreamed: true,
    serve: (_, index) => (index === 0 ? respond.cut(call, { afterChunks: 2 }) : undefined),
    isPassed: (seen) => hasRunTools(seen, []) && (hasAnswer(seen) || hasReportedProblem(seen)),
  },
  {
    name: 'error inside a stream',
    happens: 'Once, an event with an `error` after some words, which ends the stream.',
    passes: REPORTED_OR_RETRIED,
    isStreamed: true,
    serve: (_, index) =>
      index === 0
        ? respond.streamError({ message: 'The model is overloaded.' }, { response: whole, afterChunks: 4 })
        : undefined,
    isPassed: (seen) => hasAnswer(seen) || hasReportedProblem(seen),
  },
  {
    name: 'JSON in place of a stream',
    happens: 'A streamed request is answered with one JSON body.',
    passes: 'It is read, or it throws; never an empty answer.',
    isStreamed: true,
    serve: () => respond.text('It is 4 degrees in Oslo.', { form: 'json' }),
    isPassed: (seen) => hasAnswer(seen) || hasReportedProblem(seen),
  },
  {
    name: 'a stream in place of JSON',
    happens: 'An unstreamed request is answered with a stream.',
    passes: 'It is read, or it throws; never an empty answer.',
    serve: () => respond.text('It is 4 degrees in Oslo.', { form: 'sse' }),
    isPassed: (seen) => hasAnswer(seen) || hasReportedProblem(seen),
  },
];

function hasQuoted(details = ''): boolean {
  return details.includes('The model is overloaded.');
}
