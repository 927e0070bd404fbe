import { Agent, type Run, type RunEvent } from '@pawl/core';
import { manualClock, respond } from '@pawl/testing';
import { expect, test } from 'vitest';
import { served } from './served.ts';
import { weather } from './weather.ts';

const SCRIPT = [respond.call('get_weather', { city: 'Oslo' }), respond.text('Rain in Oslo.')];
const FACTS = ['run.started', 'model.responded', 'tool.finished', 'model.responded', 'run.finished'];

test('whoever reads a run from the start gets every event, in order, and the text in pieces', async () => {
  await served(SCRIPT, async (model) => {
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

test('whoever reads a run after its end gets its facts', async () => {
  await served(SCRIPT, async (model) => {
    const run = started(model);
    await run.outcome();

    expect(typesOf(await read(run))).toEqual(FACTS);
  });
});

test('whoever begins to read late gets the facts so far, then what happens', async () => {
  await served(SCRIPT, async (model) => {
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

test('two readers each get everything', async () => {
  await served(SCRIPT, async (model) => {
    const run = started(model);
    const [first, second] = await Promise.all([read(run), read(run)]);

    expect(first).toEqual(second);
    expect(typesOf(await read(run))).toEqual(FACTS);
  });
});

test('leaving the loop early leaves the run at work', async () => {
  await served(SCRIPT, async (model, { requests }) => {
    const run = started(model);
    for await (const { type } of run) if (type === 'model.responded') break;

    expect((await run).output).toBe('Rain in Oslo.');
    expect(requests.map(({ body }) => body.stream)).toEqual([true, undefined]);
    expect(typesOf(await read(run))).toEqual(FACTS);
  });
});

test('a run that nobody reads asks for no stream, and one that is read does', async () => {
  await served([...SCRIPT, ...SCRIPT], async (model, { requests }) => {
    await started(model);
    await read(started(model));

    expect(requests.map(({ body }) => body.stream)).toEqual([undefined, undefined, true, true]);
  });
});

test('awaiting a run inside its own loop does not hang, whatever is queued', async () => {
  await served([respond.text('many words '.repeat(1000))], async (model) => {
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
