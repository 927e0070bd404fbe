import { expect, test } from 'vitest';
import { addUsage, NO_USAGE, type Usage } from './usage.ts';

const first: Usage = {
  requests: 1,
  promptTokens: 100,
  cachedTokens: 40,
  completionTokens: 20,
  reasoningTokens: 5,
  totalTokens: 120,
  cost: 0.25,
  estimated: false,
};

const guessed: Usage = {
  requests: 0,
  promptTokens: 10,
  cachedTokens: 0,
  completionTokens: 2,
  reasoningTokens: 1,
  totalTokens: 12,
  cost: 0.5,
  estimated: true,
};

test('what was used adds up, and is an estimate where any of it is', () => {
  const sum: Usage = {
    requests: 1,
    promptTokens: 110,
    cachedTokens: 40,
    completionTokens: 22,
    reasoningTokens: 6,
    totalTokens: 132,
    cost: 0.75,
    estimated: true,
  };
  expect([addUsage(first, guessed), addUsage(guessed, first)]).toEqual([sum, sum]);
});

test('nothing used adds nothing', () => {
  expect([addUsage(first, NO_USAGE), addUsage(NO_USAGE, guessed)]).toEqual([first, guessed]);
});
