import { Agent, type RunEvent } from '@pawl/core';
import { type OutputGuardVerdict, outputGuard } from '@pawl/core/middleware';
import { respond, type ScriptedModelResponse } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { useServer } from './use-server.ts';

const LONG = 'Once upon a time there was a fool who lived in a small house near the harbour of a large town.';

interface Guarded {
  readonly script: readonly ScriptedModelResponse[];
  readonly stream?: boolean;
  readonly check: (text: string) => OutputGuardVerdict | Promise<OutputGuardVerdict>;
}

/** Runs an agent over HTTP with a guard that checks every 10 characters. */
function play({ script, stream = true, check }: Guarded) {
  const texts: string[] = [];
  const guard = outputGuard({
    name: 'kind',
    every: 10,
    maxRetries: 1,
    check({ text }) {
      texts.push(text);
      return check(text);
    },
  });
  return useServer(script, async (model) => {
    const run = new Agent({ model, middleware: [guard] }).run('Go.', { stream });
    const events: RunEvent[] = [];
    run.on('*', (event) => events.push(event));
    const outcome = await run.outcome();
    return { outcome, texts, types: events.map(({ type }) => type) };
  });
}

const refuseFool = (text: string): OutputGuardVerdict =>
  text.includes('fool') ? { type: 'refuse', reason: 'unkind' } : { type: 'allow' };

describe('an output guard with every', () => {
  test('stops a streamed response, discards what was emitted and ends the run as refused', async () => {
    const { outcome, texts, types } = await play({ script: [respond.text(LONG)], check: refuseFool });
    expect(outcome).toMatchObject({ status: 'refused', refusal: 'unkind', guard: 'kind' });
    expect(texts.at(-1)).toContain('fool');
    expect(texts.at(-1)?.length).toBeLessThan(LONG.length);
    expect(types.filter((type) => type === 'text.delta').length).toBeGreaterThan(0);
    expect(types.slice(-3)).toEqual(['attempt.discarded', 'run.refused', 'run.finished']);
    expect(outcome.usage.estimated).toBe(true);
    expect(outcome.usage.outputTokens).toBeGreaterThan(0);
  });

  test('checks the whole text of an unstreamed response', async () => {
    const { outcome, texts } = await play({ script: [respond.text(LONG)], stream: false, check: refuseFool });
    expect(outcome).toMatchObject({ status: 'refused', guard: 'kind' });
    expect(texts).toEqual([LONG]);
  });

  test('lets a good text pass, which it checks in growing parts and as a whole', async () => {
    const { outcome, texts } = await play({ script: [respond.text(LONG)], check: () => ({ type: 'allow' }) });
    expect(outcome).toMatchObject({ status: 'completed', output: LONG });
    expect(texts.length).toBeGreaterThan(3);
    expect(texts.at(-1)).toBe(LONG);
    for (const [index, text] of texts.entries())
      expect(LONG.startsWith(text) && text.length >= (texts[index - 1] ?? '').length).toBe(true);
  });

  test('asks the model again with the part that it stopped', async () => {
    const { outcome } = await play({
      script: [respond.text(LONG), respond.text('A kind story.')],
      check: (text) => (text.includes('fool') ? { type: 'retry', reason: 'be kind' } : { type: 'allow' }),
    });
    expect(outcome).toMatchObject({ status: 'completed', output: 'A kind story.', turnCount: 2 });
    const [, stopped, prompt] = outcome.messages;
    expect(LONG.startsWith(String(stopped?.content))).toBe(true);
    expect(prompt?.content).toContain('be kind');
  });

  test('fails the run if the check throws, without another attempt', async () => {
    const { outcome, types } = await play({
      script: [respond.text(LONG)],
      check() {
        throw new Error('No judge.');
      },
    });
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { name: 'GuardError', message: 'Guard "kind" failed: No judge.' },
    });
    expect(types.filter((type) => type === 'attempt.started')).toHaveLength(1);
  });

  test('starts again with another attempt', async () => {
    const cut = respond.cut(respond.text(LONG), { afterChunks: 6 });
    const { outcome, texts } = await play({
      script: [cut, respond.text('Another one, long enough.')],
      check: () => ({ type: 'allow' }),
    });
    expect(outcome).toMatchObject({ status: 'completed', output: 'Another one, long enough.' });
    expect(texts.some((text) => text.startsWith('Once'))).toBe(true);
    expect(texts.at(-1)).toBe('Another one, long enough.');
  });

  test.each<readonly [object, string]>([
    [{ every: 0 }, 'every is 0. Pass a whole number of characters above 0.'],
    [{ every: 1.5 }, 'every is 1.5.'],
    [{ every: 9, output: { '~standard': {} } }, 'has both every and output'],
  ])('is refused with %j', (options, message) => {
    expect(() => outputGuard({ name: 'kind', check: () => ({ type: 'allow' }), ...options } as never)).toThrow(message);
  });
});
