import { expect, test } from 'vitest';
import { ThinkSplitter } from './think-splitter.ts';

test.each([
  { given: '<think>Hm</think>\n\nHi', reasoning: 'Hm', text: 'Hi' },
  { given: ' \n<think>Hm</think>Hi', reasoning: 'Hm', text: 'Hi' },
  { given: '<think>Hm', reasoning: 'Hm', text: '' },
  { given: '<think>a</b></think', reasoning: 'a</b></think', text: '' },
  { given: '<think></think>', reasoning: '', text: '' },
  { given: '<think>One.</think>\n<think>Two.</think>\nHi', reasoning: 'One.Two.', text: 'Hi' },
  { given: '<think></think><think></think><thin', reasoning: '', text: '<thin' },
  { given: 'Hi <think>Hm</think>', reasoning: '', text: 'Hi <think>Hm</think>' },
  { given: '<thinking>', reasoning: '', text: '<thinking>' },
  { given: '  <thi', reasoning: '', text: '  <thi' },
  { given: `${' '.repeat(65)}<think>`, reasoning: '', text: `${' '.repeat(65)}<think>` },
  { given: '<think>x</think>'.repeat(100), reasoning: 'x'.repeat(100), text: '' },
])('a text that reads $given is split the same wherever it is cut', ({ given, reasoning, text }) => {
  const pieces = [...Array(given.length + 1).keys()].map((at) => [given.slice(0, at), given.slice(at)]);
  const all = [...pieces, [...given], [given]];
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
