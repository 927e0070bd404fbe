// The server that the conformance suite of MCP tests: agents. Prints its URL: node server.ts
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { Agent, type JsonObject, memoryHost, SuspendRun, type Tool, tool } from '@pawl/core';
import { createAgentServer, type ServedAgent } from '@pawl/mcp/server';
import { respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

const NO_INPUT = { type: 'object', properties: {} };

function createAgent(
  name: string,
  answer: () => ScriptedModelResponse,
  tools: readonly Tool<unknown>[] = [],
): ServedAgent {
  const model = scriptedModel(({ messages }) => {
    const last = messages.at(-1);
    if (last?.role === 'tool') return respond.text(String(last.content));
    return answer();
  });
  const agent = new Agent({ name, description: `Answers as the scenario ${name} expects.`, model, tools });
  return { agent, input: NO_INPUT, prompt: () => 'Go.' };
}

/** The fields of a form, with their schemas. */
type Fields = Readonly<Record<string, JsonObject>>;

const NAME: Fields = { name: { type: 'string' } };

/** A tool that asks its questions one after the other. */
function createAskingTool(name: string, ...questions: readonly Fields[]): Tool<unknown> {
  return tool({
    name,
    input: z.object({}),
    execute: (_, { resumeData }) => {
      const { state, value } = Object(resumeData);
      const round = state?.round ?? 0;
      const properties = questions[round];
      if (properties === undefined) return JSON.stringify(value);
      const fields = Object.keys(properties);
      const message = `Which ${fields.join(', ')}?`;
      const requests = { question: { message, requestedSchema: { type: 'object', properties, required: fields } } };
      throw new SuspendRun(message, { preview: { requests }, state: { round: round + 1 } });
    },
  });
}

const DEFAULTS: Fields = {
  name: { type: 'string', default: 'John Doe' },
  age: { type: 'integer', default: 30 },
  score: { type: 'number', default: 95.5 },
  status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
  verified: { type: 'boolean', default: true },
};
const OPTIONS = ['option1', 'option2', 'option3'];
const TITLED = [
  { const: 'value1', title: 'First' },
  { const: 'value2', title: 'Second' },
];
const CHOICES: Fields = {
  untitledSingle: { type: 'string', enum: OPTIONS },
  titledSingle: { type: 'string', oneOf: TITLED },
  legacyEnum: { type: 'string', enum: ['opt1', 'opt2'], enumNames: ['Option One', 'Option Two'] },
  untitledMulti: { type: 'array', items: { type: 'string', enum: OPTIONS } },
  titledMulti: { type: 'array', items: { anyOf: TITLED } },
};

const failing = tool({
  name: 'fail',
  input: z.object({}),
  execute: () => {
    throw new Error('This tool intentionally returns an error for testing');
  },
});

const work = tool({
  name: 'work',
  input: z.object({}),
  execute: async (_, { signal }) => {
    await setTimeout(1500, undefined, { signal });
    return 'worked';
  },
});

const noWork = tool({ name: 'work', input: z.object({}), execute: () => 'worked' });
const server = createAgentServer(
  [
    createAgent('test_simple_text', () => respond.text('This is a simple text response for testing.')),
    createAgent('test_error_handling', () => respond.text('')),
    createAgent('test_fail', () => respond.call('fail'), [failing]),
    createAgent('test_tool_with_progress', () => respond.call('work'), [noWork]),
    ...['elicitation', 'request_state', 'multi_round', 'tampered_state', 'capabilities'].map((name) => {
      const second = name === 'multi_round' ? [{ color: { type: 'string' } }] : [];
      const ask = createAskingTool('ask', NAME, ...second);
      return createAgent(`test_input_required_result_${name}`, () => respond.call('ask'), [ask]);
    }),
    createAgent('test_elicitation', () => respond.call('ask'), [
      createAskingTool('ask', { username: { type: 'string' }, email: { type: 'string' } }),
    ]),
    createAgent('test_elicitation_sep1034_defaults', () => respond.call('ask'), [createAskingTool('ask', DEFAULTS)]),
    createAgent('test_elicitation_sep1330_enums', () => respond.call('ask'), [createAskingTool('ask', CHOICES)]),
    createAgent('test_missing_capability', () => respond.call('ask'), [createAskingTool('ask', NAME)]),
    createAgent('test_streaming_elicitation', () => respond.call('ask'), [createAskingTool('ask', NAME)]),
    createAgent('test_logging_tool', () => respond.text('Done.')),
    createAgent('greet', () => respond.text('Hello.')),
    createAgent('slow_compute', () => respond.call('work'), [work]),
    createAgent('failing_job', () => respond.httpError(400, { message: 'The job failed.' })),
    createAgent('protocol_error_job', () => respond.httpError(400, { message: 'The job failed.' })),
    createAgent('confirm_delete', () => respond.call('ask'), [
      createAskingTool('ask', { confirm: { type: 'boolean' } }),
    ]),
    createAgent('multi_input', () => respond.calls([{ name: 'first' }, { name: 'second' }]), [
      createAskingTool('first', NAME),
      createAskingTool('second', { age: { type: 'number' } }),
    ]),
    createAgent('test_tool_with_task', () => respond.call('ask'), [createAskingTool('ask', NAME)]),
  ],
  { host: memoryHost(), secret: 'a secret of at least thirty-two bytes', name: 'pawl-conformance' },
);
const handle = toNodeHandler({ fetch: (request) => server.fetch(request) });
// By hand: the agent server under test, on a server of Node.
const http = createServer((request, response) => void handle(request as Parameters<typeof handle>[0], response));
await once(http.listen(0, '127.0.0.1'), 'listening');
const address = http.address();
console.log(`http://localhost:${typeof address === 'object' ? address?.port : 0}/mcp`);
