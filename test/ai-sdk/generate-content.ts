import { createGoogle } from '@ai-sdk/google';
import { cut, sign, toEvent, type Vendor, type VendorBody, type VendorTurn } from './vendor.ts';

interface Part {
  readonly text?: string;
  readonly thought?: boolean;
  readonly thoughtSignature?: string;
  readonly functionCall?: { readonly name: string; readonly args: object };
  readonly functionResponse?: object;
}

interface Body {
  readonly contents: readonly { readonly role: string; readonly parts: readonly Part[] }[];
}

function read(body: VendorBody): Body {
  return body as object as Body; // What the provider sends.
}

/** Gemini's generateContent: https://ai.google.dev/api/generate-content, https://ai.google.dev/gemini-api/docs/thought-signatures */
export const generateContent: Vendor = {
  name: 'generateContent',
  provider: 'google.generative-ai',
  streamType: 'text/event-stream',
  createModel(baseURL, options) {
    let count = 0;
    const generateId = () => `generated_${count++}`; // The vendor sends no ids of calls.
    return createGoogle({ baseURL, apiKey: 'AIza-secret-key', generateId, ...options })('gemini-3-pro-preview');
  },
  isStreamed: ({ path }) => path.includes('streamGenerateContent'),
  countTurns: (body) => read(body).contents.filter(({ role }) => role === 'model').length,
  findFault,
  createError: (message) => ({ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }),
  createResponse: (turn, index) => createChunk(createParts(turn), { turn, index, isLast: true }),
  createStream(turn, index) {
    const pieces = createParts(turn).flatMap(splitPart);
    return pieces.map((piece, at) => toEvent(createChunk([piece], { turn, index, isLast: at === pieces.length - 1 })));
  },
};

/** The signature is on the first call of a turn, or on the last part of a text; that of a text can be on an empty part. */
function createParts({ thinking, text, calls = [] }: VendorTurn): readonly Part[] {
  const signature = thinking === undefined ? {} : { thoughtSignature: sign('google', thinking) };
  return [
    ...(thinking === undefined ? [] : [{ text: thinking, thought: true }]),
    ...(text === undefined ? [] : [{ text }]),
    ...calls.map(({ name, input }, at) => ({ functionCall: { name, args: input }, ...(at === 0 && signature) })),
    ...(calls.length === 0 && thinking !== undefined ? [{ text: '', ...signature }] : []),
  ];
}

function splitPart(part: Part): readonly Part[] {
  if (typeof part.text !== 'string' || part.text === '') return [part];
  return cut(part.text).map((text) => ({ ...part, text }));
}

interface ChunkScope {
  readonly turn: VendorTurn;
  readonly index: number;
  readonly isLast: boolean;
}

function createChunk(parts: readonly Part[], { turn: { finish = 'stop' }, index, isLast }: ChunkScope): object {
  const finishReason = { stop: 'STOP', calls: 'STOP', length: 'MAX_TOKENS', filter: 'SAFETY' }[finish];
  return {
    candidates: [{ content: { role: 'model', parts }, index: 0, ...(isLast && { finishReason }) }],
    usageMetadata: {
      promptTokenCount: 100,
      cachedContentTokenCount: 20,
      candidatesTokenCount: 20,
      thoughtsTokenCount: 10,
      totalTokenCount: 130,
    },
    modelVersion: 'gemini-3-pro-preview-11-2025',
    responseId: `response_${index}`,
  };
}

/** Refuses what the vendor refuses: a turn with calls whose first call has no signature, or one of another text. */
function findFault(body: VendorBody): string | undefined {
  const { contents } = read(body);
  for (const [at, { role, parts }] of contents.entries()) {
    if (role !== 'model') continue;
    const list = parts;
    const thinking = list
      .filter(({ thought }) => thought === true)
      .map(({ text }) => text)
      .join('');
    const signed = list.filter(({ thoughtSignature }) => thoughtSignature !== undefined);
    const call = list.find(({ functionCall }) => functionCall !== undefined);
    if (call !== undefined && call.thoughtSignature === undefined)
      return `Function call is missing a thought_signature in functionCall parts. Function call \`default_api:${call.functionCall?.name}\`, position ${at}.`;
    if (thinking !== '' && signed.length === 0) return `Content ${at} is missing its thought_signature.`;
    // The documented value for calls of other models.
    const isForeign = thinking === '' && call?.thoughtSignature === 'skip_thought_signature_validator';
    if (!isForeign && signed.some(({ thoughtSignature }) => thoughtSignature !== sign('google', thinking)))
      return 'Thought signature is not valid.';
    const count = list.filter(({ functionCall }) => functionCall !== undefined).length;
    const responses = (contents[at + 1]?.parts ?? []).filter(({ functionResponse }) => functionResponse !== undefined);
    if (responses.length !== count)
      return 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.';
  }
  return undefined;
}
