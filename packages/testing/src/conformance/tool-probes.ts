import { sliceStart } from '../compare/slice-start.ts';
import { isObject, readJson } from '../stand-in/json.ts';
import { type Answer, ask, type Call, callsOf, deltasOf, messageOf, type Server, textOf } from './ask.ts';
import { type Found, type Probe, supported, taken, unclear, unsupported } from './probe.ts';

const parameters = {
  type: 'object',
  properties: { city: { type: 'string', description: 'The name of the city.' } },
  required: ['city'],
  additionalProperties: false,
} as const;
const weather = { name: 'get_weather', description: 'Tells the weather of a city.', parameters } as const;
const tools = [{ type: 'function', function: weather }] as const;
const question = { role: 'user', content: 'What is the weather in Oslo? Call get_weather.' } as const;

function judgeCall([call]: readonly Call[], text: string): Found {
  if (call === undefined) return unclear(`no call; it said: ${sliceStart(text, 80)}`);
  const given = typeof call.arguments === 'string' ? readJson(call.arguments) : undefined;
  if (call.name !== 'get_weather') return unsupported(`a call of ${JSON.stringify(call.name)}`);
  if (!isObject(given)) return unsupported(`arguments that are no JSON text: ${JSON.stringify(call.arguments)}`);
  return supported(typeof call.id === 'string' && call.id !== '' ? 'yes' : 'without an id');
}

function forced(choice: unknown): Probe['run'] {
  return async (server) =>
    taken(await ask(server, { messages: [question], tools, tool_choice: choice }), (answer) =>
      judgeCall(callsOf(answer), textOf(answer)),
    );
}

/** The model's call, and the result that goes back to it. */
async function roundTrip(server: Server, content: null | ''): Promise<Found> {
  const asked = await ask(server, { messages: [question], tools });
  const [call] = callsOf(asked);
  const id = typeof call?.id === 'string' ? call.id : 'call_1';
  const made = { id, type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } };
  const messages = [
    question,
    { role: 'assistant', content, tool_calls: [made] },
    { role: 'tool', tool_call_id: id, content: '{"temperature":4,"sky":"rain"}' },
  ];
  return taken(await ask(server, { messages, tools }), (answer) =>
    textOf(answer) === '' ? unclear('taken, and answered without text') : supported(),
  );
}

export const toolProbes: readonly Probe[] = [
  {
    name: 'tools',
    run: forced('auto'),
    profile: ({ status }) => (status === 'unsupported' ? { toolForm: 'functions' } : {}),
  },
  { name: 'tool_choice required', run: forced('required') },
  { name: 'tool_choice function', run: forced({ type: 'function', function: { name: 'get_weather' } }) },
  {
    name: 'tool_choice none',
    run: async (server) =>
      taken(await ask(server, { messages: [question], tools, tool_choice: 'none' }), (answer) =>
        callsOf(answer).length > 0 ? unsupported('it called a tool all the same') : supported(),
      ),
  },
  {
    name: 'parallel calls',
    run: async (server) => {
      const both = {
        role: 'user',
        content: 'What is the weather in Oslo and in Rome? Call get_weather for both at once.',
      };
      return taken(await ask(server, { messages: [both], tools }), (answer) => {
        const calls = callsOf(answer);
        const ids = new Set(calls.map(({ id }) => id));
        if (calls.length < 2) return unclear(`${calls.length} call`);
        return ids.size === calls.length ? supported(`${calls.length} calls`) : unsupported('their ids are the same');
      });
    },
  },
  { name: 'results of tools', run: (server) => roundTrip(server, '') },
  {
    name: 'null beside calls',
    run: (server) => roundTrip(server, null),
    profile: ({ status }) => ({ nullContent: status !== 'unsupported' }),
  },
  {
    name: 'streamed calls',
    run: async (server) =>
      taken(await ask(server, { messages: [question], tools, stream: true }), (answer) => streamedCall(answer)),
  },
  {
    name: 'strict tools',
    run: async (server) => {
      const strict = [{ type: 'function', function: { ...weather, strict: true } }];
      return taken(await ask(server, { messages: [question], tools: strict }), (answer) =>
        judgeCall(callsOf(answer), textOf(answer)),
      );
    },
    profile: ({ status }) => ({ strictSchemas: status !== 'unsupported' }),
  },
  {
    name: 'legacy functions',
    run: async (server) =>
      taken(await ask(server, { messages: [question], functions: [weather] }), (answer) => {
        const { function_call: call } = messageOf(answer);
        return isObject(call) && call['name'] === 'get_weather' ? supported() : unclear('taken, and not called');
      }),
  },
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
