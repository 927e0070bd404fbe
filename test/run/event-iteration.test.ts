import { Agent, type Run, type RunEvent } from '@pawl/core';
import { manualClock, respond } from '@pawl/testing';
import { expect, test } from 'vitest';
import { useServer } from './use-server.ts';
import { weather } from './weather.ts';

const SCRIPT = [respond.call('get_weather', { city: 'Oslo' }), respond.text('Rain in Oslo.')];
const FACTS = ['run.started', 'model.responded', 'tool.finished', 'model.responded', 'run.finished'];

test('gives a reader from the start every event in order, and the text in deltas', async () => {
  await useServer(SCRIPT, async (model) => {
    const events = await read(started(model));

    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(typesOf(events)).toEqual([
      'run.started',
      'attempt.started',
      'tool_call.delta',
      'tool_call.delta',
      'model.responded',
      'tool.started',
      'tool.finished',
      'attempt.started',
      'text.delta',
      'text.delta',
      'text.delta',
      'model.responded',
      'run.finished',
    ]);
  });
});

test('gives a reader after the end the journal events', async () => {
  await useServer(SCRIPT, async (model) => {
    const run = started(model);
    await run.outcome();

    expect(typesOf(await read(run))).toEqual(FACTS);
  });
});

test('gives a late reader the journal events so far, then new events', async () => {
  await useServer(SCRIPT, async (model) => {
    const run = started(model);
    const late = Promise.withResolvers<readonly RunEvent[]>();
    run.on('tool.finished', () => late.resolve(read(run)));

    expect(typesOf(await late.promise)).toEqual([
      'run.started',
      'model.responded',
      'tool.finished',
      'attempt.started',
      'text.delta',
      'text.delta',
      'text.delta',
      'model.responded',
      'run.finished',
    ]);
  });
});

test('gives two readers all events each', async () => {
  await useServer(SCRIPT, async (model) => {
    const run = started(model);
    const [first, second] = await Promise.all([read(run), read(run)]);

    expect(first).toEqual(second);
    expect(typesOf(await read(run))).toEqual(FACTS);
  });
});

test('continues the run when a reader leaves early', async () => {
  await useServer(SCRIPT, async (model, { requests }) => {
    const run = started(model);
    for await (const { type } of run) if (type === 'model.responded') break;

    expect((await run).output).toBe('Rain in Oslo.');
    expect(requests.map(({ body }) => body.stream)).toEqual([true, undefined]);
    expect(typesOf(await read(run))).toEqual(FACTS);
  });
});

test('requests a stream only if the run is read', async () => {
  await useServer([...SCRIPT, ...SCRIPT], async (model, { requests }) => {
    await started(model);
    await read(started(model));

    expect(requests.map(({ body }) => body.stream)).toEqual([undefined, undefined, true, true]);
  });
});

test('does not hang if a reader awaits the run inside its loop', async () => {
  await useServer([respond.text('many words '.repeat(1000))], async (model) => {
    const run = started(model);
    let pieces = 0;
    for await (const { type } of run) {
      await run;
      if (type === 'text.delta') pieces++;
    }

    expect(pieces).toBe(2000);
  });
});

function started(model: ConstructorParameters<typeof Agent>[0]['model']): Run {
  return new Agent({ model, tools: [weather], clock: manualClock() }).run('Umbrella?');
}

async function read(run: Run): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

function typesOf(events: readonly RunEvent[]): readonly string[] {
  return events.map(({ type }) => type);
}
