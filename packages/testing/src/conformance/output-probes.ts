import { isObject, readJson } from '../base/json.ts';
import { type Answer, ask, callsOf, type Server, textOf } from './ask.ts';
import {
  type Earlier,
  type Found,
  isSupported,
  missing,
  oneRequest,
  type Probe,
  supported,
  taken,
  unclear,
} from './probe.ts';
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

function judgeOutput(answer: Answer): Found {
  const value = readJson(textOf(answer));
  const matchesSchema = isObject(value) && typeof value['city'] === 'string' && Object.keys(value).length === 1;
  return matchesSchema ? supported() : missing(answer, 'not in its form');
}

/** A format and tools in one request: the tool has to be called first, and the answer after it has to be in the form. */
async function probeOutputWithTools(server: Server, earlier: Earlier): Promise<Found> {
  if (!isSupported(earlier, 'json_schema')) return unclear('no json_schema');
  if (!isSupported(earlier, 'tools')) return unclear('no tool was called without a format either');
  const body = { tools, response_format: formatOf(false) };
  const asked = await ask(server, { ...body, messages: [question] });
  let found = taken(asked, (answer) =>
    callsOf(answer).length > 0 ? supported() : missing(answer, 'no tool is called'),
  );
  if (found.status === 'supported') {
    const answered = await ask(server, { ...body, messages: answeredQuestion(firstCallId(asked), '') });
    found = taken(answered, (answer) =>
      callsOf(answer).length > 0 ? unclear('it called the tool again') : judgeOutput(answer),
    );
  }
  if (found.status === 'unclear') return found;
  const outputWithTools = found.status === 'supported' ? 'response-format' : 'final-tool';
  return { ...found, profile: { outputWithTools } };
}

export const outputProbes: readonly Probe[] = [
  oneRequest('json_schema', { messages, response_format: formatOf(false) }, judgeOutput),
  oneRequest('strict json_schema', { messages, response_format: formatOf(true) }, judgeOutput),
  oneRequest('json_object', { messages, response_format: { type: 'json_object' } }, (answer) =>
    isObject(readJson(textOf(answer))) ? supported() : missing(answer, 'no JSON'),
  ),
  { name: 'output with tools', run: probeOutputWithTools },
];
