import { expect, test } from 'vitest';
import { MendList } from './mend-list.ts';
import { isCounted, readUsage } from './read-usage.ts';

const documented = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

test.each([
  { what: 'as documented', wire: documented, usage: documented, mends: [] },
  {
    what: 'as strings',
    wire: { prompt_tokens: '3', completion_tokens: '2', total_tokens: '5' },
    usage: documented,
    mends: ['prompt_tokens', 'completion_tokens', 'total_tokens'].map((name) => ({
      path: `usage.${name}`,
      note: 'a text, read as a number',
    })),
  },
  {
    what: 'without a total',
    wire: { prompt_tokens: 3, completion_tokens: 2 },
    usage: documented,
    mends: [{ path: 'usage.total_tokens', note: 'missing: now their sum' }],
  },
  {
    what: 'with a total alone',
    wire: { total_tokens: 5 },
    usage: { prompt_tokens: 5, completion_tokens: 0, total_tokens: 5 },
    mends: [
      { path: 'usage.prompt_tokens', note: 'missing: now 5' },
      { path: 'usage.completion_tokens', note: 'missing: now 0' },
    ],
  },
  {
    what: 'without the prompt',
    wire: { prompt_tokens: null, completion_tokens: 2, total_tokens: 5 },
    usage: documented,
    mends: [{ path: 'usage.prompt_tokens', note: 'missing: now 3' }],
  },
  {
    what: 'with a total below its parts',
    wire: { ...documented, total_tokens: 1 },
    usage: documented,
    mends: [{ path: 'usage.total_tokens', note: '1, less than its parts: now their sum' }],
  },
  {
    what: 'with reasoning in the total alone',
    wire: { ...documented, total_tokens: 9 },
    usage: { ...documented, total_tokens: 9 },
    mends: [],
  },
  {
    what: "under Anthropic's names",
    wire: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
    usage: documented,
    mends: [
      { path: 'usage.input_tokens', note: 'read as prompt_tokens' },
      { path: 'usage.output_tokens', note: 'read as completion_tokens' },
    ],
  },
  {
    what: "with a zero beside Anthropic's name",
    wire: { ...documented, prompt_tokens: 0, input_tokens: 3 },
    usage: documented,
    mends: [{ path: 'usage.input_tokens', note: 'read as prompt_tokens' }],
  },
  {
    what: 'with details and fields of its own',
    wire: {
      ...documented,
      prompt_tokens_details: { cached_tokens: '1', audio_tokens: null, text_tokens: -1, note: 'x' },
      completion_tokens_details: null,
      queue_time: 0.5,
    },
    usage: { ...documented, prompt_tokens_details: { cached_tokens: 1, note: 'x' }, queue_time: 0.5 },
    mends: [
      { path: 'usage.prompt_tokens_details.cached_tokens', note: 'a text, read as a number' },
      { path: 'usage.prompt_tokens_details.text_tokens', note: 'no count, left out' },
    ],
  },
])('E: token counts $what are read', ({ wire, usage, mends }) => {
  const list = new MendList();
  expect({ usage: readUsage(wire, list), mends: list.all }).toEqual({ usage, mends });
});

test.each([
  [null, false],
  [{}, false],
  [{ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, false],
  [{ prompt_tokens: -1, total_tokens: 1.5, completion_tokens: 'many' }, false],
  [{ prompt_tokens: '1' }, true],
  [{ output_tokens: 1 }, true],
])('E: token counts in %j: %s', (usage, counted) => {
  expect(isCounted(usage)).toBe(counted);
});
