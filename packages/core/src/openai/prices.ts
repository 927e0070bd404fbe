// List prices, for `openai(model, { price })`. A figure is in a table only if two public sources agree on it: `scripts/price-sources.ts`
// names them. A model whose price depends on the time of day, or on what it writes to the cache, is in no table: a `Price` cannot say so.
import type { PriceTable } from '../model/price.ts';

export type { PriceTable } from '../model/price.ts';

/** OpenAI's list prices, without discounts. Prompts above 272,000 tokens to GPT-5.4 and GPT-5.5 cost more. */
export const openaiPrices: PriceTable = {
  vendor: 'OpenAI',
  date: '2026-07-17',
  source: 'https://developers.openai.com/api/docs/pricing',
  models: {
    'gpt-5.5': { input: 5, cachedInput: 0.5, output: 30 },
    'gpt-5.4': { input: 2.5, cachedInput: 0.25, output: 15 },
    'gpt-5.4-mini': { input: 0.75, cachedInput: 0.075, output: 4.5 },
    'gpt-5.4-nano': { input: 0.2, cachedInput: 0.02, output: 1.25 },
    'gpt-5.2': { input: 1.75, cachedInput: 0.175, output: 14 },
    'gpt-5.1': { input: 1.25, cachedInput: 0.125, output: 10 },
    'gpt-5': { input: 1.25, cachedInput: 0.125, output: 10 },
    'gpt-5-mini': { input: 0.25, cachedInput: 0.025, output: 2 },
    'gpt-5-nano': { input: 0.05, cachedInput: 0.005, output: 0.4 },
    'gpt-4.1': { input: 2, cachedInput: 0.5, output: 8 },
    'gpt-4.1-mini': { input: 0.4, cachedInput: 0.1, output: 1.6 },
    'gpt-4.1-nano': { input: 0.1, cachedInput: 0.025, output: 0.4 },
    'gpt-4o': { input: 2.5, cachedInput: 1.25, output: 10 },
    'gpt-4o-mini': { input: 0.15, cachedInput: 0.075, output: 0.6 },
    o3: { input: 2, cachedInput: 0.5, output: 8 },
    'o4-mini': { input: 1.1, cachedInput: 0.275, output: 4.4 },
  },
};

/** Anthropic's list prices. Its Chat Completions address caches no prompts. */
export const anthropicPrices: PriceTable = {
  vendor: 'Anthropic',
  date: '2026-08-01',
  source: 'https://platform.claude.com/docs/en/about-claude/pricing',
  models: {
    'claude-fable-5': { input: 10, cachedInput: 1, output: 50 },
    'claude-opus-5-5': { input: 4, cachedInput: 0.2, output: 20 },
    'claude-opus-5': { input: 5, cachedInput: 0.5, output: 25 },
    'claude-opus-4-8': { input: 5, cachedInput: 0.5, output: 25 },
    'claude-opus-4-7': { input: 5, cachedInput: 0.5, output: 25 },
    'claude-opus-4-6': { input: 5, cachedInput: 0.5, output: 25 },
    'claude-opus-4-5': { input: 5, cachedInput: 0.5, output: 25 },
    'claude-sonnet-5-5': { input: 2, cachedInput: 0.1, output: 10 },
    'claude-sonnet-4-6': { input: 3, cachedInput: 0.3, output: 15 },
    'claude-haiku-4-5': { input: 1, cachedInput: 0.1, output: 5 },
  },
};

/** Google's list prices for text. Sound costs more, and so do prompts above 200,000 tokens to Pro models. */
export const geminiPrices: PriceTable = {
  vendor: 'Google',
  date: '2026-08-01',
  source: 'https://ai.google.dev/gemini-api/docs/pricing',
  models: {
    'gemini-3.5-flash': { input: 1.5, cachedInput: 0.15, output: 9 },
    'gemini-3.5-flash-lite': { input: 0.3, cachedInput: 0.03, output: 2.5 },
    'gemini-3.1-pro-preview': { input: 2, cachedInput: 0.2, output: 12 },
    'gemini-3.1-flash-lite': { input: 0.25, cachedInput: 0.025, output: 1.5 },
    'gemini-3-flash-preview': { input: 0.5, cachedInput: 0.05, output: 3 },
    'gemini-2.5-pro': { input: 1.25, cachedInput: 0.125, output: 10 },
    'gemini-2.5-flash': { input: 0.3, cachedInput: 0.03, output: 2.5 },
    'gemini-2.5-flash-lite': { input: 0.1, cachedInput: 0.01, output: 0.4 },
  },
};

/** xAI's list prices. Prompts above 200,000 tokens cost more. */
export const xaiPrices: PriceTable = {
  vendor: 'xAI',
  date: '2026-09-23',
  source: 'https://docs.x.ai/docs/models',
  models: {
    'grok-4.6': { input: 2, cachedInput: 0.5, output: 6 },
    'grok-4.3': { input: 1.25, cachedInput: 0.2, output: 2.5 },
    'grok-4.20': { input: 1.25, cachedInput: 0.2, output: 2.5 },
  },
};

/** Mistral's list prices. The price of cached input is not confirmed, so it counts as other input. */
export const mistralPrices: PriceTable = {
  vendor: 'Mistral',
  date: '2026-08-01',
  source: 'https://mistral.ai/pricing',
  models: {
    'mistral-large-2512': { input: 0.5, output: 1.5 },
    'magistral-medium-latest': { input: 2, output: 5 },
    'codestral-2508': { input: 0.3, output: 0.9 },
  },
};

/** Moonshot's list prices. */
export const moonshotPrices: PriceTable = {
  vendor: 'Moonshot',
  date: '2026-07-17',
  source: 'https://platform.kimi.ai/docs/pricing/chat',
  models: {
    'kimi-k3': { input: 3, cachedInput: 0.3, output: 15 },
    'kimi-k2.7-code': { input: 0.95, cachedInput: 0.19, output: 4 },
    'kimi-k2.6': { input: 0.95, cachedInput: 0.16, output: 4 },
  },
};

/** Groq's list prices. Other hosts of these models ask other prices. */
export const groqPrices: PriceTable = {
  vendor: 'Groq',
  date: '2026-07-17',
  source: 'https://groq.com/pricing',
  models: {
    'openai/gpt-oss-120b': { input: 0.15, cachedInput: 0.075, output: 0.6 },
    'openai/gpt-oss-20b': { input: 0.075, cachedInput: 0.0375, output: 0.3 },
  },
};
