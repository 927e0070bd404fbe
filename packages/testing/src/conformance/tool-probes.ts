import { isObject, readJson } from '../base/json.ts';
import { sliceStart } from '../base/slice-start.ts';
import { type Answer, ask, callsOf, deltasOf, messageOf, type Server, textOf } from './ask.ts';
import {
  type Earlier,
  type Found,
  isSupported,
  oneRequest,
  type Probe,
  supported,
  taken,
  unclear,
  unlessCut,
  unsupported,
} from './probe.ts';
import { answeredQuestion, firstCallId, judgeCall, question, tools, weather } from './weather-tool.ts';

/** Nothing here asks for the tool that a choice forces: a model that calls it was made to. */
const greeting = { role: 'user', content: 'Say hello.' } as const;
const clock = {
  type: 'function',
  function: { ...weather, name: 'get_time', description: 'Tells the time of a city.' },
};
const strictWeather = { type: 'function', function: { ...weather, strict: true } };

const named = { type: 'function', function: { name: 'get_weather' } } as const;

/** Whether the model can answer a question and its tools; the call's result goes back to it. */
async function roundTrip(server: Server, content: null | ''): Promise<Found> {
  const id = firstCallId(await ask(server, { messages: [question], tools }));
  const messages = answeredQuestion(id, content);
  return taken(await ask(server, { messages, tools }), (answer) =>
    textOf(answer) === '' ? unclear('taken, and answered without text') : supported(),
  );
}

/** Calls at once, first where they are asked for by the field, then without it. */
async function parallelCalls(server: Server): Promise<Found> {
  const content = 'What is the weather in Oslo and in Rome? Call get_weather for both at once.';
  const body = { messages: [{ role: 'user', content }], tools };
  const asked = taken(await ask(server, { ...body, parallel_tool_calls: true }), judgeCalls);
  if (asked.status !== 'supported' && asked.isRefused !== true) return asked;
  const answer = await ask(server, body);
  const plain = taken(answer, judgeCalls);
  if (asked.isRefused === true) {
    const detail = `${plain.detail}; parallel_tool_calls: ${asked.detail}`;
    return callsOf(answer).length === 0
      ? plain
      : { ...plain, detail, profile: { omittedFields: ['parallel_tool_calls'] } };
  }
  // One call is an answer, too; none, or an error, shows nothing.
  if (callsOf(answer).length !== 1) return asked;
  return { ...asked, detail: `${asked.detail}, if asked for`, profile: { defaults: { parallel_tool_calls: true } } };
}

function judgeCalls(answer: Answer): Found {
  const calls = callsOf(answer);
  const ids = new Set(calls.map(({ id }) => id));
  if (calls.length < 2) return unclear(`${calls.length} call`);
  return ids.size === calls.length ? supported(`${calls.length} calls`) : unsupported('their ids are the same');
}

/** A model that never calls shows nothing by not calling. */
function judgeNoCall(answer: Answer, earlier: Earlier): Found {
  if (callsOf(answer).length > 0) return unsupported('it called a tool all the same');
  return isSupported(earlier, 'tools') ? supported() : unclear('no call, as without a choice');
}

/** A refusal says something of `null` only where the same with a text is taken. */
async function nullContent(server: Server, earlier: Earlier): Promise<Found> {
  const found = await roundTrip(server, null);
  if (found.status === 'unclear' || earlier('results of tools')?.isRefused === true) return found;
  return { ...found, profile: { nullContent: found.status === 'supported' } };
}

/** Legacy functions are a way out only where tools were refused. */
async function legacyFunctions(server: Server, earlier: Earlier): Promise<Found> {
  const found = taken(await ask(server, { messages: [question], functions: [weather] }), (answer) => {
    const { function_call: call } = messageOf(answer);
    return isObject(call) && call['name'] === 'get_weather' ? supported() : unclear('taken, and not called');
  });
  const isNeeded = earlier('tools')?.isRefused === true;
  return isNeeded && found.status === 'supported' ? { ...found, profile: { toolForm: 'functions' } } : found;
}

export const toolProbes: readonly Probe[] = [
  oneRequest('tools', { messages: [question], tools, tool_choice: 'auto' }, judgeCall),
  oneRequest('tool_choice required', { messages: [greeting], tools, tool_choice: 'required' }, judgeCall),
  oneRequest('tool_choice function', { messages: [greeting], tools: [clock, ...tools], tool_choice: named }, judgeCall),
  oneRequest('tool_choice none', { messages: [question], tools, tool_choice: 'none' }, judgeNoCall),
  { name: 'parallel calls', run: parallelCalls },
  { name: 'results of tools', run: (server) => roundTrip(server, '') },
  { name: 'null beside calls', run: nullContent },
  oneRequest('streamed calls', { messages: [question], tools, stream: true }, (answer) =>
    unlessCut(answer, streamedCall(answer)),
  ),
  oneRequest('strict tools', { messages: [question], tools: [strictWeather] }, judgeCall),
  { name: 'legacy functions', run: legacyFunctions },
];

function streamedCall(answer: Answer): Found {
  const pieces = deltasOf(answer).flatMap(({ tool_calls: calls }) =>
    Array.isArray(calls) ? calls.filter(isObject) : [],
  );
  if (pieces.length === 0) return unclear('no call');
  const held = pieces.map(({ function: called }) => (isObject(called) ? called : {}));
  const text = held.map((called) => (typeof called['arguments'] === 'string' ? called['arguments'] : '')).join('');
  if (!isObject(readJson(text))) return unsupported(`arguments that are no JSON: ${sliceStart(text, 80)}`);
  return supported(pieces.every(({ index }) => index === 0) ? 'yes' : 'with other indexes than 0');
}
