// The public sources of each figure of `@pawl/core/prices`, for docs/reference/prices.md. Not shipped.
//
// To add a figure or to renew one:
// 1. Read it in two public sources, one of them dated. Leave it out if they differ.
// 2. Write the row in packages/core/src/openai/prices.ts, its sources here, and the table's `date`: the day of its oldest figure.
// 3. node scripts/prices.ts

/** Where figures were read. What was read is a stored copy: `date` says how old it is at most. */
export interface PriceSource {
  readonly url: string;
  /** The day that the copy names, or the earliest day on which it can have been written. */
  readonly date: string;
  /** How the day is known. */
  readonly basis: string;
}

const SOURCES = {
  tokenMeter: {
    url: 'https://github.com/iyulab/TokenMeter/tree/main/src/TokenMeter/Pricing',
    date: '2026-08-01',
    basis: '`lastUpdated` of the Anthropic, Google and Mistral files',
  },
  tokenMeterXai: {
    url: 'https://github.com/iyulab/TokenMeter/blob/main/src/TokenMeter/Pricing/xai.json',
    date: '2026-09-23',
    basis: '`lastUpdated` of the file',
  },
  tokenMeterChanges: {
    url: 'https://github.com/iyulab/TokenMeter/blob/main/CHANGELOG.md',
    date: '2026-09-23',
    basis: 'entry 0.7.6 has the price',
  },
  tokenMeterOpenai: {
    url: 'https://github.com/iyulab/TokenMeter/blob/main/src/TokenMeter/Pricing/openai.json',
    date: '2026-03-17',
    basis: 'undated; lists GPT-5.4 mini, which is from that day',
  },
  genaiPrices: {
    url: 'https://github.com/pydantic/genai-prices/blob/main/prices/data_v2_slim.json',
    date: '2026-07-17',
    basis: 'undated; lists Kimi K3, whose price is from that day',
  },
  copilot: {
    url: 'https://github.com/github/docs/blob/main/data/tables/copilot/models-and-pricing.yml',
    date: '2026-07-31',
    basis: 'undated; lists GPT-5.6 Luna at the price of that day',
  },
  anthropic: {
    url: 'https://platform.claude.com/docs/en/about-claude/pricing',
    date: '2026-08-01',
    basis: 'undated; lists models that are newer than those of TokenMeter',
  },
  modelsDevAnthropic: {
    url: 'https://github.com/anomalyco/models.dev/tree/main/providers/anthropic/models',
    date: '2026-10-03',
    basis: '"checked 2026-10-03" in the files of Opus 5.5 and Sonnet 5.5',
  },
  synaps: {
    url: 'https://docs.rs/synaps/0.10.2/synaps_cli/pricing/index.html',
    date: '2026-10-10',
    basis: '"verified 2026-10-10" on the page',
  },
  modelsDev: {
    url: 'https://github.com/anomalyco/models.dev/tree/main/providers',
    date: '2026-05-07',
    basis: 'undated; the newest `last_updated` of the files that were read for Google',
  },
  modelsDevGroq: {
    url: 'https://github.com/anomalyco/models.dev/tree/main/providers/groq/models',
    date: '2026-05-27',
    basis: '`last_updated` of the files',
  },
  modelsDevMoonshot: {
    url: 'https://github.com/anomalyco/models.dev/blob/main/providers/moonshotai/models/kimi-k3.toml',
    date: '2026-07-17',
    basis: '"accessed 2026-07-17" in the file',
  },
} as const satisfies Readonly<Record<string, PriceSource>>;

export type PriceSourceName = keyof typeof SOURCES;

export const PRICE_SOURCES: Readonly<Record<PriceSourceName, PriceSource>> = SOURCES;

/** The sources that agree on a figure. */
export interface FigureSources {
  readonly sources: readonly [PriceSourceName, PriceSourceName, ...PriceSourceName[]];
  /** The length of a prompt, in tokens, above which the vendor asks more. */
  readonly longPromptTokens?: number;
}

