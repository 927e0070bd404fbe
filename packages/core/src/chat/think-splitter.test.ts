import { expect, test } from 'vitest';
import { ThinkSplitter } from './think-splitter.ts';

test.each([
  { input: '<think>Hm</think>\n\nHi', reasoning: 'Hm', text: 'Hi' },
  { input: ' \n<think>Hm</think>Hi', reasoning: 'Hm', text: 'Hi' },
  { input: '<think>Hm', reasoning: 'Hm', text: '' },
  { input: '<think>a</b></think', reasoning: 'a</b></think', text: '' },
  { input: '<think></think>', reasoning: '', text: '' },
  { input: '<think>One.</think>\n<think>Two.</think>\nHi', reasoning: 'One.Two.', text: 'Hi' },
  { input: '<think></think><think></think><thin', reasoning: '', text: '<thin' },
  { input: 'Hi <think>Hm</think>', reasoning: '', text: 'Hi <think>Hm</think>' },
  { input: '<thinking>', reasoning: '', text: '<thinking>' },
  { input: '  <thi', reasoning: '', text: '  <thi' },
  { input: `${' '.repeat(65)}<think>`, reasoning: '', text: `${' '.repeat(65)}<think>` },
  { input: '<think>x</think>'.repeat(100), reasoning: 'x'.repeat(100), text: '' },
])('splits $input the same for any cut', ({ input, reasoning, text }) => {
  const pieces = [...Array(input.length + 1).keys()].map((at) => [input.slice(0, at), input.slice(at)]);
  const all = [...pieces, [...input], [input]];
  expect(new Set(all.map((each) => JSON.stringify(split(each))))).toEqual(
    new Set([JSON.stringify({ reasoning, text })]),
  );
});

function split(pieces: readonly string[]): { readonly reasoning: string; readonly text: string } {
  const splitter = new ThinkSplitter();
  const thoughts = [...pieces.map((piece) => splitter.push(piece)), splitter.flush()];
  return {
    reasoning: thoughts.map(({ reasoning }) => reasoning).join(''),
    text: thoughts.map(({ text }) => text).join(''),
  };
}
