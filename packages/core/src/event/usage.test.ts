import { expect, test } from 'vitest';
import { addUsage, NO_USAGE, type Usage } from './usage.ts';

const first: Usage = {
  requests: 1,
  inputTokens: 100,
  cachedInputTokens: 40,
  outputTokens: 20,
  reasoningTokens: 5,
  totalTokens: 120,
  cost: 0.25,
  estimated: false,
};

const guessed: Usage = {
  requests: 0,
  inputTokens: 10,
  cachedInputTokens: 0,
  outputTokens: 2,
  reasoningTokens: 1,
  totalTokens: 12,
  cost: 0.5,
  estimated: true,
};

test('adds usage, which is estimated if any part is', () => {
  const sum: Usage = {
    requests: 1,
    inputTokens: 110,
    cachedInputTokens: 40,
    outputTokens: 22,
    reasoningTokens: 6,
    totalTokens: 132,
    cost: 0.75,
    estimated: true,
  };
  expect([addUsage(first, guessed), addUsage(guessed, first)]).toEqual([sum, sum]);
});

test('adding no usage changes nothing', () => {
  expect([addUsage(first, NO_USAGE), addUsage(NO_USAGE, guessed)]).toEqual([first, guessed]);
});
