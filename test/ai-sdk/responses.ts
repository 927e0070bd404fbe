import { createOpenAI } from '@ai-sdk/openai';
import { openaiResponses } from '@pawl/responses';
import { cut, seal, toEvent, unseal, type Vendor, type VendorBody, type VendorTurn } from './vendor.ts';

interface Item {
  readonly type?: string;
  readonly role?: string;
  readonly status?: string;
  readonly id?: string;
  readonly call_id?: string;
  readonly summary?: readonly { readonly type: string; readonly text: string }[];
  readonly encrypted_content?: string;
  readonly content?: readonly {
    readonly type: string;
    readonly text: string;
    readonly annotations: readonly object[];
  }[];
  readonly arguments?: string;
}

interface Body {
  readonly input: readonly Item[];
  readonly store?: boolean;
  readonly include?: readonly string[];
}

function read(body: VendorBody): Body {
  return body as object as Body; // What the provider sends.
}

/** OpenAI's Responses, stateless: https://platform.openai.com/docs/guides/reasoning#encrypted-reasoning-items */
export const responses: Vendor = {
  name: 'Responses',
  provider: 'openai.responses',
  streamType: 'text/event-stream',
  createModel: (baseURL, options) =>
    createOpenAI({ baseURL, apiKey: 'sk-proj-secret-key', ...options }).responses('gpt-5-pro'),
  isStreamed: ({ body }) => body['stream'] === true,
  countTurns(body) {
    const { input } = read(body);
    const isOwn = (item: Item | undefined): boolean => item?.type === 'function_call' || item?.role === 'assistant';
    return input.filter((item, at) => isOwn(item) && !isOwn(input[at - 1])).length;
  },
  findFault,
  createError: (message) => ({ error: { message, type: 'invalid_request_error', param: 'input', code: null } }),
  createResponse: (turn, index) => createWhole(turn, index),
  createStream(turn, index) {
    const whole = createWhole(turn, index);
    const events: object[] = [
      { type: 'response.created', response: { ...whole, output: [], usage: null } },
      ...createItems(turn, index).flatMap(toItemEvents),
      { type: turn.finish === 'length' ? 'response.incomplete' : 'response.completed', response: whole },
    ];
    return events.map((event, sequence_number) => toEvent({ ...event, sequence_number }));
  },
};

/** The same server, asked by `@pawl/responses`. */
export const nativeResponses: Vendor = {
  ...responses,
  name: 'Responses without the AI SDK',
  createChatModel: (baseURL) =>
    openaiResponses('gpt-5-pro', {
      baseURL,
      apiKey: 'sk-proj-secret-key',
      profile: 'openai',
      reasoningSummary: 'auto',
    }),
};

function createItems({ thinking, text, calls = [] }: VendorTurn, index: number): readonly Item[] {
  const reasoning = {
    type: 'reasoning',
    id: `rs_${index}`,
    summary: cut(thinking ?? '', 12).map((part) => ({ type: 'summary_text', text: part })),
    encrypted_content: seal('openai', thinking ?? ''),
  };
  return [
    ...(thinking === undefined ? [] : [reasoning]),
    ...(text === undefined
      ? []
      : [
          {
            type: 'message',
            id: `msg_${index}`,
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text, annotations: [] }],
          },
        ]),
    ...calls.map(({ name, input }, at) => ({
      type: 'function_call',
      id: `fc_${index}_${at}`,
      call_id: `call_${index}_${at}`,
      name,
      arguments: JSON.stringify(input),
      status: 'completed',
    })),
  ];
}

function createWhole(turn: VendorTurn, index: number): object {
  const { finish = 'stop' } = turn;
  const reason = { stop: undefined, calls: undefined, length: 'max_output_tokens', filter: 'content_filter' }[finish];
  return {
    id: `resp_${index}`,
    object: 'response',
    created_at: 1_760_000_000,
    status: reason === undefined ? 'completed' : 'incomplete',
    incomplete_details: reason === undefined ? null : { reason },
    error: null,
    model: 'gpt-5-pro-2025-10-06',
    output: createItems(turn, index),
    usage: {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 20 },
      output_tokens: 30,
      output_tokens_details: { reasoning_tokens: 10 },
      total_tokens: 130,
    },
  };
}

function toItemEvents(item: Item, output_index: number): readonly object[] {
  const { id, summary = [] } = item;
  const added = (start: object) => ({ type: 'response.output_item.added', output_index, item: { ...item, ...start } });
  const done = { type: 'response.output_item.done', output_index, item };
  switch (item.type) {
    case 'reasoning':
      return [
        added({ summary: [], encrypted_content: seal('openai', 'not the last') }),
        ...summary.flatMap(({ text }, summary_index) => {
          const at = { item_id: id, output_index, summary_index };
          return [
            { type: 'response.reasoning_summary_part.added', ...at, part: { type: 'summary_text', text: '' } },
            ...cut(text).map((delta) => ({ type: 'response.reasoning_summary_text.delta', ...at, delta })),
            { type: 'response.reasoning_summary_text.done', ...at, text },
            { type: 'response.reasoning_summary_part.done', ...at, part: { type: 'summary_text', text } },
          ];
        }),
        done,
      ];
    case 'message': {
      const text = item.content?.[0]?.text ?? '';
      const at = { item_id: id, output_index, content_index: 0 };
      const deltas = cut(text).map((delta) => ({ type: 'response.output_text.delta', ...at, delta }));
      return [added({ content: [], status: 'in_progress' }), ...deltas, done];
    }
    default: {
      const at = { item_id: id, output_index };
      const deltas = cut(item.arguments ?? '').map((delta) => ({
        type: 'response.function_call_arguments.delta',
        ...at,
        delta,
      }));
      return [
        added({ arguments: '', status: 'in_progress' }),
        ...deltas,
        { type: 'response.function_call_arguments.done', ...at, arguments: item.arguments ?? '' },
        done,
      ];
    }
  }
}

/** Refuses what the vendor refuses: references to what it does not store, reasoning that is not its own, calls without their reasoning. */
function findFault(body: VendorBody): string | undefined {
  const { input: list, store, include } = read(body);
  if (store !== false) return 'This organization keeps no data: store must be false.';
  if (include?.includes('reasoning.encrypted_content') !== true)
    return 'The client cannot continue: it asks for no encrypted reasoning.';
  for (const [at, item] of list.entries()) {
    if (item.type === 'item_reference')
      return `Item with id '${item.id}' not found. Items are not persisted when \`store\` is set to false.`;
    if (item.type === 'reasoning') {
      const summary = item.summary?.map(({ text }) => text).join('');
      if (unseal('openai', item.encrypted_content) !== summary)
        return `The encrypted content for item ${item.id} could not be verified.`;
    }
    // Calls of other vendors are accepted without reasoning.
    if (item.type !== 'function_call' || item.call_id?.startsWith('call_') !== true) continue;
    const start = list.slice(0, at).findLast(({ type, role }) => type !== 'function_call' && role !== 'assistant');
    if (start?.type !== 'reasoning')
      return `Item '${item.call_id}' of type 'function_call' was provided without its required 'reasoning' item.`;
    if (!list.some(({ type, call_id }) => type === 'function_call_output' && call_id === item.call_id))
      return `No tool output found for function call ${item.call_id}.`;
  }
  return undefined;
}
