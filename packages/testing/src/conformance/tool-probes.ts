import { isObject, readJson } from '../base/json.ts';
import { sliceStart } from '../base/slice-start.ts';
import {
  checkTruncation,
  createProbe,
  type FindEarlier,
  isSupported,
  judgeResponse,
  type Probe,
  type ProbeEvidence,
  reportSupported,
  reportUnclear,
  reportUnsupported,
} from './probe.ts';
import {
  type ProbedServer,
  type ProbeResponse,
  readCalls,
  readDeltas,
  readMessage,
  readResponseText,
  requestCompletion,
} from './request-completion.ts';
import { buildAnsweredQuestion, judgeCall, question, readFirstCallId, tools, weather } from './weather-tool.ts';

/** No message here asks for the tool: if the model calls it, `tool_choice` forced the call. */
const greeting = { role: 'user', content: 'Say hello.' } as const;
const clock = {
  type: 'function',
  function: { ...weather, name: 'get_time', description: 'Tells the time of a city.' },
};
const strictWeather = { type: 'function', function: { ...weather, strict: true } };

const named = { type: 'function', function: { name: 'get_weather' } } as const;

/** Sends a tool result and expects text. */
async function probeToolResult(server: ProbedServer, content: null | ''): Promise<ProbeEvidence> {
  const id = readFirstCallId(await requestCompletion(server, { messages: [question], tools }));
  const messages = buildAnsweredQuestion(id, content);
  return judgeResponse(await requestCompletion(server, { messages, tools }), (answer) =>
    readResponseText(answer) === '' ? reportUnclear('accepted, but the response has no text') : reportSupported(),
  );
}

/** Probes parallel calls, first with `parallel_tool_calls`, then without it. */
async function probeParallelCalls(server: ProbedServer): Promise<ProbeEvidence> {
  const content = 'What is the weather in Oslo and in Rome? Call get_weather for both at once.';
  const body = { messages: [{ role: 'user', content }], tools };
  const asked = judgeResponse(await requestCompletion(server, { ...body, parallel_tool_calls: true }), judgeCalls);
  if (asked.status !== 'supported' && asked.isRefused !== true) return asked;
  const answer = await requestCompletion(server, body);
  const plain = judgeResponse(answer, judgeCalls);
  if (asked.isRefused === true) {
    const detail = `${plain.detail}; parallel_tool_calls: ${asked.detail}`;
    return readCalls(answer).length === 0
      ? plain
      : { ...plain, detail, profile: { omittedFields: ['parallel_tool_calls'] } };
  }
  // Exactly one call shows that the field is needed. No call, or an error, is no evidence.
  if (readCalls(answer).length !== 1) return asked;
  return { ...asked, detail: `${asked.detail}, if requested`, profile: { defaults: { parallel_tool_calls: true } } };
}

function judgeCalls(answer: ProbeResponse): ProbeEvidence {
  const calls = readCalls(answer);
  const ids = new Set(calls.map(({ id }) => id));
  if (calls.length < 2) return reportUnclear(`${calls.length} call`);
  return ids.size === calls.length
    ? reportSupported(`${calls.length} calls`)
    : reportUnsupported('the calls have the same id');
}

/** A model that never calls a tool gives no evidence. */
function judgeNoCall(answer: ProbeResponse, earlier: FindEarlier): ProbeEvidence {
  if (readCalls(answer).length > 0) return reportUnsupported('the model called a tool');
  return isSupported(earlier, 'tools') ? reportSupported() : reportUnclear('no call, as without tool_choice');
}

/** A refusal is evidence about `null` only if the server accepts the same message with a text. */
async function probeNullContent(server: ProbedServer, earlier: FindEarlier): Promise<ProbeEvidence> {
  const found = await probeToolResult(server, null);
  if (found.status === 'unclear' || earlier('results of tools')?.isRefused === true) return found;
  return { ...found, profile: { nullContent: found.status === 'supported' } };
}

/** The profile uses legacy functions only if the server refuses tools. */
async function probeLegacyFunctions(server: ProbedServer, earlier: FindEarlier): Promise<ProbeEvidence> {
  const found = judgeResponse(
    await requestCompletion(server, { messages: [question], functions: [weather] }),
    (answer) => {
      const { function_call: call } = readMessage(answer);
      return isObject(call) && call['name'] === 'get_weather'
        ? reportSupported()
        : reportUnclear('accepted, but not called');
    },
  );
  const isNeeded = earlier('tools')?.isRefused === true;
  return isNeeded && found.status === 'supported' ? { ...found, profile: { toolForm: 'functions' } } : found;
}

export const toolProbes: readonly Probe[] = [
  createProbe('tools', { messages: [question], tools, tool_choice: 'auto' }, judgeCall),
  createProbe('tool_choice required', { messages: [greeting], tools, tool_choice: 'required' }, judgeCall),
  createProbe(
    'tool_choice function',
    { messages: [greeting], tools: [clock, ...tools], tool_choice: named },
    judgeCall,
  ),
  createProbe('tool_choice none', { messages: [question], tools, tool_choice: 'none' }, judgeNoCall),
  { name: 'parallel calls', run: probeParallelCalls },
  { name: 'results of tools', run: (server) => probeToolResult(server, '') },
  { name: 'null content with calls', run: probeNullContent },
  createProbe('streamed calls', { messages: [question], tools, stream: true }, (answer) =>
    checkTruncation(answer, judgeStreamedCall(answer)),
  ),
  createProbe('strict tools', { messages: [question], tools: [strictWeather] }, judgeCall),
  { name: 'legacy functions', run: probeLegacyFunctions },
];

function judgeStreamedCall(answer: ProbeResponse): ProbeEvidence {
  const pieces = readDeltas(answer).flatMap(({ tool_calls: calls }) =>
    Array.isArray(calls) ? calls.filter(isObject) : [],
  );
  if (pieces.length === 0) return reportUnclear('no call');
  const held = pieces.map(({ function: called }) => (isObject(called) ? called : {}));
  const text = held.map((called) => (typeof called['arguments'] === 'string' ? called['arguments'] : '')).join('');
  if (!isObject(readJson(text))) return reportUnsupported(`arguments that are not JSON: ${sliceStart(text, 80)}`);
  return reportSupported(pieces.every(({ index }) => index === 0) ? 'yes' : 'with indexes other than 0');
}
