import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import { cut, sign, type Vendor, type VendorBody, type VendorTurn } from './vendor.ts';

interface Block {
  readonly text?: string;
  readonly reasoningContent?: { readonly reasoningText: { readonly text: string; readonly signature: string } };
  readonly toolUse?: { readonly toolUseId: string; readonly name: string; readonly input: object };
  readonly toolResult?: { readonly toolUseId: string };
}

interface Body {
  readonly messages: readonly { readonly role: string; readonly content: readonly Block[] }[];
  readonly additionalModelRequestFields?: { readonly thinking?: object };
}

function read(body: VendorBody): Body {
  return body as object as Body; // What the provider sends.
}

const codec = new EventStreamCodec(
  (bytes) => new TextDecoder().decode(bytes),
  (text) => new TextEncoder().encode(text),
);

/** Amazon Bedrock's Converse: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html */
export const converse: Vendor = {
  name: 'Converse',
  provider: 'amazon-bedrock',
  streamType: 'application/vnd.amazon.eventstream',
  createModel: (baseURL, options) =>
    createAmazonBedrock({ baseURL, region: 'us-east-1', apiKey: 'ABSK-secret-key', ...options })(
      'anthropic.claude-sonnet-4-5-20250929-v1:0',
    ),
  isStreamed: ({ path }) => path.endsWith('/converse-stream'),
  countTurns: (body) => read(body).messages.filter(({ role }) => role === 'assistant').length,
  findFault,
  createError: (message) => ({ message }),
  createResponse: (turn, index) => ({
    output: { message: { role: 'assistant', content: createBlocks(turn, index) } },
    stopReason: toStopReason(turn),
    usage: USAGE,
    metrics: { latencyMs: 1 },
  }),
  createStream: (turn, index) => [
    toFrame('messageStart', { role: 'assistant' }),
    ...createBlocks(turn, index).flatMap(toBlockFrames),
    toFrame('messageStop', { stopReason: toStopReason(turn) }),
    toFrame('metadata', { usage: USAGE, metrics: { latencyMs: 1 } }),
  ],
};

const USAGE = {
  inputTokens: 70,
  outputTokens: 30,
  totalTokens: 130,
  cacheReadInputTokens: 20,
  cacheWriteInputTokens: 10,
};

function toStopReason({ calls = [], finish = calls.length > 0 ? 'calls' : 'stop' }: VendorTurn): string {
  return { stop: 'end_turn', calls: 'tool_use', length: 'max_tokens', filter: 'guardrail_intervened' }[finish];
}

function createBlocks({ thinking, text, calls = [] }: VendorTurn, index: number): readonly Block[] {
  return [
    ...(thinking === undefined
      ? []
      : [{ reasoningContent: { reasoningText: { text: thinking, signature: sign('bedrock', thinking) } } }]),
    ...(text === undefined ? [] : [{ text }]),
    ...calls.map(({ name, input }, at) => ({ toolUse: { toolUseId: `tooluse_${index}_${at}`, name, input } })),
  ];
}

function toBlockFrames(block: Block, contentBlockIndex: number): readonly Uint8Array[] {
  const toDelta = (delta: object) => toFrame('contentBlockDelta', { contentBlockIndex, delta });
  const stop = toFrame('contentBlockStop', { contentBlockIndex });
  const { text, reasoningContent, toolUse } = block;
  if (text !== undefined) return [...cut(text).map((part) => toDelta({ text: part })), stop];
  if (reasoningContent !== undefined) {
    const { text: thinking, signature } = reasoningContent.reasoningText;
    const deltas = cut(thinking).map((part) => toDelta({ reasoningContent: { text: part } }));
    return [...deltas, toDelta({ reasoningContent: { signature } }), stop];
  }
  const { input = {}, ...start } = toolUse ?? {};
  const deltas = cut(JSON.stringify(input)).map((part) => toDelta({ toolUse: { input: part } }));
  return [toFrame('contentBlockStart', { contentBlockIndex, start: { toolUse: start } }), ...deltas, stop];
}

function toFrame(type: string, body: object): Uint8Array {
  const toHeader = (value: string) => ({ type: 'string', value }) as const;
  return codec.encode({
    headers: {
      ':event-type': toHeader(type),
      ':content-type': toHeader('application/json'),
      ':message-type': toHeader('event'),
    },
    body: new TextEncoder().encode(JSON.stringify(body)),
  });
}

/** Refuses what the vendor refuses, for Anthropic's models: thinking that is not its own, calls without their thinking, calls without results. */
function findFault(body: VendorBody): string | undefined {
  const { messages, additionalModelRequestFields } = read(body);
  for (const [at, { role, content }] of messages.entries()) {
    if (role !== 'assistant') continue;
    const blocks = content;
    const wrong = blocks.find(({ reasoningContent }) => {
      if (reasoningContent === undefined) return false;
      const { text, signature } = reasoningContent.reasoningText;
      return signature !== sign('bedrock', text);
    });
    if (wrong !== undefined)
      return `The model returned the following errors: messages.${at}: Invalid \`signature\` in \`thinking\` block`;
    const calls = blocks.filter(({ toolUse }) => toolUse !== undefined);
    if (
      calls.length > 0 &&
      additionalModelRequestFields?.thinking !== undefined &&
      blocks[0]?.reasoningContent === undefined
    )
      return `The model returned the following errors: messages.${at}.content.0.type: Expected \`thinking\`, but found \`tool_use\`.`;
    const results = (messages[at + 1]?.content ?? []).map(({ toolResult }) => toolResult?.toolUseId);
    if (calls.some(({ toolUse }) => !results.includes(toolUse?.toolUseId)))
      return `Expected toolResult blocks at messages.${at + 1}.content for the calls of messages.${at}.`;
  }
  return undefined;
}
