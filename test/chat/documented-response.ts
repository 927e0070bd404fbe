import fc, { type Arbitrary } from 'fast-check';
import { isPaddingValue } from '../../packages/core/src/chat/padding.ts';

export type Wire = Readonly<Record<string, unknown>>;

export interface Call {
  readonly id: string;
  readonly type: 'function' | 'custom';
  readonly name: string;
  readonly text: string;
  /** A server's own fields, of the call and of its function. */
  readonly fields: Wire;
  readonly called: Wire;
}

export interface Choice {
  /** The texts of the message, which grow from chunk to chunk, by field name. */
  readonly texts: Readonly<Record<string, string>>;
  readonly lists: Readonly<Record<string, readonly unknown[]>>;
  /** Fields of the message and of the choice that are sent unchanged. */
  readonly fields: Wire;
  readonly outer: Wire;
  readonly audio: Readonly<Record<string, string | number>>;
  readonly calls: readonly Call[];
  readonly legacy: boolean;
  readonly finish: string;
  readonly logprobs: { readonly content: readonly unknown[]; readonly refusal: readonly unknown[] } | null | undefined;
}

export interface DocumentedResponse {
  readonly choices: readonly Choice[];
  /** Fields of every chunk. */
  readonly head: Wire;
  /** Fields of the response that are sent once. */
  readonly fields: Wire;
  readonly usage: Wire | undefined;
}

const odd = fc.constantFrom(
  '<',
  '<think',
  '</think>',
  '{}',
  '{',
  '"',
  '\\',
  '\n\n',
  '\r',
  'data: ',
  '[DONE]',
  '\u2028',
  '😀',
);
/** Whole characters, including sequences that have a meaning for a reader. */
const text = fc
  .array(fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), odd), { maxLength: 4 })
  .map((parts) => parts.join(''));
const words = text.filter((given) => given !== '');
const content = text.filter((given) => !given.trimStart().startsWith('<think>'));
const name = fc.stringMatching(/^[a-z_]{1,8}$/);
const token = fc.record({
  token: text,
  logprob: fc.integer({ min: -9, max: 0 }),
  bytes: fc.constantFrom(null, [72]),
  top_logprobs: fc.constant([]),
});
const tokens = fc.array(token, { minLength: 1, maxLength: 3 });

const json = fc
  .tuple(fc.dictionary(words, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }), fc.constantFrom(0, 2))
  .map(([value, indent]) => JSON.stringify(value, null, indent));

/** Fields of one server, under names that no reader knows. */
const vendor: Arbitrary<Wire> = fc.dictionary(
  fc.constantFrom('x_a', 'x_b', '__proto__', 'constructor', 'toString'),
  fc
    .oneof(fc.integer(), fc.boolean(), fc.record({ deep: fc.jsonValue({ maxDepth: 1 }) }))
    .filter((value) => !isPaddingValue(value)),
  { maxKeys: 2 },
);

const anyCall: Arbitrary<Call> = fc
  .record({
    id: words,
    type: fc.constantFrom('function', 'custom'),
    name: words,
    json,
    text,
    fields: vendor,
    called: vendor,
  })
  .map(({ json, text, ...call }) => ({ ...call, text: call.type === 'custom' ? text : json }));

const choice: Arbitrary<Choice> = fc
  .record({
    content,
    refusal: text,
    reasoning: text,
    reasoningName: fc.constantFrom('reasoning_content', 'reasoning'),
    x_words: text,
    annotations: fc.uniqueArray(name, { maxLength: 3 }),
    x_list: fc.uniqueArray(words, { maxLength: 3 }),
    fields: vendor,
    outer: vendor,
    audio: fc.option(fc.record({ id: words, data: words, transcript: words, expires_at: fc.integer({ min: 1 }) }), {
      nil: {},
    }),
    calls: fc.uniqueArray(anyCall, { selector: ({ id }) => id, maxLength: 4 }),
    isLegacy: fc.constantFrom(false, false, false, true),
    finish: fc.constantFrom('stop', 'length', 'content_filter'),
    logprobs: fc.constantFrom('none', 'null', 'content', 'both'),
    tokens: fc.tuple(tokens, tokens),
  })
  .map(({ content, refusal, reasoning, reasoningName, x_words, annotations, x_list, isLegacy, ...given }) => {
    const first = given.calls.find(({ type }) => type === 'function');
    const legacy = isLegacy && first !== undefined;
    const calls = legacy ? [{ ...first, fields: {} }] : given.calls;
    const cited = annotations.map((url, at) => ({
      type: 'url_citation',
      url_citation: { start_index: at, end_index: at + 1, title: url, url },
    }));
    return {
      ...given,
      texts: { [reasoningName]: reasoning, content, refusal, x_words },
      lists: { annotations: cited, x_list },
      calls,
      legacy,
      finish: selectFinish(given.finish, { calls, legacy }),
      logprobs: makeLogprobs(given.logprobs, given.tokens),
    };
  });

function selectFinish(finish: string, { calls, legacy }: Pick<Choice, 'calls' | 'legacy'>): string {
  if (finish !== 'stop' || calls.length === 0) return finish;
  return legacy ? 'function_call' : 'tool_calls';
}

function makeLogprobs(
  form: string,
  [content, refusal]: readonly [readonly unknown[], readonly unknown[]],
): Choice['logprobs'] {
  if (form === 'none') return undefined;
  return form === 'null' ? null : { content, refusal: form === 'both' ? refusal : [] };
}

const count = fc.integer({ min: 1, max: 9999 });

const usage: Arbitrary<Wire> = fc
  .record({
    prompt: count,
    completion: count,
    cached: count,
    reasoning: count,
    fields: vendor,
  })
  // Details are included in the counts.
  .map(({ prompt, completion, cached, reasoning, fields }) => ({
    prompt_tokens: prompt + cached,
    completion_tokens: completion + reasoning,
    total_tokens: prompt + cached + completion + reasoning,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: reasoning, accepted_prediction_tokens: 0 },
    ...fields,
  }));

const moderation = { type: 'moderation_results', model: 'm', results: [] };

/** A response in the documented form. */
export const documentedResponse: Arbitrary<DocumentedResponse> = fc.record({
  choices: fc.array(choice, { minLength: 1, maxLength: 3 }),
  head: fc.record(
    {
      id: words,
      created: fc.integer({ min: 1, max: 2_000_000_000 }),
      model: words,
      service_tier: fc.constantFrom(null, 'default', 'flex'),
      system_fingerprint: fc.constantFrom(null, 'fp_1'),
    },
    { requiredKeys: ['id', 'created', 'model'] },
  ),
  fields: fc
    .tuple(
      vendor,
      fc.record(
        {
          metadata: fc.constant({ a: 'b' }),
          moderation: fc.constant({ input: moderation, output: { type: 'error', code: 'c', message: 'm' } }),
        },
        { requiredKeys: [] },
      ),
    )
    .map(([own, known]) => ({ ...own, ...known })),
  usage: fc.option(usage, { nil: undefined }),
});
