import { expect, test } from 'vitest';
import { hasCounts, readUsage } from './read-usage.ts';
import { RepairList } from './repair-list.ts';

const documented = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

test.each([
  { what: 'as documented', wire: documented, usage: documented, repairs: [] },
  {
    what: 'as strings',
    wire: { prompt_tokens: '3', completion_tokens: '2', total_tokens: '5' },
    usage: documented,
    repairs: ['prompt_tokens', 'completion_tokens', 'total_tokens'].map((name) => ({
      path: `usage.${name}`,
      note: 'a text, read as a number',
    })),
  },
  {
    what: 'without a total',
    wire: { prompt_tokens: 3, completion_tokens: 2 },
    usage: documented,
    repairs: [{ path: 'usage.total_tokens', note: 'missing: now their sum' }],
  },
  {
    what: 'with only a total',
    wire: { total_tokens: 5 },
    usage: { prompt_tokens: 5, completion_tokens: 0, total_tokens: 5 },
    repairs: [
      { path: 'usage.prompt_tokens', note: 'missing: now 5' },
      { path: 'usage.completion_tokens', note: 'missing: now 0' },
    ],
  },
  {
    what: 'without the prompt',
    wire: { prompt_tokens: null, completion_tokens: 2, total_tokens: 5 },
    usage: documented,
    repairs: [{ path: 'usage.prompt_tokens', note: 'missing: now 3' }],
  },
  {
    what: 'with a total below its parts',
    wire: { ...documented, total_tokens: 1 },
    usage: documented,
    repairs: [{ path: 'usage.total_tokens', note: '1, less than its parts: now their sum' }],
  },
  {
    what: 'with reasoning only in the total',
    wire: { ...documented, total_tokens: 9 },
    usage: { prompt_tokens: 3, completion_tokens: 6, total_tokens: 9 },
    repairs: [{ path: 'usage.completion_tokens', note: '2, with what is counted beside it: now 6' }],
  },
  {
    what: "under Anthropic's names",
    wire: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
    usage: documented,
    repairs: [
      { path: 'usage.input_tokens', note: 'read as prompt_tokens' },
      { path: 'usage.output_tokens', note: 'read as completion_tokens' },
    ],
  },
  {
    what: "with a zero beside Anthropic's name",
    wire: { ...documented, prompt_tokens: 0, input_tokens: 3 },
    usage: documented,
    repairs: [{ path: 'usage.input_tokens', note: 'read as prompt_tokens' }],
  },
  {
    what: 'with details and the server’s own fields',
    wire: {
      ...documented,
      prompt_tokens_details: { cached_tokens: '1', audio_tokens: null, text_tokens: -1, note: 'x' },
      completion_tokens_details: null,
      queue_time: 0.5,
    },
    usage: { ...documented, prompt_tokens_details: { cached_tokens: 1, note: 'x' }, queue_time: 0.5 },
    repairs: [
      { path: 'usage.prompt_tokens_details.cached_tokens', note: 'a text, read as a number' },
      { path: 'usage.prompt_tokens_details.text_tokens', note: 'no count, left out' },
    ],
  },
])('E: reads token counts $what', ({ wire, usage, repairs }) => {
  const list = new RepairList();
  expect({ usage: readUsage(wire, list), repairs: list.all }).toEqual({ usage, repairs });
});

interface Billed {
  readonly what: string;
  readonly wire: Readonly<Record<string, unknown>>;
  /** Prompt, cached, completion, reasoning. */
  readonly read: readonly [prompt: number, cached: number, completion: number, reasoning: number];
}

const counts = { prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100 };
const beside = { cache_read_input_tokens: 400, cache_creation_input_tokens: 200 };

