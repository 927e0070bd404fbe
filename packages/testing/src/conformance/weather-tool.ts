import { isObject, readJson } from '../base/json.ts';
import { checkTruncation, type ProbeEvidence, reportSupported, reportUnclear, reportUnsupported } from './probe.ts';
import { type ProbeResponse, readCalls, readResponseText } from './request-completion.ts';

export const weather: { readonly parameters: object; readonly name: string; readonly description: string } = {
  name: 'get_weather',
  description: 'Returns the weather in a city.',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string', description: 'The name of the city.' } },
    required: ['city'],
    additionalProperties: false,
  },
};

export const tools: readonly object[] = [{ type: 'function', function: weather }];

export const question: object = { role: 'user', content: 'What is the weather in Oslo? Call get_weather.' };

/** A conversation with the model's call and its result. */
export function buildAnsweredQuestion(id: string, content: null | ''): readonly object[] {
  const call = { id, type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } };
  return [
    question,
    { role: 'assistant', content, tool_calls: [call] },
    { role: 'tool', tool_call_id: id, content: '{"temperature":4,"sky":"rain"}' },
  ];
}

export function readFirstCallId(answer: ProbeResponse): string {
  const [call] = readCalls(answer);
  return typeof call?.id === 'string' ? call.id : 'call_1';
}

/** Judges whether the response calls `get_weather`. */
export function judgeCall(answer: ProbeResponse): ProbeEvidence {
  return checkTruncation(answer, judgeWholeCall(answer));
}

function judgeWholeCall(answer: ProbeResponse): ProbeEvidence {
  const [call] = readCalls(answer);
  if (call === undefined) return reportUnclear(`no call; the text is: ${readResponseText(answer).slice(0, 80)}`);
  const given = typeof call.arguments === 'string' ? readJson(call.arguments) : undefined;
  if (call.name !== 'get_weather') return reportUnsupported(`a call of ${JSON.stringify(call.name)}`);
  if (!isObject(given)) return reportUnsupported(`arguments that are not JSON text: ${JSON.stringify(call.arguments)}`);
  return reportSupported(typeof call.id === 'string' && call.id !== '' ? 'yes' : 'without an id');
}
