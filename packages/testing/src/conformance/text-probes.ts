import { isObject } from '../stand-in/json.ts';
import { ask, choiceOf, deltasOf, textOf } from './ask.ts';
import { type Found, type Probe, supported, taken, unclear, unsupported } from './probe.ts';

const hello = { messages: [{ role: 'user', content: 'Say hello.' }] } as const;
const counting = { messages: [{ role: 'user', content: 'Count from 1 to 50, with commas.' }] } as const;

/** Whether a cap on tokens is obeyed under that name. */
function tokenCap(field: 'max_tokens' | 'max_completion_tokens'): Probe['run'] {
  return async (server) =>
    taken(await ask(server, { ...counting, [field]: 16 }), (answer) => {
      if (choiceOf(answer)['finish_reason'] === 'length') return supported('the reply was cut there');
      return unclear('taken, and the reply was not cut');
    });
}

function stopped(text: string): Found {
  if (/\b8\b/.test(text)) return unsupported('the reply went on');
  return /\b5\b/.test(text) ? supported() : unclear('the model did not count');
}

export const textProbes: readonly Probe[] = [
  {
    name: 'text',
    run: async (server) =>
      taken(await ask(server, hello), (answer) =>
        textOf(answer) === '' ? unsupported(`no text: ${answer.said}`) : supported(),
      ),
  },
  {
    name: 'usage',
    run: async (server) =>
      taken(await ask(server, hello), ({ body }) => {
        const usage = body?.['usage'];
        return isObject(usage) && Number(usage['total_tokens']) > 0 ? supported() : unsupported('no token counts');
      }),
  },
  {
    name: 'stream',
    run: async (server) =>
      taken(await ask(server, { ...hello, stream: true }), (answer) => {
        const text = deltasOf(answer).map(({ content }) => (typeof content === 'string' ? content : ''));
        if (text.join('') === '') return unsupported('no pieces of text');
        return supported(answer.hasDone ? `${answer.events.length} chunks` : 'without [DONE] at its end');
      }),
  },
  {
    name: 'stream usage',
    run: async (server) =>
      taken(await ask(server, { ...hello, stream: true, stream_options: { include_usage: true } }), ({ events }) =>
        events.some(({ usage }) => isObject(usage)) ? supported() : unsupported('no usage in any chunk'),
      ),
    profile: ({ status, detail }) =>
      status === 'unsupported' && detail.startsWith('status') ? { streamOptions: false } : {},
  },
  { name: 'max_completion_tokens', run: tokenCap('max_completion_tokens') },
  {
    name: 'max_tokens',
    run: tokenCap('max_tokens'),
    profile: ({ status }) => ({ tokenField: status === 'unsupported' ? 'max_completion_tokens' : 'max_tokens' }),
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
  {
    name: 'developer role',
    run: async (server) =>
      taken(await ask(server, { messages: [{ role: 'developer', content: 'Be brief.' }, ...hello.messages] }), () =>
        supported(),
      ),
    profile: ({ status }) => ({ developerRole: status === 'supported' }),
  },
  {
    name: 'names of messages',
    run: async (server) =>
      taken(await ask(server, { messages: [{ role: 'user', name: 'ada', content: 'Say hello.' }] }), () => supported()),
    profile: ({ status }) => ({ messageNames: status === 'supported' }),
  },
  {
    name: 'errors',
    run: async (server) => {
      const { status, body, said } = await ask(server, { messages: 'none' });
      if (status < 400) return unsupported(`a request without messages was answered with status ${status}`);
      if (!isObject(body?.['error'])) return unsupported(`status ${status} in another form: ${said}`);
      return supported(`status ${status}`);
    },
  },
];
