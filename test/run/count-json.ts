// Counts what is made into JSON, and what of it into bytes, in a run of many turns:
//   node count-json.ts <base URL> <turns> <streamed|whole>
// A process of its own, so that nothing but the run writes JSON.
import { Socket } from 'node:net';
import { Agent, openai, tool } from '@pawl/core';
import { z } from 'zod';

const [, , baseURL = '', turns = '', how = ''] = process.argv;
const names: string[] = [];
/** Up to each turn's tool call. */
const byTurn: { readonly written: number; readonly encoded: number }[] = [];
let written = 0;
let encoded = 0;

const tools = ['add', 'subtract', 'multiply'].map((name) =>
  tool({
    name,
    description: `Does what it is called: ${name}.`,
    input: z.object({ turn: z.number().describe('Which turn it is.') }),
    effect: 'read',
    execute: ({ turn }) => {
      byTurn.push({ written, encoded });
      return `It is turn ${turn}.`;
    },
  }),
);
const model = openai('any', { baseURL, apiKey: 'key' });
const agent = new Agent({ model, instructions: 'Count.', tools, limits: { turns: Number(turns) + 1 } });

const { stringify } = JSON;
const stringifyCounted = (...args: Parameters<typeof stringify>): string => {
  const text: string = stringify(...args);
  names.push(...findNames(args[0]));
  written += String(text).length;
  return text;
};
JSON.stringify = stringifyCounted as typeof stringify; // It has two signatures.

const { encode, encodeInto } = TextEncoder.prototype;
TextEncoder.prototype.encode = function (text = '') {
  encoded += text.length;
  return encode.call(this, text);
};
TextEncoder.prototype.encodeInto = function (...args) {
  const result = encodeInto.apply(this, args);
  encoded += result.read;
  return result;
};
// A body that goes out as text is encoded there.
const { write } = Socket.prototype;
Socket.prototype.write = function (...args: readonly unknown[]) {
  if (typeof args[0] === 'string' && args[1] !== 'latin1') encoded += args[0].length; // A head is Latin-1.
  return Reflect.apply(write, this, args);
};

const { output } = await agent.run('Go.', { stream: how === 'streamed' });
console.log(stringify({ output, names: names.sort(), byTurn }));

/** A message as `tool call_7`, a tool as `add`: whatever of them is in a value, however deep. */
function findNames(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { role, tool_calls, tool_call_id, function: called } = value as Sent; // If it is one.
  if (role !== undefined) return [[role, tool_call_id ?? tool_calls?.[0]?.id].join(' ').trim()];
  if (called?.parameters !== undefined) return [called.name];
  return Object.values(value).flatMap(findNames);
}

interface Sent {
  readonly role?: string;
  readonly tool_calls?: readonly { readonly id: string }[];
  readonly tool_call_id?: string;
  readonly function?: { readonly name: string; readonly parameters?: object };
}