const billed: readonly Billed[] = [
  { what: 'cached tokens as a text', wire: { ...counts, cached_tokens: '800' }, read: [1_000, 800, 100, 0] },
  {
    what: 'a documented 0 next to a vendor’s own count',
    wire: { ...counts, prompt_tokens_details: { cached_tokens: 0 }, prompt_cache_hit_tokens: 800 },
    read: [1_000, 800, 100, 0],
  },
  {
    what: 'the documented count before a vendor’s own',
    wire: { ...counts, prompt_tokens_details: { cached_tokens: 700 }, cached_tokens: 800 },
    read: [1_000, 700, 100, 0],
  },
  {
    what: 'a fractional count of cached tokens as none',
    wire: { ...counts, cached_tokens: 0.5 },
    read: [1_000, 0, 100, 0],
  },
  {
    what: 'a negative count of cached tokens as none',
    wire: { ...counts, num_cached_tokens: -1 },
    read: [1_000, 0, 100, 0],
  },
  {
    what: 'at most as many cached tokens as the prompt has',
    wire: { ...counts, prompt_tokens_details: { cached_tokens: 9_999 } },
    read: [1_000, 1_000, 100, 0],
  },
  {
    what: 'documented cached tokens that only the total counts as input',
    wire: { ...counts, total_tokens: 10_100, prompt_tokens_details: { cached_tokens: 9_000 } },
    read: [10_000, 9_000, 100, 0],
  },
  {
    what: 'reasoning outside of the completion, without a total',
    wire: { prompt_tokens: 1_000, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 500 } },
    read: [1_000, 0, 505, 500],
  },
  {
    what: 'reasoning as a part of the completion, without a total',
    wire: { prompt_tokens: 1_000, completion_tokens: 505, completion_tokens_details: { reasoning_tokens: 500 } },
    read: [1_000, 0, 505, 500],
  },
  {
    what: 'reasoning outside of the completion, with a total that a gateway computed',
    wire: { ...counts, reasoning_tokens: 500 },
    read: [1_000, 0, 600, 500],
  },
  {
    what: 'reasoning in a total that has still more',
    wire: { ...counts, total_tokens: 1_700, completion_tokens_details: { reasoning_tokens: 500 } },
    read: [1_000, 0, 700, 500],
  },
  {
    what: 'cached tokens outside of the prompt, and reasoning, in the total',
    wire: { ...counts, ...beside, total_tokens: 1_950, completion_tokens_details: { reasoning_tokens: 250 } },
    read: [1_600, 400, 350, 250],
  },
  {
    what: 'only cache writes outside of the prompt, in the total',
    wire: { ...counts, ...beside, total_tokens: 1_300 },
    read: [1_200, 400, 100, 0],
  },
  {
    what: 'only cache reads outside of the prompt, in the total',
    wire: { ...counts, ...beside, total_tokens: 1_500 },
    read: [1_400, 400, 100, 0],
  },
  {
    what: 'cached tokens in the prompt, if the total is the sum',
    wire: { ...counts, ...beside },
    read: [1_000, 400, 100, 0],
  },
  {
    what: 'cached tokens outside of a smaller prompt, if the total is the sum',
    wire: { ...counts, ...beside, prompt_tokens: 3, total_tokens: 103 },
    read: [603, 400, 100, 0],
  },
  {
    what: 'cached tokens outside of a small prompt, and reasoning only in the total',
    wire: { ...counts, ...beside, prompt_tokens: 3, total_tokens: 803 },
    read: [603, 400, 200, 0],
  },
  {
    what: 'Anthropic’s own names without a total',
    wire: { input_tokens: 1_000, output_tokens: 100, ...beside },
    read: [1_600, 400, 100, 0],
  },
  {
    what: 'Anthropic’s own names with a total that is the sum',
    wire: { input_tokens: 1_000, output_tokens: 100, total_tokens: 1_100, ...beside },
    read: [1_000, 400, 100, 0],
  },
  {
    what: 'a prompt that is completely cached',
    wire: { input_tokens: 0, output_tokens: 100, cache_read_input_tokens: 400 },
    read: [400, 400, 100, 0],
  },
  {
    what: 'the names of the Responses API',
    wire: {
      input_tokens: 1_000,
      output_tokens: 100,
      input_tokens_details: { cached_tokens: 800 },
      output_tokens_details: { reasoning_tokens: 60 },
    },
    read: [1_000, 800, 100, 60],
  },
  {
    what: 'citations that the total includes',
    wire: { ...counts, total_tokens: 1_150, citation_tokens: 50 },
    read: [1_050, 0, 100, 0],
  },
];

test.each(billed)('computes billed tokens: $what', ({ wire, read: [prompt, cached, completion, reasoning] }) => {
  const usage = readUsage(wire, new RepairList());
  expect(usage.prompt_tokens).toBe(prompt);
  expect(usage.prompt_tokens_details?.cached_tokens ?? 0).toBe(cached);
  expect(usage.completion_tokens).toBe(completion);
  expect(usage.completion_tokens_details?.reasoning_tokens ?? 0).toBe(reasoning);
  expect(usage.total_tokens).toBe(prompt + completion);
  expect(readUsage({ ...usage }, new RepairList())).toEqual(usage);
});

test.each([
  [null, false],
  [{}, false],
  [{ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, false],
  [{ prompt_tokens: -1, total_tokens: 1.5, completion_tokens: 'many' }, false],
  [{ prompt_tokens: '1' }, true],
  [{ output_tokens: 1 }, true],
])('E: %j has token counts: %s', (usage, counted) => {
  expect(hasCounts(usage)).toBe(counted);
});
