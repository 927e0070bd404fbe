import { z } from 'zod';
import {
  type Client,
  type ContestantSetup,
  createWorkTools,
  MODEL,
  SYSTEM,
  type WorkTool,
} from '../../compare/work.ts';

/** Sends a body. The response's body is read as text or in pieces. */
export type Post = (url: string, body: string) => Promise<ResponseBody>;

export interface ResponseBody {
  readText(): Promise<string>;
  readPieces(): AsyncIterable<Uint8Array>;
}

interface Call {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; arguments: string };
}

interface Message {
  readonly role: string;
  readonly content: string | null;
  readonly tool_calls?: readonly Call[];
  readonly tool_call_id?: string;
}

/** Creates the loop that a developer writes by hand: without retries, deadlines, events and history, and with a limit on turns only. */
export function createClient(post: Post, setup: ContestantSetup): Client {
  const url = `${setup.baseURL}/chat/completions`;
  const list = createWorkTools(z, setup);
  const byName = new Map(list.map((tool) => [tool.name, tool]));
  const tools = list.map(({ name, description, schema }) => {
    return { type: 'function', function: { name, description, parameters: z.toJSONSchema(schema) } };
  });

  async function runConversation(
    prompt: string,
    ask: (messages: readonly Message[]) => Promise<Message>,
  ): Promise<string> {
    const messages: Message[] = [
      { role: 'system', content: SYSTEM },
      { role: 'user', content: prompt },
    ];
    for (let turn = 0; turn < setup.maxTurns; turn++) {
      const message = await ask(messages);
      messages.push(message);
      if (message.tool_calls === undefined) return message.content ?? '';
      messages.push(...(await Promise.all(message.tool_calls.map((call) => answer(call, byName)))));
    }
    throw new Error(`The conversation did not end within ${setup.maxTurns} turns.`);
  }

  return {
    run: (prompt) =>
      runConversation(prompt, async (messages) => {
        const body = await post(url, JSON.stringify({ model: MODEL, messages, tools }));
        const { role, content, tool_calls } = JSON.parse(await body.readText()).choices[0].message;
        return { role, content, ...(tool_calls && { tool_calls }) };
      }),
    stream: (prompt, onText) =>
      runConversation(prompt, async (messages) => {
        const options = { stream: true, stream_options: { include_usage: true } };
        const body = await post(url, JSON.stringify({ model: MODEL, messages, tools, ...options }));
        return readMessage(body.readPieces(), onText);
      }),
  };
}

async function answer({ id, function: called }: Call, byName: ReadonlyMap<string, WorkTool>): Promise<Message> {
  const tool = byName.get(called.name);
  if (tool === undefined) throw new Error(`There is no tool "${called.name}".`);
  const content = await tool.execute(tool.schema.parse(JSON.parse(called.arguments)));
  return { role: 'tool', tool_call_id: id, content };
}

async function readMessage(pieces: AsyncIterable<Uint8Array>, onText: (delta: string) => void): Promise<Message> {
  const calls: Call[] = [];
  let content = '';
  for await (const event of readEvents(pieces)) {
    const delta = JSON.parse(event).choices[0]?.delta;
    if (delta?.content) {
      content += delta.content;
      onText(delta.content);
    }
    for (const { index, id, function: part } of delta?.tool_calls ?? []) {
      const call = calls[index];
      if (call === undefined) calls[index] = { id, type: 'function', function: { ...part } };
      else call.function.arguments += part.arguments;
    }
  }
  if (calls.length === 0) return { role: 'assistant', content };
  return { role: 'assistant', content: null, tool_calls: calls };
}

async function* readEvents(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of pieces) {
    text += decoder.decode(piece, { stream: true });
    let from = 0;
    for (let to = text.indexOf('\n\n'); to !== -1; to = text.indexOf('\n\n', from)) {
      const data = text.slice(from + 'data: '.length, to);
      if (data !== '[DONE]') yield data;
      from = to + 2;
    }
    text = text.slice(from);
  }
}
