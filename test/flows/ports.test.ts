// Programs of other projects, in code of ours: each test names its source by repository and path, and checks what that program does.
import { Agent, type Host, memoryHost, type Outcome, RunRefusedError, tool } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { type Flow, flow } from '@pawl/core/flow';
import { inputGuard } from '@pawl/core/middleware';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

/** An agent whose model answers by the last message. */
function define<Output = string>(
  name: string,
  answer: (text: string, all: readonly string[]) => unknown,
  output?: z.ZodType<Output>,
): Agent<unknown, Output> {
  const model = scriptedModel(({ messages }) => {
    const texts = messages.map(({ content }) => String(content));
    const given = answer(texts.at(-1) ?? '', texts);
    return respond.text(typeof given === 'string' ? given : JSON.stringify(given));
  });
  const options = { name, model, ...(output !== undefined && { output }) };
  return new Agent(options as never) as unknown as Agent<unknown, Output>; // Without a schema `Output` is string.
}

/** Runs a flow to its end, and answers each question in turn. */
async function answerAll(
  asked: Flow<unknown, string>,
  { input, answers, host = memoryHost() }: Answered,
): Promise<Outcome<unknown>> {
  const questions: unknown[] = [];
  let outcome = await asked.run(input, { host, runId: 'run' }).outcome();
  while (outcome.status === 'suspended') {
    for (const { id, fingerprint, input: question } of outcome.pending) {
      const value = answers[questions.push(question) - 1] ?? '';
      await host.answer('run', id, { type: 'result', fingerprint, value });
    }
    outcome = await asked.resume('run', { host }).outcome();
  }
  return outcome;
}

interface Answered {
  readonly input: string;
  readonly answers: readonly string[];
  readonly host?: Host;
}

// openai/openai-agents-python, examples/research_bot/manager.py
test('research bot: plans searches, searches in parallel and leaves out what fails, then writes a report', async () => {
  const searches = ['weather', 'food', 'broken'].map((query) => ({ query, reason: `for ${query}` }));
  const planner = define(
    'planner',
    () => ({ searches }),
    z.object({ searches: z.array(z.object({ query: z.string(), reason: z.string() })) }),
  );
  const searcher = new Agent({
    name: 'searcher',
    model: scriptedModel(({ messages }) => {
      const text = String(messages[0]?.content);
      return text.includes('broken')
        ? respond.httpError(400, { message: 'No.' })
        : respond.text(`[${text.split('\n')[0]}]`);
    }),
  });
  const report = z.object({
    shortSummary: z.string(),
    markdownReport: z.string(),
    followUpQuestions: z.array(z.string()),
  });
  const writer = define(
    'writer',
    (text) => ({ shortSummary: 'Short.', markdownReport: text, followUpQuestions: ['More?'] }),
    report,
  );
  const bot = flow({
    name: 'research bot',
    run: async (query: string, { run }) => {
      const { output: plan } = await run(planner, `Query: ${query}`, { step: 'plan' });
      const results = await Promise.all(
        plan.searches.map((item, index) =>
          run(searcher, `Search term: ${item.query}\nReason for searching: ${item.reason}`, {
            step: `search-${index}`,
          }).then(
            ({ output }) => output,
            () => undefined,
          ),
        ),
      );
      const found = results.filter((result) => result !== undefined);
      const input = `Original query: ${query}\nSummarized search results: ${found.join(' ')}`;
      return (await run(writer, input, { step: 'write' })).output;
    },
  });
  const { output, usage } = await bot.run('Caribbean vacation');
  expect(output).toEqual({
    shortSummary: 'Short.',
    markdownReport:
      'Original query: Caribbean vacation\nSummarized search results: [Search term: weather] [Search term: food]',
    followUpQuestions: ['More?'],
  });
  expect(usage.requests).toBe(4);
});

// openai/openai-agents-python, examples/agent_patterns/llm_as_a_judge.py
test('judge: writes again with feedback until the judge lets it pass', async () => {
  const writer = define(
    'writer',
    (_, all) => `Outline ${all.filter((text) => text.startsWith('Feedback')).length + 1}`,
  );
  const verdict = z.object({ feedback: z.string(), score: z.enum(['pass', 'needs_improvement', 'fail']) });
  const judge = define(
    'judge',
    (_, all) => {
      const outlines = all.filter((text) => text.startsWith('Outline')).length;
      return { feedback: `Better, ${outlines}.`, score: outlines < 3 ? 'needs_improvement' : 'pass' };
    },
    verdict,
  );
  const judged = flow({
    name: 'judged',
    run: async (story: string, { run }) => {
      let messages: readonly Message[] = [{ role: 'user', content: story }];
      for (let round = 1; ; round++) {
        const outline = await run(writer, messages, { step: `write-${round}` });
        const { output } = await run(judge, outline.messages, { step: `judge-${round}` });
        if (output.score === 'pass') return { outline: outline.output, round };
        messages = [...outline.messages, { role: 'user', content: `Feedback: ${output.feedback}` }];
      }
    },
  });
  expect((await judged.run('A story.')).output).toEqual({ outline: 'Outline 3', round: 3 });
});

