import { sliceStart } from '../compare/slice-start.ts';
import { isObject, readJson } from '../stand-in/json.ts';
import { ask, textOf } from './ask.ts';
import { type Probe, supported, taken, unsupported } from './probe.ts';

const messages = [
  { role: 'user', content: 'Which city has the Colosseum? Answer as JSON with the field "city".' },
] as const;
const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const;

export const outputProbes: readonly Probe[] = [
  {
    name: 'json_schema',
    run: async (server) => {
      const format = { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } };
      return taken(await ask(server, { messages, response_format: format }), (answer) => {
        const value = readJson(textOf(answer));
        const fits = isObject(value) && typeof value['city'] === 'string' && Object.keys(value).length === 1;
        return fits ? supported() : unsupported(`not in its form: ${sliceStart(textOf(answer), 80)}`);
      });
    },
  },
  {
    name: 'json_object',
    run: async (server) =>
      taken(await ask(server, { messages, response_format: { type: 'json_object' } }), (answer) =>
        isObject(readJson(textOf(answer))) ? supported() : unsupported(`no JSON: ${sliceStart(textOf(answer), 80)}`),
      ),
  },
];
