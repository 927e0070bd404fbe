import '@pawl/testing/vitest';
import type { Outcome } from '@pawl/core';
import { describe, expect, test } from 'vitest';

declare const outcome: Outcome;

describe('the matchers for runs', () => {
  test('are known to expect, with what they take', () => {
    expect(outcome).toHaveCalledTool('look', { city: 'Oslo' });
    expect(outcome).toHaveToolSequence(['look', ['pay', 'book']]);
    expect(outcome).toHaveOutcome('completed');
    expect(outcome).toHaveOutcome({ status: 'limited', limit: 'turns' });
    expect(outcome).toStayWithin({ turns: 3, toolCalls: 4, tokens: 1_000, ms: 2_000 });
    expect(outcome.messages).toBeValidHistory();
  });

  test('refuse an ending that there is none of, and a cap that nobody counts', () => {
    // @ts-expect-error: no run ends so
    expect(outcome).toHaveOutcome('done');
    // @ts-expect-error: it is called turns
    expect(outcome).toStayWithin({ steps: 3 });
    // @ts-expect-error: a tool is named by a text
    expect(outcome).toHaveCalledTool(3);
  });
});
