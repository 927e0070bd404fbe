import { Agent, type AgentOptions } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { type Middleware, prefixTools, requireApproval, toolGuard, toolSearch } from '@pawl/core/middleware';
import { checkHistory, manualClock, respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { hosts } from '../durable/hosts.ts';
import { listToolNames, tools } from './two-hundred-tools.ts';
import { useServer } from './use-server.ts';
import { weather } from './weather.ts';

const search = toolSearch(tools, { always: ['get_customer'], maxResults: 2 });
const find = (query: string): ScriptedModelResponse => respond.call('search_tools', { query });
const FIRST = ['get_customer', 'search_tools'];

function searching(replies: readonly ScriptedModelResponse[], options: Partial<AgentOptions<unknown, string>> = {}) {
  const model = scriptedModel(replies);
  const agent = new Agent({ model, clock: manualClock(), tools: search.tools, middleware: [search], ...options });
  const sent = (): readonly (readonly string[])[] => model.requests.map(listToolNames);
  return { agent, sent };
}

function results(messages: readonly Message[]): readonly unknown[] {
  return messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
}

describe('tool search over two hundred tools', () => {
  test('sends the permanent tools and the found ones, in the order of discovery', async () => {
    const { agent, sent } = searching([
      find('export a song'),
      respond.call('export_song', { id: '7' }),
      find('archive_forest'),
      find('songs'),
      respond.text('Done.'),
    ]);
    const { messages } = await agent.run('Go.');

    const song = [...FIRST, 'export_song', 'list_song'];
    const forest = [...song, 'archive_forest', 'list_forest'];
    expect(tools).toHaveLength(200);
    expect(sent()).toEqual([FIRST, song, song, forest, [...forest, 'get_song']]);
    expect(results(messages)[1]).toBe('export song 7');
    expect(checkHistory(messages)).toEqual([]);
  });

  test('extends the JSON of the list only at its end, so that the prompt prefix stays the same', async () => {
    const script = [find('export a song'), find('archive_forest'), respond.text('Done.')];
    const lists = await useServer(script, async (model, { requests }) => {
      await new Agent({ model, tools: search.tools, middleware: [search], clock: manualClock() }).run('Go.');
      return requests.map(({ body }) => JSON.stringify(body.tools).slice(0, -1));
    });
    for (const [at, list] of lists.slice(1).entries()) expect(list.startsWith(`${lists[at]},`)).toBe(true);
  });

  test('does not count hidden tools for compaction', async () => {
    const counts: number[] = [];
    const counting: Middleware = {
      prepareTurn(turn) {
        counts.push(turn.estimatedInputTokens);
        return turn;
      },
    };
    const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };
    const script = [
      respond.call('search_tools', { query: 'export a song' }, { usage }),
      respond.call('export_song', { id: '7' }, { usage }),
      respond.text('Done.'),
    ];
    await searching(script, { middleware: [search, counting] }).agent.run('Go.');
    const all = JSON.stringify(search.tools.map(({ functionObject }) => functionObject)).length / 3.5;
    expect(counts.every((count) => count < all / 10)).toBe(true);
    // Two tools more than the server has counted, then none; and the later messages.
    expect(counts[1]).toBeGreaterThan(150);
    expect(counts[2]).toBeLessThan(130);
  });

  test('restores found tools from the conversation in the next run', async () => {
    const first = await searching([find('export a song'), respond.text('Found.')]).agent.run('Go.');
    const { agent, sent } = searching([respond.text('Done.')]);
    await agent.run([...first.messages, { role: 'user', content: 'And now?' }]);
    expect(sent()).toEqual([[...FIRST, 'export_song', 'list_song']]);
  });

  test('sends tools that were called in the conversation', async () => {
    const { messages } = await new Agent({
      model: scriptedModel([respond.call('get_train', { id: '1' }), respond.text('There.')]),
      tools,
    }).run('Go.');
    const { agent, sent } = searching([respond.text('Done.')]);
    await agent.run([...messages, { role: 'user', content: 'And now?' }]);
    expect(sent()).toEqual([[...FIRST, 'get_train']]);
  });

  test.each(hosts)('a run that is resumed by another process sends the same, on $name', async ({ open }) => {
    const host = open();
    const approved = toolSearch(
      requireApproval(tools, ({ tool }) => tool.name === 'delete_visa'),
      { maxResults: 2 },
    );
    const options = { tools: approved.tools, middleware: [approved] };
    const before = searching([find('delete a visa'), respond.call('delete_visa', { id: '3' })], options);
    const outcome = await before.agent.run('Go.', { runId: 'run', host }).outcome();
    if (outcome.status !== 'suspended') throw new Error(outcome.status);
    for (const { id, fingerprint } of outcome.pending) await host.answer('run', id, { type: 'approve', fingerprint });

    const after = searching([find('get_hotel'), respond.text('Done.')], options);
    await after.agent.resume('run', { host });
    const found = ['search_tools', 'delete_visa', 'list_visa'];
    expect(before.sent().at(-1)).toEqual(found);
    expect(after.sent()).toEqual([found, [...found, 'get_hotel', 'list_hotel']]);
  });

  test('does not reveal tools by names in other texts', async () => {
    const quoting = { ...weather, execute: () => ({ found: [{ name: 'get_visa', description: '' }] }) };
    const { agent, sent } = searching([respond.call('get_weather', { city: 'Oslo' }), respond.text('Done.')], {
      tools: [quoting, ...search.tools],
    });
    await agent.run('Take {"found":[{"name":"get_hotel"}]}, or get_train.');
    expect(sent()).toEqual([
      ['get_weather', ...FIRST],
      ['get_weather', ...FIRST],
    ]);
  });

  test('reads a search result inside text of other middleware, with any description', async () => {
    const guard = toolGuard({
      name: 'frame',
      after: ({ content }) => ({ type: 'replace', content: `[${content}] [{}]}` }),
    });
    const odd = toolSearch([
      { ...weather, description: 'Takes {"found":[{"name":"get_visa"}]}, or "rain\\".' },
      ...tools,
    ]);
    const { agent, sent } = searching([find('rain'), respond.text('Done.')], {
      tools: odd.tools,
      middleware: [odd, guard],
    });
    await agent.run('Go.');
    expect(sent()[1]).toEqual(['search_tools', 'get_weather']);
  });

  test('keeps found tools if other middleware replaces the search by a summary', async () => {
    const { agent, sent } = searching([find('export a song'), find('get_hotel'), respond.text('Done.')], {
      middleware: [
        search,
        {
          prepareTurn: (turn) =>
            turn.turn === 2 ? { ...turn, messages: turn.messages.slice(0, 1), replaceHistory: true } : turn,
        },
      ],
    });
    const { messages } = await agent.run('Go.');
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
    expect(sent()[2]).toEqual([...FIRST, 'export_song', 'list_song', 'get_hotel', 'list_hotel']);
  });

  test('sends tools that toolChoice names without a search', async () => {
    const { agent, sent } = searching([respond.call('get_visa', { id: '1' }), respond.text('Done.')], {
      tools: [...search.tools, weather],
      toolChoice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [named('get_visa'), named('search_tools')] },
      },
    });
    await agent.run('Go.');
    const names = ['get_weather', 'get_customer', 'get_visa', 'search_tools'];
    expect(sent()).toEqual([names, names]);
  });
});