const OPENAI: FigureSources = { sources: ['genaiPrices', 'modelsDev'] };
const OPENAI_OLDER: FigureSources = { sources: ['genaiPrices', 'tokenMeterOpenai'] };
const OPENAI_NEWER: FigureSources = { sources: ['copilot', 'genaiPrices', 'tokenMeterOpenai'] };
const CLAUDE: FigureSources = { sources: ['anthropic', 'tokenMeter', 'genaiPrices'] };
const GEMINI: FigureSources = { sources: ['tokenMeter', 'genaiPrices'] };
const GEMINI_CACHED: FigureSources = { sources: ['tokenMeter', 'genaiPrices', 'modelsDev'] };
const GROK: FigureSources = { sources: ['tokenMeterXai', 'genaiPrices'], longPromptTokens: 200_000 };
const MISTRAL: FigureSources = { sources: ['tokenMeter', 'genaiPrices'] };
const KIMI: FigureSources = { sources: ['genaiPrices', 'copilot'] };
const GROQ: FigureSources = { sources: ['genaiPrices', 'modelsDevGroq'] };

/** By model. A test compares the names with those of the tables. */
export const FIGURE_SOURCES: Readonly<Record<string, FigureSources>> = {
  'gpt-5.5': { sources: ['copilot', 'genaiPrices'], longPromptTokens: 272_000 },
  'gpt-5.4': { ...OPENAI_NEWER, longPromptTokens: 272_000 },
  'gpt-5.4-mini': OPENAI_NEWER,
  'gpt-5.4-nano': OPENAI_NEWER,
  'gpt-5.2': OPENAI,
  'gpt-5.1': OPENAI,
  'gpt-5': OPENAI,
  'gpt-5-mini': { sources: ['copilot', 'genaiPrices', 'modelsDev'] },
  'gpt-5-nano': OPENAI,
  'gpt-4.1': OPENAI_OLDER,
  'gpt-4.1-mini': OPENAI_OLDER,
  'gpt-4.1-nano': OPENAI_OLDER,
  'gpt-4o': OPENAI_OLDER,
  'gpt-4o-mini': OPENAI_OLDER,
  o3: OPENAI,
  'o4-mini': OPENAI,
  'claude-fable-5': CLAUDE,
  'claude-opus-5-5': { sources: ['tokenMeterChanges', 'modelsDevAnthropic', 'synaps'] },
  'claude-opus-5': CLAUDE,
  'claude-opus-4-8': CLAUDE,
  'claude-opus-4-7': CLAUDE,
  'claude-opus-4-6': CLAUDE,
  'claude-opus-4-5': CLAUDE,
  'claude-sonnet-5-5': { sources: ['modelsDevAnthropic', 'synaps'] },
  'claude-sonnet-4-6': { sources: ['tokenMeter', 'genaiPrices', 'copilot'] },
  'claude-haiku-4-5': { sources: ['tokenMeter', 'genaiPrices', 'copilot'] },
  'gemini-3.5-flash': { sources: ['tokenMeter', 'genaiPrices', 'copilot'] },
  'gemini-3.5-flash-lite': GEMINI,
  'gemini-3.1-pro-preview': { sources: ['tokenMeter', 'genaiPrices', 'copilot'], longPromptTokens: 200_000 },
  'gemini-3.1-flash-lite': GEMINI_CACHED,
  'gemini-3-flash-preview': GEMINI_CACHED,
  'gemini-2.5-pro': { ...GEMINI_CACHED, longPromptTokens: 200_000 },
  'gemini-2.5-flash': GEMINI_CACHED,
  'gemini-2.5-flash-lite': GEMINI_CACHED,
  'grok-4.6': { sources: ['tokenMeterXai', 'copilot'], longPromptTokens: 200_000 },
  'grok-4.3': GROK,
  'grok-4.20': GROK,
  'mistral-large-2512': { sources: ['tokenMeter', 'genaiPrices', 'modelsDev'] },
  'magistral-medium-latest': MISTRAL,
  'codestral-2508': MISTRAL,
  'kimi-k3': { sources: ['modelsDevMoonshot', 'genaiPrices', 'copilot'] },
  'kimi-k2.7-code': KIMI,
  'kimi-k2.6': { sources: ['genaiPrices', 'modelsDev'] },
  'openai/gpt-oss-120b': GROQ,
  'openai/gpt-oss-20b': GROQ,
};

/** The day for which a figure is confirmed: the newest of its sources. */
export function getFigureDate({ sources }: FigureSources): string {
  return (
    sources
      .map((name) => PRICE_SOURCES[name].date)
      .sort()
      .at(-1) ?? ''
  );
}
