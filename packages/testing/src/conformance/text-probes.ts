import { isObject } from '../base/json.ts';
import { type Answer, ask, deltasOf, textOf } from './ask.ts';
import {
  type Found,
  isSupported,
  oneRequest,
  type Probe,
  supported,
  taken,
  unclear,
  unlessCut,
  unsupported,
} from './probe.ts';
import { counting } from './token-probes.ts';

const hello = { messages: [{ role: 'user', content: 'Say hello.' }] } as const;

function stopped(text: string): Found {
  if (/\b8\b/.test(text)) return unsupported('the reply went on');
  return /\b5\b/.test(text) ? supported() : unclear('the model did not count');
}

/** Whether the server takes the message. A refusal says something of it only where a plain one is taken. */
function messageForm(name: string, field: 'developerRole' | 'messageNames', messages: readonly object[]): Probe {
  return {
    name,
    run: async (server, earlier) => {
      const found = taken(await ask(server, { messages }), () => supported());
      if (found.status === 'unclear' || !isSupported(earlier, 'text')) return found;
      return { ...found, profile: { [field]: found.status === 'supported' } };
    },
  };
}

function judgeText(answer: Answer): Found {
  return textOf(answer) === '' ? unlessCut(answer, unsupported(`no text: ${answer.said}`)) : supported();
}

function judgeStream(answer: Answer): Found {
  const text = deltasOf(answer).map(({ content }) => (typeof content === 'string' ? content : ''));
  if (text.join('') === '') return unlessCut(answer, unsupported('no pieces of text'));
  return supported(answer.hasDone ? `${answer.events.length} chunks` : 'without [DONE] at its end');
}

export const textProbes: readonly Probe[] = [
  oneRequest('text', hello, judgeText),
  oneRequest('usage', hello, ({ body }) => {
    const usage = body?.['usage'];
    return isObject(usage) && Number(usage['total_tokens']) > 0 ? supported() : unsupported('no token counts');
  }),
  oneRequest('stream', { ...hello, stream: true }, judgeStream),
  {
    name: 'stream usage',
    run: async (server, earlier) => {
      const asked = await ask(server, { ...hello, stream: true, stream_options: { include_usage: true } });
      const found = taken(asked, ({ events }) =>
        events.some(({ usage }) => isObject(usage)) ? supported() : unsupported('no usage in any chunk'),
      );
      const isShown = found.isRefused === true && isSupported(earlier, 'stream');
      return isShown ? { ...found, profile: { streamOptions: false } } : found;
    },
  },
  oneRequest('stop', { ...counting, stop: [' 7', ',7'] }, (answer) => stopped(textOf(answer))),
  oneRequest('n', { ...hello, n: 2 }, ({ body }) => {
    const choices = body?.['choices'];
    const { length } = Array.isArray(choices) ? choices : [];
    return length === 2 ? supported() : unsupported(`${length} choice`);
  }),
  messageForm('developer role', 'developerRole', [{ role: 'developer', content: 'Be brief.' }, ...hello.messages]),
  messageForm('names of messages', 'messageNames', [{ role: 'user', name: 'ada', content: 'Say hello.' }]),
  {
    name: 'errors',
    run: async (server) => {
      const { status, body, said } = await ask(server, { messages: 'none' });
      if (status === 0) return unclear(`no answer: ${said}`);
      if (status < 400) return unsupported(`a request without messages was answered with status ${status}`);
      if (!isObject(body?.['error'])) return unsupported(`status ${status} in another form: ${said}`);
      return supported(`status ${status}`);
    },
  },
];
