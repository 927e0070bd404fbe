import { createExpectedText, createPiece, type ServerBehavior } from './scenario.ts';

/** The request of a turn. */
export interface TurnRequest {
  /** Counted from 1. */
  readonly number: number;
  readonly isStreamed: boolean;
  /** Whether the stream ends with the usage. */
  readonly hasUsage: boolean;
}

/** Creates the writes of a response, with its head. */
export function createResponse(answers: ServerBehavior, turn: TurnRequest): readonly Buffer[] {
  return (turn.isStreamed ? createStream(answers, turn) : [createBody(answers, turn)]).map((text) => Buffer.from(text));
}

const HEAD = { created: 1_764_000_000, model: 'bench', service_tier: 'default', system_fingerprint: 'fp_bench' };

function createBody(answers: ServerBehavior, { number }: TurnRequest): string {
  const isLast = number >= answers.turns;
  const content = isLast
    ? { content: createExpectedText(answers) }
    : { content: null, tool_calls: createCalls(answers, number) };
  const message = { role: 'assistant', refusal: null, annotations: [], ...content };
  const body = JSON.stringify({
    id: `chatcmpl-${number}`,
    object: 'chat.completion',
    ...HEAD,
    choices: [{ index: 0, message, logprobs: null, finish_reason: isLast ? 'stop' : 'tool_calls' }],
    usage: createUsage(number),
  });
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function createStream(answers: ServerBehavior, turn: TurnRequest): readonly string[] {
  const { first, chunks } = createChunks(answers, turn);
  const head =
    'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n';
  const events = chunks.map((chunk) => encodeChunk(`data: ${JSON.stringify(chunk)}\n\n`));
  const writes = [head, ...events, `${encodeChunk('data: [DONE]\n\n')}0\r\n\r\n`];
  switch (answers.writes) {
    case 'whole':
      return [writes.join('')];
    case 'each':
      return writes;
    case 'first':
      return [writes.slice(0, first + 2).join(''), writes.slice(first + 2).join('')];
  }
}

/** Creates the chunks, and the index of the one with the first word. */
function createChunks(
  answers: ServerBehavior,
  { number, hasUsage }: TurnRequest,
): { readonly first: number; readonly chunks: object[] } {
  const head = { id: `chatcmpl-${number}`, object: 'chat.completion.chunk', ...HEAD };
  const createChunk = (delta: object, finish_reason: string | null = null): object => ({
    ...head,
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    ...(hasUsage && { usage: null }),
  });
  const isLast = number >= answers.turns;
  const chunks = [createChunk({ role: 'assistant', content: isLast ? '' : null, refusal: null })];
  const first = chunks.length;
  if (isLast)
    for (let index = 0; index < answers.words; index++) chunks.push(createChunk({ content: createPiece(index) }));
  else
    for (const delta of createCalls(answers, number).flatMap(splitCall))
      chunks.push(createChunk({ tool_calls: [delta] }));
  chunks.push(createChunk({}, isLast ? 'stop' : 'tool_calls'));
  if (hasUsage) chunks.push({ ...head, choices: [], usage: createUsage(number) });
  return { first, chunks };
}

interface Call {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

function createCalls({ calls }: ServerBehavior, turn: number): readonly Call[] {
  return Array.from({ length: calls }, (_, index) => {
    const id = `call_${String(turn * 100 + index).padStart(24, '0')}`;
    const [name, input] =
      index % 2 === 0 ? ['add', { a: turn, b: index + 1 }] : ['lookup', { key: `customer-${turn}`, limit: 3 }];
    return { id, type: 'function', function: { name: String(name), arguments: JSON.stringify(input) } };
  });
}

const PIECE_LENGTH = 6;

function splitCall({ id, type, function: called }: Call, index: number): readonly object[] {
  const pieces: string[] = called.arguments.match(new RegExp(`.{1,${PIECE_LENGTH}}`, 'g')) ?? [];
  return [
    { index, id, type, function: { name: called.name, arguments: '' } },
    ...pieces.map((piece) => ({ index, function: { arguments: piece } })),
  ];
}

function createUsage(turn: number): object {
  return {
    prompt_tokens: 100 * turn,
    completion_tokens: 20,
    total_tokens: 100 * turn + 20,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };
}

/** Encodes a chunk of HTTP's chunked encoding. */
function encodeChunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}
