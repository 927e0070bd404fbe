import { z } from 'zod';
import { type Contestant, description, execute, input, PROMPT, type Setup, SYSTEM, toolName } from './work.ts';

/** A reply's body in pieces. */
export type Post = (url: string, body: string) => Promise<AsyncIterable<Uint8Array>>;

interface Message {
  readonly role: string;
  readonly content: string | null;
  readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly arguments: string } }[];
  readonly tool_call_id?: string;
}

/** The loop that one would write by hand: no retries, no limits, no deadlines, no events. */
export function byHand(post: Post, { baseURL, toolCount }: Setup): Contestant {
  const url = `${baseURL}/chat/completions`;
  const tools = Array.from({ length: toolCount }, (_, index) => ({
    type: 'function',
    function: { name: toolName(index), description, parameters: z.toJSONSchema(input) },
  }));
  const start: readonly Message[] = [
    { role: 'system', content: SYSTEM },
    { role: 'user', content: PROMPT },
  ];
  return {
    async ask() {
      const messages = [...start];
      for (;;) {
        const decoder = new TextDecoder();
        let text = '';
        for await (const bytes of await post(url, JSON.stringify({ model: 'bench', messages, tools })))
          text += decoder.decode(bytes, { stream: true });
        const message: Message = JSON.parse(text).choices[0].message;
        if (message.tool_calls === undefined) return message.content ?? '';
        messages.push(message);
        for (const { id, function: called } of message.tool_calls) {
          const content = execute(input.parse(JSON.parse(called.arguments)));
          messages.push({ role: 'tool', tool_call_id: id, content });
        }
      }
    },
    async stream(onText) {
      const decoder = new TextDecoder();
      let whole = '';
      let rest = '';
      for await (const bytes of await post(
        url,
        JSON.stringify({ model: 'bench', messages: start, tools, stream: true }),
      )) {
        const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          if (!line.startsWith('data: ') || line === 'data: [DONE]') continue;
          const delta = JSON.parse(line.slice(6)).choices[0]?.delta.content;
          if (!delta) continue;
          whole += delta;
          onText(delta);
        }
      }
      return whole;
    },
  };
}
