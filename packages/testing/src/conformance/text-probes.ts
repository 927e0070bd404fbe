import { isObject } from '../base/json.ts';
import {
  checkTruncation,
  createProbe,
  isSupported,
  judgeResponse,
  type Probe,
  type ProbeEvidence,
  reportSupported,
  reportUnclear,
  reportUnsupported,
} from './probe.ts';
import { type ProbeResponse, readDeltas, readResponseText, requestCompletion } from './request-completion.ts';
import { countingRequest } from './token-probes.ts';

const hello = { messages: [{ role: 'user', content: 'Say hello.' }] } as const;

function judgeStop(text: string): ProbeEvidence {
  if (/\b8\b/.test(text)) return reportUnsupported('the response did not stop');
  return /\b5\b/.test(text) ? reportSupported() : reportUnclear('the model did not count');
}

/**
 * Probes whether the server accepts a form of message. A refusal is evidence only if the server accepts plain messages.
 */
function createMessageProbe(name: string, field: 'developerRole' | 'messageNames', messages: readonly object[]): Probe {
  return {
    name,
    run: async (server, earlier) => {
      const found = judgeResponse(await requestCompletion(server, { messages }), () => reportSupported());
      if (found.status === 'unclear' || !isSupported(earlier, 'text')) return found;
      return { ...found, profile: { [field]: found.status === 'supported' } };
    },
  };
}

function judgeText(answer: ProbeResponse): ProbeEvidence {
  return readResponseText(answer) === ''
    ? checkTruncation(answer, reportUnsupported(`no text: ${answer.message}`))
    : reportSupported();
}

function judgeStream(answer: ProbeResponse): ProbeEvidence {
  const text = readDeltas(answer).map(({ content }) => (typeof content === 'string' ? content : ''));
  if (text.join('') === '') return checkTruncation(answer, reportUnsupported('no text deltas'));
  return reportSupported(answer.hasDone ? `${answer.events.length} chunks` : 'without [DONE] at the end');
}

export const textProbes: readonly Probe[] = [
  createProbe('text', hello, judgeText),
  createProbe('usage', hello, ({ body }) => {
    const usage = body?.['usage'];
    return isObject(usage) && Number(usage['total_tokens']) > 0
      ? reportSupported()
      : reportUnsupported('no token counts');
  }),
  createProbe('stream', { ...hello, stream: true }, judgeStream),
  {
    name: 'stream usage',
    run: async (server, earlier) => {
      const asked = await requestCompletion(server, {
        ...hello,
        stream: true,
        stream_options: { include_usage: true },
      });
      const found = judgeResponse(asked, ({ events }) =>
        events.some(({ usage }) => isObject(usage)) ? reportSupported() : reportUnsupported('no usage in any chunk'),
      );
      const isShown = found.isRefused === true && isSupported(earlier, 'stream');
      return isShown ? { ...found, profile: { streamOptions: false } } : found;
    },
  },
  createProbe('stop', { ...countingRequest, stop: [' 7', ',7'] }, (answer) => judgeStop(readResponseText(answer))),
  createProbe('n', { ...hello, n: 2 }, ({ body }) => {
    const choices = body?.['choices'];
    const { length } = Array.isArray(choices) ? choices : [];
    return length === 2 ? reportSupported() : reportUnsupported(`${length} choice`);
  }),
  createMessageProbe('developer role', 'developerRole', [
    { role: 'developer', content: 'Be brief.' },
    ...hello.messages,
  ]),
  createMessageProbe('names of messages', 'messageNames', [{ role: 'user', name: 'ada', content: 'Say hello.' }]),
  {
    name: 'errors',
    run: async (server) => {
      const { status, body, message } = await requestCompletion(server, { messages: 'none' });
      if (status === 0) return reportUnclear(`no answer: ${message}`);
      if (status < 400) return reportUnsupported(`a request without messages got status ${status}`);
      if (!isObject(body?.['error'])) return reportUnsupported(`status ${status} without an error object: ${message}`);
      return reportSupported(`status ${status}`);
    },
  },
];
