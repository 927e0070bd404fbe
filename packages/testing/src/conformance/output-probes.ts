import { isObject, readJson } from '../compare/json.ts';
import { sliceStart } from '../compare/slice-start.ts';
import { type Answer, ask, callsOf, type Server, textOf } from './ask.ts';
import { type Earlier, type Found, type Probe, supported, taken, unclear, unlessCut, unsupported } from './probe.ts';
import { answeredQuestion, firstCallId, question, tools } from './weather-tool.ts';

const messages = [
  { role: 'user', content: 'Which city has the Colosseum? Answer as JSON with the field "city".' },
] as const;
const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const;

function formatOf(strict: boolean): object {
  return { type: 'json_schema', json_schema: { name: 'answer', ...(strict && { strict }), schema } };
}

function schemaProbe(name: string, strict: boolean): Probe {
  return {
    name,
    run: async (server) => taken(await ask(server, { messages, response_format: formatOf(strict) }), judgeOutput),
  };
}

function judgeOutput(answer: Answer): Found {
  const value = readJson(textOf(answer));
  const fits = isObject(value) && typeof value['city'] === 'string' && Object.keys(value).length === 1;
  return fits ? supported() : unlessCut(answer, unsupported(`not in its form: ${sliceStart(textOf(answer), 80)}`));
}

/** A format and tools in one request: the tool has to be called first, and the answer after it has to be in the form. */
async function outputWithTools(server: Server, earlier: Earlier): Promise<Found> {
  if (earlier('json_schema')?.status !== 'supported') return unclear('no json_schema');
  if (earlier('tools')?.status !== 'supported') return unclear('no tool was called without a format either');
  const body = { tools, response_format: formatOf(false) };
  const asked = await ask(server, { ...body, messages: [question] });
  const first = taken(asked, (answer) => {
    if (callsOf(answer).length > 0) return supported();
    return unlessCut(answer, unsupported(`no tool is called: ${sliceStart(textOf(answer), 80)}`));
  });
  const found = first.status === 'supported' ? await afterCall(server, { body, id: firstCallId(asked) }) : first;
  if (found.status === 'unclear') return found;
  return {
    ...found,
    profile: { outputWithTools: found.status === 'supported' ? 'response-format' : 'final-tool' },
  };
}

interface AfterCall {
  readonly body: object;
  readonly id: string;
}

async function afterCall(server: Server, { body, id }: AfterCall): Promise<Found> {
  const asked = await ask(server, { ...body, messages: answeredQuestion(id, '') });
  return taken(asked, (answer) => {
    return callsOf(answer).length > 0 ? unclear('it called the tool again') : judgeOutput(answer);
  });
}

export const outputProbes: readonly Probe[] = [
  schemaProbe('json_schema', false),
  schemaProbe('strict json_schema', true),
  {
    name: 'json_object',
    run: async (server) =>
      taken(await ask(server, { messages, response_format: { type: 'json_object' } }), (answer) =>
        isObject(readJson(textOf(answer)))
          ? supported()
          : unlessCut(answer, unsupported(`no JSON: ${sliceStart(textOf(answer), 80)}`)),
      ),
  },
  { name: 'output with tools', run: outputWithTools },
];
