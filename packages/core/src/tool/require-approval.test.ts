import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { ConfigError } from '../base/errors.ts';
import { requireApproval } from './require-approval.ts';
import { type Tool, tool } from './tool.ts';

const pay = tool({ name: 'pay', description: 'Pays.', input: z.object({ amount: z.number() }), execute: () => 'paid' });

test('requires approval of every call without a rule', async () => {
  const [one, two] = requireApproval([pay, asking(false)]);
  expect(await needs(one, { amount: 1 })).toBe(true);
  expect(await needs(two, { amount: 1 })).toBe(true);
});

test('passes the tool, the input and the context to the rule', async () => {
  const rule = vi.fn(({ input }: { readonly input: unknown }) => (input as { amount: number }).amount > 10);
  const [guarded] = requireApproval([pay], rule);
  expect(await needs(guarded, { amount: 11 })).toBe(true);
  expect(await needs(guarded, { amount: 10 })).toBe(false);
  expect(rule).toHaveBeenLastCalledWith({ tool: pay, input: { amount: 10 } }, { context: 'context' });
});

test('keeps the approval that a tool requires itself', async () => {
  const never = (): boolean => false;
  const [always, large] = requireApproval([asking(true), asking((input) => input === 'large')], never);
  expect(await needs(always, 'small')).toBe(true);
  expect(await needs(large, 'large')).toBe(true);
  expect(await needs(large, 'small')).toBe(false);
});

test('returns frozen tools, and does not change the originals', () => {
  const [guarded] = requireApproval([pay]);
  expect(pay.needsApproval).toBe(false);
  expect(guarded).not.toBe(pay);
  expect(Object.isFrozen(guarded)).toBe(true);
});

test('refuses a rule that is not a function', () => {
  expect(() => requireApproval([pay], true as never)).toThrow(ConfigError);
});

function asking(needsApproval: Tool<unknown>['needsApproval']): Tool<unknown> {
  return { ...pay, needsApproval };
}

async function needs(guarded: Tool<unknown> | undefined, input: unknown): Promise<boolean> {
  const { needsApproval } = guarded ?? {};
  return typeof needsApproval === 'function'
    ? needsApproval(input, { context: 'context' } as never)
    : needsApproval === true;
}
