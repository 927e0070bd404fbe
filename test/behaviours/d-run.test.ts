import { setImmediate } from 'node:timers/promises';
import { Agent, type Host, HostError, memoryHost, tool } from '@pawl/core';
import type { Step } from '@pawl/core/host';
import { respond, scriptedModel } from '@pawl/testing';
import { HostWrapper } from '@pawl/testing/host';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createText, createUserMessage, filterEvents, play } from './play.ts';

const pair = z.object({ city: z.string(), degrees: z.number() });

describe.each([{ stream: true }, { stream: false }])('the run, stream: $stream', (run) => {
  test('D3: listeners that throw and reject do not affect the run, and each is reported once', async () => {
    const heard: string[] = [];
    const played = await play([respond.text('Here it is.')], {
      run,
      listen: (running) => {
        running.on('*', () => {
          throw new Error('thrown');
        });
        running.on('model.responded', async () => {
          throw new Error('rejected');
        });
        running.on('model.responded', () => heard.push('the next one'));
      },
    });
    expect(played.outcome.status).toBe('completed');
    expect(heard).toEqual(['the next one']);
    expect(
      filterEvents(played, 'listener.failed')
        .map(({ error }) => error.message)
        .sort(),
    ).toEqual(['rejected', 'thrown']);
  });

  test('D4: a failing run without an await causes no unhandled rejection, and its outcome stays available', async () => {
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', onRejection);
    const running = new Agent({ model: scriptedModel([respond.httpError(400)]) }).run('Go.', run);
    const { promise, resolve } = Promise.withResolvers<void>();
    running.on('run.finished', () => resolve());
    await promise;
    for (let turn = 0; turn < 5; turn++) await setImmediate();
    process.off('unhandledRejection', onRejection);

    expect(rejections).toEqual([]);
    expect((await running.outcome()).status).toBe('failed');
  });

  test('D5: two concurrent runs of one agent share only the definition', async () => {
    const echo = tool({
      name: 'echo',
      description: 'Says it again.',
      input: z.object({ text: z.string() }),
      execute: async ({ text }, { runId }) => {
        await setImmediate();
        return `${runId} ${text}`;
      },
    });
    const model = scriptedModel(({ messages }) => {
      const last = messages.at(-1);
      return last?.role === 'tool'
        ? respond.text(String(last.content))
        : respond.call('echo', { text: String(last?.content) });
    });
    const agent = new Agent({ model, tools: [echo] });
    const runs = ['a', 'b', 'c'].map((id) => agent.run(`from ${id}`, { ...run, runId: id }));
    const outputs = await Promise.all(runs.map(async (running) => (await running).output));
    expect(outputs).toEqual(['a from a', 'b from b', 'c from c']);
  });

  test('D6: the model reads the issues of invalid output, and its next output is parsed', async () => {
    const bad = '{"city": "Oslo", "degrees": "seven"}';
    const good = '{"city": "Oslo", "degrees": 7}';
    const model = scriptedModel([respond.text(bad), respond.text(good)]);
    const running = new Agent({ model, output: pair }).run('Go.', { ...run, runId: 'run' });
    const reprompt = createUserMessage(
      'Your answer does not match the required schema:\ndegrees: expected number, got string\nSend the complete corrected answer again, as JSON and nothing else.',
    );
    const { output, messages } = await running;
    expect(output).toEqual({ city: 'Oslo', degrees: 7 });
    expect(messages).toEqual([createUserMessage('Go.'), createText(bad), reprompt, createText(good)]);
  });

  test('D6: after two output retries the run fails with the last text', async () => {
    const texts = ['none', '{"city": 1}', '[]'];
    const model = scriptedModel(texts.map((text) => respond.text(text)));
    const outcome = await new Agent({ model, output: pair }).run('Go.', run).outcome();
    expect(outcome).toMatchObject({
      status: 'failed',
      turnCount: 3,
      error: { name: 'InvalidOutputError', code: 'output.invalid', details: { text: '[]' } },
    });
  });

  test('D7: a run whose host stops after any step resumes to the same outcome, and no finished step runs again', async () => {
    const undisturbed = await settled(Number.POSITIVE_INFINITY);
    expect(undisturbed.outcome.status).toBe('completed');
    for (let stopOnTool = 0; stopOnTool < undisturbed.steps; stopOnTool++) {
      const resumed = await settled(stopOnTool);
      expect(resumed.outcome).toEqual(undisturbed.outcome);
      expect(resumed.executed).toEqual(undisturbed.executed);
    }
  });

  /** Runs on a host that stops after some steps, then resumes on the inner host. */
  async function settled(stopOnTool: number) {
    const executed: string[] = [];
    const note = tool({
      name: 'note',
      description: 'Takes a note.',
      input: z.object({ text: z.string() }),
      effect: 'read',
      execute: ({ text }) => {
        executed.push(text);
        return `noted ${text}`;
      },
    });
    const model = scriptedModel(({ messages }) => {
      const results = messages.filter(({ role }) => role === 'tool').length;
      const next = (text: string) => ({ name: 'note', arguments: { text } });
      if (results === 0) return respond.calls([next('a'), next('b')]);
      return results === 2 ? respond.calls([next('c')]) : respond.text('All noted.');
    });
    const inner = memoryHost();
    const host = new StoppingHost(inner, stopOnTool);
    const agent = new Agent({ model, tools: [note], clock: still });
    const first = agent.run('Go.', { ...run, runId: 'run', host });
    const outcome = await first.outcome().catch((error: unknown) => {
      if (!HostError.isInstance(error)) throw error;
      return agent.resume('run', { ...run, host: inner }).outcome();
    });
    return { outcome, executed: executed.sort(), steps: host.steps };
  }
});

/** Time stands still, so that outcomes can be compared whole. */
const still = { now: () => 0, after: () => () => undefined, sleep: async () => undefined };

/** A host that fails instead of a later step. */
class StoppingHost extends HostWrapper {
  readonly #stopOnTool: number;
  steps = 0;

  constructor(inner: Host, stopOnTool: number) {
    super(inner);
    this.#stopOnTool = stopOnTool;
  }

  override wrapStep<T>(step: Step<T>): Step<T> {
    return {
      ...step,
      work: async () => {
        if (this.steps >= this.#stopOnTool) throw new HostError('The host has stopped.', { code: 'test.stopped' });
        this.steps++;
        return step.work();
      },
    };
  }
}
