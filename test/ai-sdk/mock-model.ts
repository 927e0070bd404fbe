import type {
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import { type AiSdkOptions, fromAiSdk } from '@pawl/ai-sdk';
import type { ChatRequest, ChatResponse, Delta } from '@pawl/core/chat';
import { convertArrayToReadableStream, MockLanguageModelV4 } from 'ai/test';

export const USAGE = {
  inputTokens: { total: 10, noCache: 7, cacheRead: 2, cacheWrite: 1 },
  outputTokens: { total: 5, text: 3, reasoning: 2 },
} as const;

export const STOP = { unified: 'stop', raw: 'stop' } as const;

export type Content = LanguageModelV4GenerateResult['content'];

/** A result with this content. */
export function createResult(
  content: Content,
  rest: Partial<LanguageModelV4GenerateResult> = {},
): LanguageModelV4GenerateResult {
  return { content, finishReason: STOP, usage: USAGE, warnings: [], ...rest };
}

export interface Sent {
  readonly response: ChatResponse;
  readonly options: LanguageModelV4CallOptions;
  readonly deltas: readonly Delta[];
  readonly repairs: readonly string[];
}

export interface MockOptions extends AiSdkOptions {
  readonly provider?: string;
  readonly result?: LanguageModelV4GenerateResult;
  readonly parts?: readonly LanguageModelV4StreamPart[];
}

/** Sends one request to the mock of `ai/test`: unstreamed for a result, streamed for parts. */
export async function send(
  request: ChatRequest,
  {
    provider = 'mock.chat',
    result = createResult([{ type: 'text', text: 'Hi.' }]),
    parts,
    ...options
  }: MockOptions = {},
): Promise<Sent> {
  const mock = new MockLanguageModelV4({
    provider,
    modelId: 'mock-1',
    doGenerate: result,
    ...(parts && { doStream: { stream: convertArrayToReadableStream([...parts]) } }),
  });
  const deltas: Delta[] = [];
  const repairs: string[] = [];
  const response = await fromAiSdk(mock, options).send(parts === undefined ? request : { ...request, stream: true }, {
    onDelta: (delta) => void deltas.push(delta),
    onRepaired: (list) => void repairs.push(...list.map(({ path, note }) => `${path}: ${note}`)),
  });
  const [sent = mock.doStreamCalls[0]] = mock.doGenerateCalls;
  if (sent === undefined) throw new Error('Nothing was sent.');
  const { abortSignal: _, ...rest } = sent;
  return { response, options: rest, deltas, repairs };
}

/** Sends messages, and returns the prompt. */
export async function toPrompt(
  messages: ChatRequest['messages'],
  options: MockOptions = {},
): Promise<LanguageModelV4CallOptions['prompt']> {
  return (await send({ messages }, options)).options.prompt;
}
