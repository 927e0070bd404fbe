import '@pawl/testing/vitest';
import type { Outcome } from '@pawl/core';
import { describe, expect, test } from 'vitest';

declare const outcome: Outcome;

describe('the matchers for runs', () => {
  test('are known to expect with their arguments', () => {
    expect(outcome).toHaveCalledTool('look', { city: 'Oslo' });
    expect(outcome).toHaveToolSequence(['look', ['pay', 'book']]);
    expect(outcome).toHaveOutcome('completed');
    expect(outcome).toHaveOutcome({ status: 'limited', limit: 'turns' });
    expect(outcome).toStayWithin({ turns: 3, toolCalls: 4, tokens: 1_000, ms: 2_000 });
    expect(outcome.messages).toBeValidHistory();
  });

  test('reject an unknown status and an unknown count', () => {
    // @ts-expect-error: this status does not exist
    expect(outcome).toHaveOutcome('done');
    // @ts-expect-error: the count is `turns`
    expect(outcome).toStayWithin({ steps: 3 });
    // @ts-expect-error: the name of a tool is a string
    expect(outcome).toHaveCalledTool(3);
  });
});