// openai/openai-agents-python, examples/agent_patterns/parallelization.py
test('parallel translations: runs one agent three times at once, and another picks the best', async () => {
  let count = 0;
  const translator = define('translator', () => `Hola ${++count}`);
  const picker = define('picker', (text) => text.split('\n').at(-1) ?? '');
  const translated = flow({
    name: 'translated',
    run: async (text: string, { run }) => {
      const all = await Promise.all([1, 2, 3].map((index) => run(translator, text, { step: `translate-${index}` })));
      const options = all.map(({ output }) => output).join('\n\n');
      return (await run(picker, `Input: ${text}\n\nTranslations:\n${options}`, { step: 'pick' })).output;
    },
  });
  const { output, usage } = await translated.run('Hello');
  expect(output).toBe('Hola 3');
  expect(usage.requests).toBe(4);
});

// openai/openai-agents-python, examples/agent_patterns/agents_as_tools.py
test('orchestrated translations: an agent calls translators as tools, and another reads its whole conversation', async () => {
  const languages = { spanish: 'Hola', french: 'Bonjour', italian: 'Ciao' };
  const tools = Object.entries(languages).map(([language, hello]) =>
    define(language, (text) => (text === 'Hello' ? hello : '?')).asTool({
      name: `translate_to_${language}`,
      description: `Translates to ${language}.`,
    }),
  );
  const model = scriptedModel([
    respond.calls(['spanish', 'french'].map((to) => ({ name: `translate_to_${to}`, arguments: { prompt: 'Hello' } }))),
    respond.text('Done.'),
  ]);
  const orchestrator = new Agent({ name: 'orchestrator', model, tools });
  const synthesizer = define(
    'synthesizer',
    (_, all) => `Final: ${all.filter((text) => /^(Hola|Bonjour|Ciao)$/.test(text)).join(', ')}`,
  );
  const translated = flow({
    name: 'orchestrated',
    run: async (text: string, { run }) => {
      const { messages } = await run(orchestrator, text, { step: 'orchestrate' });
      return (await run(synthesizer, [...messages, { role: 'user', content: 'Go on.' }], { step: 'synthesize' }))
        .output;
    },
  });
  const { output, usage, toolCallCount } = await translated.run('Translate "Hello" to Spanish and French.');
  expect(output).toBe('Final: Hola, Bonjour');
  expect([usage.requests, toolCallCount]).toEqual([5, 2]);
});

// openai/openai-agents-python, examples/agent_patterns/deterministic.py
test.each([
  { story: 'a bad one', output: 'The outline is not good.', requests: 2 },
  { story: 'a love story', output: 'It is no science fiction.', requests: 2 },
  { story: 'a space story', output: 'Story of Outline: a space story', requests: 3 },
])('deterministic story: stops at a gate or writes ($story)', async ({ story, output: expected, requests }) => {
  const outliner = define('outliner', (text) => `Outline: ${text}`);
  const checker = define(
    'checker',
    (text) => ({ isGood: !text.includes('bad'), isScienceFiction: text.includes('space') }),
    z.object({ isGood: z.boolean(), isScienceFiction: z.boolean() }),
  );
  const writer = define('writer', (text) => `Story of ${text}`);
  const storyFlow = flow({
    name: 'story',
    run: async (prompt: string, { run }) => {
      const { output: outline } = await run(outliner, prompt, { step: 'outline' });
      const { output: check } = await run(checker, outline, { step: 'check' });
      if (!check.isGood) return 'The outline is not good.';
      if (!check.isScienceFiction) return 'It is no science fiction.';
      return (await run(writer, outline, { step: 'write' })).output;
    },
  });
  const { output, usage } = await storyFlow.run(story);
  expect(output).toBe(expected);
  expect(usage.requests).toBe(requests);
});

// openai/openai-agents-python, examples/agent_patterns/input_guardrails.py
test('math homework: a guard that is an agent refuses the run', async () => {
  const check = define('check', (text) => ({ isHomework: text.includes('2x') }), z.object({ isHomework: z.boolean() }));
  const support = new Agent({
    name: 'support',
    model: scriptedModel(() => respond.text('The capital is Sacramento.')),
    middleware: [
      inputGuard({
        name: 'math',
        async check({ messages }, { run }) {
          const { output } = await run(check, messages, { step: 'check' });
          return output.isHomework ? { type: 'refuse', reason: 'No homework.' } : { type: 'allow' };
        },
      }),
    ],
  });
  expect((await support.run('What is the capital of California?')).output).toBe('The capital is Sacramento.');
  const error: unknown = await support.run('Solve 2x + 5 = 11.').catch((thrown: unknown) => thrown);
  expect(RunRefusedError.isInstance(error) && error.outcome).toMatchObject({ refusal: 'No homework.', guard: 'math' });
});