function named(name: string): Readonly<Record<string, unknown>> {
  return { type: 'function', function: { name } };
}

describe('the model', () => {
  test('reads the names and descriptions of found tools', async () => {
    const { agent } = searching([find('export a song'), respond.text('Done.')]);
    const { messages } = await agent.run('Go.');
    expect(results(messages).map((content) => JSON.parse(String(content)))).toEqual([
      {
        found: [
          { name: 'export_song', description: 'To export one song of the company, by its id.' },
          { name: 'list_song', description: 'To list one song of the company, by its id.' },
        ],
      },
    ]);
  });

  test('reads the beginning of a long description, and a complete result of any size', async () => {
    const long = tools.map((each) => ({ ...each, description: `Finds. ${'And so on. '.repeat(100)}` }));
    const all = toolSearch([...long, ...prefixTools(long, 'my_')], { maxResults: 400 });
    const { agent, sent } = searching([find('finds'), respond.text('Done.')], { tools: all.tools, middleware: [all] });
    const { messages } = await agent.run('Go.');
    const [result] = results(messages).map((content) => JSON.parse(String(content)));
    expect(result.found[0].description).toMatch(/^Finds\. And so on\. .{270,290}… \(\d+ characters more\)$/);
    expect(sent()[1]).toHaveLength(401);
  });

  test.each([
    ['a spaceship', 'None of the 200 tools matches. Try other words.'],
    [' ', 'The query is empty. Describe what the tool must do. There are 200 tools.'],
  ])('gets the reason why "%s" finds nothing', async (query, note) => {
    const { agent, sent } = searching([find(query), respond.text('Done.')]);
    const { messages } = await agent.run('Go.');
    expect(results(messages)).toEqual([JSON.stringify({ found: [], note })]);
    expect(sent()).toEqual([FIRST, FIRST]);
  });

  test('gets an error for a search without words', async () => {
    const { agent } = searching([respond.call('search_tools', { words: 5 }), respond.text('Done.')]);
    const { messages } = await agent.run('Go.');
    expect(results(messages)).toEqual([expect.stringContaining('query: expected string')]);
  });

  test('gets an error for a call of a hidden tool, without an approval, and the tool is sent afterwards', async () => {
    const approved = toolSearch(requireApproval(tools), { always: ['get_customer'] });
    const { agent, sent } = searching([respond.call('get_visa', { id: '1' }), respond.text('Done.')], {
      tools: approved.tools,
      middleware: [approved],
    });
    const { messages } = await agent.run('Go.');
    expect(results(messages)).toEqual(['There is no tool "get_visa". The tools are: get_customer, search_tools.']);
    expect(sent()).toEqual([FIRST, [...FIRST, 'get_visa']]);
  });
});

describe('at the threshold of tool search', () => {
  test('sends all tools without a search', async () => {
    const few = toolSearch(tools.slice(0, 20));
    const { agent, sent } = searching([respond.text('Done.')], { tools: few.tools, middleware: [few] });
    await agent.run('Go.');
    expect(sent()).toEqual([tools.slice(0, 20).map(({ name }) => name)]);
  });

  test('adds the search with one more tool', () => {
    expect(toolSearch(tools.slice(0, 21)).tools.at(-1)?.name).toBe('search_tools');
    expect(toolSearch(tools.slice(0, 2), { threshold: 1 }).tools).toHaveLength(3);
  });
});

test('allows other middleware to select tools without the search', async () => {
  const { agent, sent } = searching([respond.text('Done.')], {
    middleware: [{ prepareTurn: (turn) => ({ ...turn, tools: turn.tools.slice(0, 2) }) }, search],
  });
  await agent.run('Go.');
  expect(sent()).toEqual([['list_invoice', 'get_invoice']]);
});

test('fails with a fix if the agent lacks the search tool', async () => {
  const outcome = await searching([respond.text('Done.')], { tools })
    .agent.run('Go.')
    .outcome();
  expect(outcome).toMatchObject({
    status: 'failed',
    error: { message: 'toolSearch: the agent has no tool "search_tools". Pass tools: search.tools.' },
  });
});
