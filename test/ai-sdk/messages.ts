import { createAnthropic } from '@ai-sdk/anthropic';
import { cut, seal, sign, toEvent, unseal, type Vendor, type VendorBody, type VendorTurn } from './vendor.ts';

interface Block {
  readonly type: string;
  readonly thinking?: string;
  readonly signature?: string;
  readonly data?: string;
  readonly text?: string;
  readonly id?: string;
  readonly input?: object;
  readonly tool_use_id?: string;
}

interface Body {
  readonly messages: readonly { readonly role: string; readonly content: string | readonly Block[] }[];
  readonly thinking?: object;
}

function read(body: VendorBody): Body {
  return body as object as Body; // What the provider sends.
}

/** Anthropic's Messages: https://docs.anthropic.com/en/api/messages, https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking */
export const messages: Vendor = {
  name: 'Messages',
  provider: 'anthropic.messages',
  streamType: 'text/event-stream',
  createModel: (baseURL, options) =>
    createAnthropic({ baseURL, apiKey: 'sk-ant-secret-key', ...options })('claude-sonnet-4-5'),
  isStreamed: ({ body }) => body['stream'] === true,
  countTurns: (body) => read(body).messages.filter(({ role }) => role === 'assistant').length,
  findFault,
  createError: (message) => ({ type: 'error', error: { type: 'invalid_request_error', message } }),
  createResponse: (turn, index) => ({ ...createMessage(turn, index), content: createBlocks(turn, index) }),
  createStream(turn, index) {
    const { stop_reason, usage, ...message } = createMessage(turn, index);
    return [
      toEvent(
        {
          type: 'message_start',
          message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
        },
        'message_start',
      ),
      toEvent({ type: 'ping' }, 'ping'),
      ...createBlocks(turn, index).flatMap(toBlockEvents),
      toEvent({ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage }, 'message_delta'),
      toEvent({ type: 'message_stop' }, 'message_stop'),
    ];
  },
};

/** The block after the thinking that a safety system encrypted. */
const REDACTED = 'what nobody may read';

function createBlocks({ thinking, text, calls = [] }: VendorTurn, index: number): readonly Block[] {
  const signed =
    thinking === undefined
      ? []
      : [
          { type: 'thinking', thinking, signature: sign('anthropic', thinking) },
          { type: 'redacted_thinking', data: seal('anthropic', REDACTED) },
        ];
  return [
    ...signed,
    ...(text === undefined ? [] : [{ type: 'text', text }]),
    ...calls.map(({ name, input }, at) => ({ type: 'tool_use', id: `toolu_${index}_${at}`, name, input })),
  ];
}

function createMessage({ calls = [], finish = calls.length > 0 ? 'calls' : 'stop' }: VendorTurn, index: number) {
  return {
    id: `msg_${index}`,
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
    stop_reason: { stop: 'end_turn', calls: 'tool_use', length: 'max_tokens', filter: 'refusal' }[finish],
    stop_sequence: null,
    usage: { input_tokens: 70, cache_read_input_tokens: 20, cache_creation_input_tokens: 10, output_tokens: 30 },
  };
}

function toBlockEvents(block: Block, index: number): readonly Uint8Array[] {
  const { start, deltas } = splitBlock(block);
  return [
    toEvent({ type: 'content_block_start', index, content_block: start }, 'content_block_start'),
    ...deltas.map((delta) => toEvent({ type: 'content_block_delta', index, delta }, 'content_block_delta')),
    toEvent({ type: 'content_block_stop', index }, 'content_block_stop'),
  ];
}

function splitBlock(block: Block): { readonly start: Block; readonly deltas: readonly object[] } {
  switch (block.type) {
    case 'thinking': {
      const deltas = cut(block.thinking ?? '').map((thinking) => ({ type: 'thinking_delta', thinking }));
      const last = { type: 'signature_delta', signature: block.signature };
      return { start: { type: 'thinking', thinking: '', signature: '' }, deltas: [...deltas, last] };
    }
    case 'text':
      return {
        start: { type: 'text', text: '' },
        deltas: cut(block.text ?? '').map((text) => ({ type: 'text_delta', text })),
      };
    case 'tool_use': {
      const pieces = cut(JSON.stringify(block.input)).map((partial_json) => ({
        type: 'input_json_delta',
        partial_json,
      }));
      return { start: { ...block, input: {} }, deltas: pieces };
    }
    default:
      return { start: block, deltas: [] };
  }
}

/** Refuses what the vendor refuses: thinking that is not its own, calls without their thinking, calls without results. */
function findFault(body: VendorBody): string | undefined {
  const { messages: list, thinking } = read(body);
  for (const [at, { role, content }] of list.entries()) {
    if (role !== 'assistant' || typeof content === 'string') continue;
    const blocks: readonly Block[] = content;
    const calls = blocks.filter(({ type }) => type === 'tool_use');
    for (const [index, block] of blocks.entries()) {
      const path = `messages.${at}.content.${index}`;
      if (block.type === 'thinking' && block.signature !== sign('anthropic', block.thinking ?? ''))
        return `${path}: Invalid \`signature\` in \`thinking\` block`;
      if (block.type === 'redacted_thinking' && unseal('anthropic', block.data) !== REDACTED)
        return `${path}: Invalid \`data\` in \`redacted_thinking\` block`;
    }
    const types = blocks.map(({ type }) => type);
    if (calls.length > 0 && thinking !== undefined && types[0] !== 'thinking')
      return `messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${types[0]}\`.`;
    if (types.includes('thinking') && types[types.indexOf('thinking') + 1] !== 'redacted_thinking')
      return `messages.${at}: \`thinking\` or \`redacted_thinking\` blocks in the latest assistant message cannot be modified.`;
    const next = list[at + 1]?.content ?? [];
    const results = typeof next === 'string' ? [] : next.filter(({ type }) => type === 'tool_result');
    const answered = new Set(results.map(({ tool_use_id }) => tool_use_id));
    const open = calls.filter(({ id }) => !answered.has(id)).map(({ id }) => id);
    if (open.length > 0)
      return `messages.${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}.`;
  }
  return undefined;
}
