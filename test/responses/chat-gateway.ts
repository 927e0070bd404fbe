import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readInput, readTools } from '@pawl/responses/wire';
import { onTestFinished } from 'vitest';

interface ChatCall {
  readonly index?: number;
  readonly id?: string;
  readonly function?: { readonly name?: string; readonly arguments?: unknown };
}

interface ChatPiece {
  readonly content?: string | null;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly ChatCall[];
}

interface ChatBody {
  readonly choices?: readonly {
    readonly delta?: ChatPiece;
    readonly message?: ChatPiece;
    readonly finish_reason?: string | null;
  }[];
  readonly error?: unknown;
}

const REASONS: Readonly<Record<string, string>> = { length: 'max_output_tokens', content_filter: 'content_filter' };

/**
 * Serves Responses in front of a server of Chat Completions, as gateways do: what is wrong with a chat response is wrong with the response. Returns
 * its base URL.
 */
export async function startChatGateway(chatURL: string): Promise<string> {
  // By hand: it speaks Responses, and passes on what the server of @pawl/testing sends.
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    try {
      const body = JSON.stringify(toChatRequest(JSON.parse(Buffer.concat(pieces).toString())));
      const headers = { 'content-type': 'application/json' };
      const upstream = await fetch(`${chatURL}/chat/completions`, { method: 'POST', headers, body });
      await passOn(upstream, response);
    } catch {
      response.destroy(); // As the connection behind it was.
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`; // It listens on a port.
}

function toChatRequest({ input, instructions, tools, tool_choice, stream }: Readonly<Record<string, unknown>>): object {
  const createError = ({ message }: { readonly message: string }) => new Error(message);
  const { messages } = readInput(input, {
    callerInstructions: 'append',
    mediaUrls: 'any',
    maxItems: 1_000,
    createError,
  });
  const system = typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : [];
  return {
    model: 'any',
    messages: [...system, ...messages],
    ...(tools !== undefined && { tools: readTools(tools, { createError }) }),
    ...(tool_choice !== undefined && { tool_choice }),
    stream,
  };
}

async function passOn(upstream: Response, response: ServerResponse): Promise<void> {
  const type = upstream.headers.get('content-type') ?? '';
  const retryAfter = upstream.headers.get('retry-after');
  response.writeHead(upstream.status, {
    'content-type': type,
    ...(retryAfter !== null && { 'retry-after': retryAfter }),
  });
  response.flushHeaders();
  const draft = new ResponseDraft();
  if (!type.includes('text/event-stream')) {
    const text = await upstream.text();
    const body = readJson(text);
    if (body?.choices === undefined) return void response.end(text);
    draft.add(body);
    return void response.end(JSON.stringify(draft.toResponse()));
  }
  let sequence = 0;
  const send = (event: object): boolean =>
    response.write(`data: ${JSON.stringify({ ...event, sequence_number: sequence++ })}\n\n`);
  send({ type: 'response.created', response: { ...draft.toResponse(), status: 'in_progress' } });
  let rest = '';
  let isDone = false;
  for await (const piece of upstream.body ?? []) {
    const lines = `${rest}${Buffer.from(piece).toString()}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === 'data: [DONE]') isDone = true;
      const body = line.startsWith('data: {') ? readJson(line.slice('data: '.length)) : undefined;
      if (body?.error !== undefined) send({ type: 'error', ...(body.error as object) });
      else if (body !== undefined) for (const event of draft.add(body)) send(event);
    }
  }
  if (isDone) {
    for (const event of draft.finish()) send(event);
    const end = draft.toResponse();
    send({ type: `response.${end.status}`, response: end });
  }
  response.end();
}

function readJson(text: string): ChatBody | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An item, with the fields that it has grown. */
interface Item {
  readonly type: 'message' | 'function_call';
  readonly id: string;
  readonly call_id?: string | undefined;
  readonly name?: string | undefined;
  arguments?: unknown;
  readonly content?: { readonly type: string; text?: string; refusal?: string }[];
  /** Where the chat response has it. */
  readonly key: string;
}

/** A response as far as the chunks of a chat response go. */
class ResponseDraft {
  readonly #items: Item[] = [];
  #finishReason: string | undefined;

  add({ choices = [] }: ChatBody): readonly object[] {
    return choices.flatMap(({ delta, message, finish_reason: reason }) => {
      this.#finishReason = reason ?? this.#finishReason;
      const { content, refusal, tool_calls: calls = [] } = delta ?? message ?? {};
      return [
        ...(content ? this.#addText('output_text', content) : []),
        ...(refusal ? this.#addText('refusal', refusal) : []),
        ...calls.flatMap((call, at) => this.#addCall(call, at)),
      ];
    });
  }

  finish(): readonly object[] {
    return this.#items.map((item, output_index) => ({
      type: 'response.output_item.done',
      output_index,
      item: toWireItem(item),
    }));
  }

  toResponse() {
    const reason = REASONS[this.#finishReason ?? ''];
    return {
      id: 'resp_1',
      object: 'response',
      created_at: 0,
      model: 'any',
      status: reason === undefined ? 'completed' : 'incomplete',
      incomplete_details: reason === undefined ? null : { reason },
      error: null,
      output: this.#items.map(toWireItem),
    };
  }

  #addText(kind: 'output_text' | 'refusal', delta: string): readonly object[] {
    const known = this.#items.find(({ key }) => key === kind);
    const field = kind === 'refusal' ? 'refusal' : 'text';
    const item = known ?? { type: 'message', id: `msg_${kind}`, key: kind, content: [{ type: kind, [field]: '' }] };
    const events = known === undefined ? [this.#open(item)] : [];
    const [part] = item.content ?? [];
    if (part !== undefined) part[field] = `${part[field] ?? ''}${delta}`;
    const type = kind === 'refusal' ? 'response.refusal.delta' : 'response.output_text.delta';
    return [...events, { type, item_id: item.id, output_index: this.#items.indexOf(item), content_index: 0, delta }];
  }

  /** A call with another id is another one, even at the same index. */
  #addCall({ index, id, function: { name, arguments: delta = '' } = {} }: ChatCall, at: number): readonly object[] {
    const place = `call ${index ?? at}`;
    const last = this.#items.findLast(({ key }) => key === place);
    const isNew = last === undefined || (id !== undefined && id !== last.call_id && name !== undefined);
    const item = isNew
      ? { type: 'function_call' as const, id: `fc_${this.#items.length}`, key: place, call_id: id, name, arguments: '' }
      : last;
    const events = isNew ? [this.#open(item)] : [];
    item.arguments = typeof delta === 'string' ? `${item.arguments}${delta}` : delta;
    const position = { item_id: item.id, output_index: this.#items.indexOf(item) };
    return [...events, { type: 'response.function_call_arguments.delta', ...position, delta }];
  }

  #open(item: Item): object {
    const output_index = this.#items.push(item) - 1;
    const start = item.type === 'message' ? { content: [] } : {};
    return {
      type: 'response.output_item.added',
      output_index,
      item: { ...toWireItem(item), ...start, status: 'in_progress' },
    };
  }
}

function toWireItem({ key: _, ...item }: Item): object {
  return { ...item, ...(item.type === 'message' && { role: 'assistant' }), status: 'completed' };
}
