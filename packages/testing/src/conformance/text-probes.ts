import { isObject } from '../compare/json.ts';
import { type Answer, ask, deltasOf, textOf } from './ask.ts';
import { type Found, type Probe, supported, taken, unclear, unlessCut, unsupported } from './probe.ts';

const hello = { messages: [{ role: 'user', content: 'Say hello.' }] } as const;
const counting = { messages: [{ role: 'user', content: 'Count from 1 to 50, with commas.' }] } as const;

function stopped(text: string): Found {
  if (/\b8\b/.test(text)) return unsupported('the reply went on');
  return /\b5\b/.test(text) ? supported() : unclear('the model did not count');
}

/** Whether the server takes the message. A refusal says something of it only where a plain one is taken. */
function messageForm(name: string, { messages, field }: MessageForm): Probe {
  return {
    name,
    run: async (server, earlier) => {
      const found = taken(await ask(server, { messages }), () => supported());
      if (found.status === 'unclear' || earlier('text')?.status !== 'supported') return found;
      return { ...found, profile: { [field]: found.status === 'supported' } };
    },
  };
}

interface MessageForm {
  readonly messages: readonly object[];
  readonly field: 'developerRole' | 'messageNames';
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
  { name: 'text', run: async (server) => taken(await ask(server, hello), judgeText) },
  {
    name: 'usage',
    run: async (server) =>
      taken(await ask(server, hello), ({ body }) => {
        const usage = body?.['usage'];
        return isObject(usage) && Number(usage['total_tokens']) > 0 ? supported() : unsupported('no token counts');
      }),
  },
  { name: 'stream', run: async (server) => taken(await ask(server, { ...hello, stream: true }), judgeStream) },
  {
    name: 'stream usage',
    run: async (server, earlier) => {
      const asked = await ask(server, { ...hello, stream: true, stream_options: { include_usage: true } });
      const found = taken(asked, ({ events }) =>
        events.some(({ usage }) => isObject(usage)) ? supported() : unsupported('no usage in any chunk'),
      );
      const isShown = found.isRefused === true && earlier('stream')?.status === 'supported';
      return isShown ? { ...found, profile: { streamOptions: false } } : found;
    },
  },
  {
    name: 'stop',
    run: async (server) =>
      taken(await ask(server, { ...counting, stop: [' 7', ',7'] }), (answer) => stopped(textOf(answer))),
  },
  {
    name: 'n',
    run: async (server) =>
      taken(await ask(server, { ...hello, n: 2 }), ({ body }) => {
        const choices = body?.['choices'];
        const { length } = Array.isArray(choices) ? choices : [];
        return length === 2 ? supported() : unsupported(`${length} choice`);
      }),
  },
  messageForm('developer role', {
    messages: [{ role: 'developer', content: 'Be brief.' }, ...hello.messages],
    field: 'developerRole',
  }),
  messageForm('names of messages', {
    messages: [{ role: 'user', name: 'ada', content: 'Say hello.' }],
    field: 'messageNames',
  }),
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
