import { isObject, readJson } from '../base/json.ts';
import {
  createProbe,
  type FindEarlier,
  isSupported,
  judgeResponse,
  type Probe,
  type ProbeEvidence,
  reportMissing,
  reportSupported,
  reportUnclear,
} from './probe.ts';
import {
  type ProbedServer,
  type ProbeResponse,
  readCalls,
  readResponseText,
  requestCompletion,
} from './request-completion.ts';
import { buildAnsweredQuestion, question, readFirstCallId, tools } from './weather-tool.ts';

const messages = [
  { role: 'user', content: 'Which city has the Colosseum? Answer as JSON with the field "city".' },
] as const;
const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const;

function buildFormat(strict: boolean): object {
  return { type: 'json_schema', json_schema: { name: 'answer', ...(strict && { strict }), schema } };
}

function judgeOutput(answer: ProbeResponse): ProbeEvidence {
  const value = readJson(readResponseText(answer));
  const matchesSchema = isObject(value) && typeof value['city'] === 'string' && Object.keys(value).length === 1;
  return matchesSchema ? reportSupported() : reportMissing(answer, 'not in the requested form');
}

/**
 * Probes an output format and tools in one request: the model has to call the tool first, then answer in the format.
 */
async function probeOutputWithTools(server: ProbedServer, earlier: FindEarlier): Promise<ProbeEvidence> {
  if (!isSupported(earlier, 'json_schema')) return reportUnclear('json_schema is not supported');
  if (!isSupported(earlier, 'tools')) return reportUnclear('no tool was called without a format either');
  const body = { tools, response_format: buildFormat(false) };
  const asked = await requestCompletion(server, { ...body, messages: [question] });
  let found = judgeResponse(asked, (answer) =>
    readCalls(answer).length > 0 ? reportSupported() : reportMissing(answer, 'no tool is called'),
  );
  if (found.status === 'supported') {
    const answered = await requestCompletion(server, {
      ...body,
      messages: buildAnsweredQuestion(readFirstCallId(asked), ''),
    });
    found = judgeResponse(answered, (answer) =>
      readCalls(answer).length > 0 ? reportUnclear('the model called the tool again') : judgeOutput(answer),
    );
  }
  if (found.status === 'unclear') return found;
  const outputWithTools = found.status === 'supported' ? 'response-format' : 'final-tool';
  return { ...found, profile: { outputWithTools } };
}

export const outputProbes: readonly Probe[] = [
  createProbe('json_schema', { messages, response_format: buildFormat(false) }, judgeOutput),
  createProbe('strict json_schema', { messages, response_format: buildFormat(true) }, judgeOutput),
  createProbe('json_object', { messages, response_format: { type: 'json_object' } }, (answer) =>
    isObject(readJson(readResponseText(answer))) ? reportSupported() : reportMissing(answer, 'no JSON'),
  ),
  { name: 'output with tools', run: probeOutputWithTools },
];
