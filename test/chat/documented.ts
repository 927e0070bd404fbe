import fc, { type Arbitrary } from 'fast-check';

type Wire = Readonly<Record<string, unknown>>;

/** A reply in the documented form, and the chunks that it may come in. */
export interface Told {
  readonly reply: Wire;
  readonly chunks: readonly Wire[];
}

const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((given) => !/[<>\ud800-\udfff]/.test(given));
const name = fc.stringMatching(/^[a-z_]{1,8}$/);
const json = fc.dictionary(name, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }).map((value) => JSON.stringify(value));

interface Call {
  readonly id: string;
  readonly isCustom: boolean;
  readonly name: string;
  readonly text: string;
}

const calls: Arbitrary<readonly Call[]> = fc.uniqueArray(
  fc
    .record({ id: fc.stringMatching(/^call_[a-z0-9]{4}$/), isCustom: fc.boolean(), name, json, text })
    .map(({ json, text, ...call }) => ({ ...call, text: call.isCustom ? text : json })),
  { selector: ({ id }) => id, maxLength: 4 },
);

const logprob = fc.record({
  token: text,
  logprob: fc.integer({ min: -9, max: 0 }),
  bytes: fc.constantFrom(null, [72, 105]),
  top_logprobs: fc.constant([]),
});

const choice = fc.record({
  content: text,
  refusal: text,
  reasoning: text,
  calls,
  finish: fc.constantFrom('stop', 'length', 'content_filter'),
  logprobs: fc.array(logprob, { maxLength: 3 }),
});

type Choice = typeof choice extends Arbitrary<infer Value> ? Value : never;

const around = fc.record(
  {
    service_tier: fc.constantFrom('default', 'flex'),
    system_fingerprint: fc.constant('fp_1'),
    x_vendor: fc.jsonValue({ maxDepth: 2 }).filter((value) => JSON.stringify(value).length > 4),
    usage: fc.record({ prompt: fc.integer({ min: 1, max: 999 }), completion: fc.integer({ min: 1, max: 999 }) }),
  },
  { requiredKeys: [] },
);

/** What stands for itself, and how it is cut and mixed: decided by `random`, so that it can be told again. */
export const documented: Arbitrary<Told> = fc
  .record({ choices: fc.array(choice, { minLength: 1, maxLength: 3 }), around, random: fc.infiniteStream(fc.nat()) })
  .map(({ choices, around: { usage, ...fields }, random }) => {
    const next = (below: number): number => (random.next().value ?? 0) % below;
    const head = { id: 'chatcmpl-1', created: 1_735_689_600, model: 'm', ...fields };
    const counted = usage && {
      prompt_tokens: usage.prompt,
      completion_tokens: usage.completion,
      total_tokens: usage.prompt + usage.completion,
    };
    const told = mixed(
      choices.map((each, index) => piecesOf(each, { index, next })),
      next,
    );
    const object = 'chat.completion.chunk';
    return {
      reply: {
        ...head,
        object: 'chat.completion',
        choices: choices.map(wholeChoice),
        ...(counted && { usage: counted }),
      },
      chunks: [
        ...told.map((piece) => ({ ...head, object, choices: [piece], ...(counted && { usage: null }) })),
        ...(counted ? [{ ...head, object, choices: [], usage: counted }] : []),
      ],
    };
  });

function wholeChoice({ content, refusal, reasoning, calls, finish, logprobs }: Choice, index: number): Wire {
  return {
    index,
    message: {
      role: 'assistant',
      content: content === '' ? null : content,
      refusal: refusal === '' ? null : refusal,
      ...(reasoning !== '' && { reasoning_content: reasoning }),
      ...(calls.length > 0 && { tool_calls: calls.map((call) => wholeCall(call)) }),
    },
    finish_reason: calls.length > 0 ? 'tool_calls' : finish,
    ...(logprobs.length > 0 && { logprobs: { content: logprobs, refusal: null } }),
  };
}

function wholeCall({ id, isCustom, name, text }: Call): Wire {
  if (isCustom) return { id, type: 'custom', custom: { name, input: text } };
  return { id, type: 'function', function: { name, arguments: text } };
}

interface Cutting {
  readonly index: number;
  /** A number below that one. */
  readonly next: (below: number) => number;
}

/** The pieces of one choice: role, then everything else mixed, then the finish reason. */
function piecesOf(choice: Choice, { index, next }: Cutting): readonly Wire[] {
  const { content, refusal, reasoning, calls, finish, logprobs } = choice;
  const said = (delta: Wire): Wire => ({ index, delta, finish_reason: null });
  const strands = [
    cut(reasoning, next).map((piece) => said({ reasoning_content: piece })),
    cut(content, next).map((piece) => said({ content: piece })),
    cut(refusal, next).map((piece) => said({ refusal: piece })),
    logprobs.map((each) => ({ ...said({}), logprobs: { content: [each], refusal: null } })),
  ];
  // Calls begin in their order; their pieces may take turns.
  const begun = calls.map((call, at) => said({ tool_calls: [{ index: at, ...wholeCall({ ...call, text: '' }) }] }));
  const rest = mixed(
    calls.map(({ isCustom, text }, at) =>
      cut(text, next).map((piece) =>
        said({
          tool_calls: [
            { index: at, ...(isCustom ? { custom: { input: piece } } : { function: { arguments: piece } }) },
          ],
        }),
      ),
    ),
    next,
  );
  return [
    said({ role: 'assistant', content: null }),
    ...mixed([...strands, [...begun, ...rest]], next),
    { index, delta: {}, finish_reason: calls.length > 0 ? 'tool_calls' : finish },
  ];
}

function cut(whole: string, next: Cutting['next']): readonly string[] {
  const pieces: string[] = [];
  // By characters: JSON can carry half of one, but no server sends it.
  const characters = [...whole];
  while (characters.length > 0) pieces.push(characters.splice(0, 1 + next(5)).join(''));
  return pieces;
}

/** The strands as one, each in its own order. */
function mixed<T>(strands: readonly (readonly T[])[], next: Cutting['next']): readonly T[] {
  const left = strands.map((strand) => [...strand]).filter((strand) => strand.length > 0);
  const all: T[] = [];
  while (left.length > 0) {
    const at = next(left.length);
    const strand = left[at] ?? [];
    all.push(...strand.splice(0, 1));
    if (strand.length === 0) left.splice(at, 1);
  }
  return all;
}
