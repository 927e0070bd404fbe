// A Chat Completions server that costs next to nothing: every answer is made beforehand. A process of its own.
// The first part of the path says how it answers: whole, twenty (chunks at once), bulk (2,000) or pieces (200, each written alone).
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const HEAD = { id: 'chatcmpl-1', created: 1_735_689_600, model: 'bench' };
const USAGE = { prompt_tokens: 50, completion_tokens: 20, total_tokens: 70 };
const CALL = { id: 'call_1', type: 'function', function: { name: 'tool_0', arguments: '{"city":"Oslo","days":3}' } };

function whole(message: object, finish_reason: string): string {
  const choice = { index: 0, message: { role: 'assistant', content: null, refusal: null, ...message }, logprobs: null };
  return JSON.stringify({ ...HEAD, object: 'chat.completion', choices: [{ ...choice, finish_reason }], usage: USAGE });
}

function chunk(delta: object, finish_reason: string | null = null): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason }];
  return `data: ${JSON.stringify({ ...HEAD, object: 'chat.completion.chunk', choices })}\n\n`;
}

function stream(count: number): readonly string[] {
  const texts = Array.from({ length: count - 2 }, (_, index) => chunk({ content: `word${index % 10} ` }));
  return [chunk({ role: 'assistant', content: '' }), ...texts, `${chunk({}, 'stop')}data: [DONE]\n\n`];
}

const call = whole({ tool_calls: [CALL] }, 'tool_calls');
const text = whole({ content: 'It will rain for three days in Oslo.' }, 'stop');
const twenty = stream(20).join('');
const bulk = stream(2_000).join('');
const pieces = stream(200);

function answer(kind: string, { body, response }: { readonly body: string; readonly response: ServerResponse }): void {
  const json = { 'content-type': 'application/json' };
  const events = { 'content-type': 'text/event-stream' };
  if (kind === 'twenty') response.writeHead(200, events).end(twenty);
  else if (kind === 'bulk') response.writeHead(200, events).end(bulk);
  else if (kind === 'pieces') void oneByOne(response.writeHead(200, events));
  else response.writeHead(200, json).end(body.includes('"role":"tool"') ? text : call);
}

async function oneByOne(response: ServerResponse): Promise<void> {
  response.socket?.setNoDelay(true);
  for (const piece of pieces) {
    response.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
}

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const [, kind = ''] = (request.url ?? '').split('/');
    answer(kind, { body: Buffer.concat(parts).toString(), response });
  });
});
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port); // A server that listens on TCP has one.
});
process.on('disconnect', () => process.exit());