const flight = z.object({ number: z.string(), price: z.number(), from: z.string(), to: z.string() });

const FLIGHTS = [
  { number: 'AK123', price: 350, from: 'SFO', to: 'ANC' },
  { number: 'AK789', price: 400, from: 'SFO', to: 'JNU' },
  { number: 'SEA303', price: 120, from: 'SFO', to: 'ANC' },
];

// pydantic/pydantic-ai, examples/pydantic_ai_examples/flight_booking.py
test('flight booking: an agent inside a tool reads the page, a person decides, and the seat is asked until it is clear', async () => {
  const extractor = define('extractor', () => FLIGHTS, z.array(flight));
  const extract = tool({
    name: 'extract_flights',
    description: 'Gets the details of all flights.',
    input: z.object({}),
    effect: 'read',
    execute: async (_, { run }) => (await run(extractor, 'The page.', { step: 'extract' })).output,
  });
  const finder = new Agent({
    name: 'finder',
    output: flight,
    tools: [extract],
    model: scriptedModel(({ messages }) => {
      const page = messages.findLast(({ role }) => role === 'tool');
      if (page === undefined) return respond.call('extract_flights', {});
      const refused = messages.filter(({ content }) => String(content).includes('another flight')).length;
      const fitting = z
        .array(flight)
        .parse(JSON.parse(String(page.content)))
        .filter(({ to }) => to === 'ANC');
      return respond.text(JSON.stringify(fitting.sort((one, other) => one.price - other.price)[refused]));
    }),
  });
  const seat = z.object({ row: z.number().nullable(), seat: z.string() });
  const seats = define('seats', (text) => ({ row: text.includes('window') ? 1 : null, seat: 'A' }), seat);
  const bought: unknown[] = [];
  const buy = tool({
    name: 'buy',
    description: 'Buys a ticket.',
    input: z.object({ number: z.string(), row: z.number() }),
    execute: (ticket) => bought.push(ticket),
  });
  const booking = flow({
    name: 'booking',
    limits: { tokens: 100_000 },
    run: async (request: string, { run, ask, call }) => {
      let messages: readonly Message[] = [{ role: 'user', content: request }];
      for (let round = 1; ; round++) {
        const found = await run(finder, messages, { step: `find-${round}` });
        const answer = await ask({ buy: found.output }, { step: `decide-${round}` });
        messages = [...found.messages, { role: 'user', content: 'Please suggest another flight.' }];
        if (answer !== 'buy') continue;
        for (let tries = 1; ; tries++) {
          const wish = await ask('What seat would you like?', { step: `seat-${tries}`, answer: z.string() });
          const { output: preference } = await run(seats, wish, { step: `read-seat-${tries}` });
          if (preference.row === null) continue;
          await call(buy, { number: found.output.number, row: preference.row }, { step: 'buy' });
          return found.output.number;
        }
      }
    },
  });
  const outcome = await answerAll(booking, { input: 'SFO to ANC', answers: ['search', 'buy', 'any', 'a window seat'] });
  expect(outcome).toMatchObject({ status: 'completed', output: 'AK123' });
  expect(bought).toEqual([{ number: 'AK123', row: 1 }]);
  // Two runs of the finder (two requests and one), one run of the extractor, and two of the seat reader: each once, over five attempts.
  expect(outcome.usage.requests).toBe(6);
});

// langchain-ai/langgraph, examples/plan-and-execute/plan-and-execute.ipynb
test('plan and execute: executes the first step of a plan, plans again, and ends with a response', async () => {
  const plan = z.object({ steps: z.array(z.string()) });
  const act = z.object({ response: z.string().nullable(), steps: z.array(z.string()) });
  const planner = define('planner', () => ({ steps: ['find the winner', 'find the hometown'] }), plan);
  const executor = define('executor', (text) => (text.includes('winner') ? 'Sinner' : 'Innichen'));
  const replanner = define(
    'replanner',
    (text) => {
      const done = text.split('\n').filter((line) => line.startsWith('done')).length;
      return done < 2 ? { response: null, steps: ['find the hometown'] } : { response: 'Innichen', steps: [] };
    },
    act,
  );
  const planned = flow({
    name: 'planned',
    limits: { tokens: 50_000 },
    run: async (task: string, { run }) => {
      let { steps } = (await run(planner, task, { step: 'plan' })).output;
      const past: string[] = [];
      for (let round = 1; ; round++) {
        const [next = ''] = steps;
        const { output } = await run(executor, `Plan: ${steps.join(', ')}. Do: ${next}`, { step: `execute-${round}` });
        past.push(`done ${next}: ${output}`);
        const { output: decision } = await run(replanner, `${task}\n${past.join('\n')}`, { step: `replan-${round}` });
        if (decision.response !== null) return { response: decision.response, past };
        steps = decision.steps;
      }
    },
  });
  expect((await planned.run('What is the hometown of the winner?')).output).toEqual({
    response: 'Innichen',
    past: ['done find the winner: Sinner', 'done find the hometown: Innichen'],
  });
});
