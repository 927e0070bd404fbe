import { ToolError } from '@pawl/core';
import { RE2JS, RE2JSException } from 're2js';

export interface SearchPattern {
  readonly pattern: string;
  readonly kind: 'text' | 'regex';
  readonly letterCase: 'sensitive' | 'insensitive';
}

/**
 * Says whether a line has it. Regular expressions are RE2's, which take time in proportion to the line whatever they are.
 *
 * @throws ToolError for a pattern that is none, naming what RE2 does not have.
 */
export function createLineMatcher({ pattern, kind, letterCase }: SearchPattern): (line: string) => boolean {
  if (kind === 'text') {
    if (letterCase === 'sensitive') return (line) => line.includes(pattern);
    const wanted = pattern.toLowerCase();
    return (line) => line.toLowerCase().includes(wanted);
  }
  const compiled = compile(pattern, letterCase === 'insensitive' ? RE2JS.CASE_INSENSITIVE : 0);
  return (line) => compiled.test(line);
}

function compile(pattern: string, flags: number): RE2JS {
  // By the words, before it takes the memory.
  const counts = [...pattern.matchAll(/(?<!\\)\{(\d{1,9})(?:,(\d{0,9}))?\}/g)];
  const total = counts.reduce((sum, [, least = '', most = '']) => sum + Math.max(Number(least), Number(most)), 0);
  if (total > MAX_PROGRAM_SIZE) throw createTooLargeError();
  try {
    const compiled = RE2JS.compile(pattern, flags);
    if (compiled.programSize() <= MAX_PROGRAM_SIZE) return compiled;
  } catch (error) {
    const why = error instanceof RE2JSException ? error.message : 'it can not be read';
    throw new ToolError(
      `The pattern is no regular expression that can be searched for: ${why}. There are no look-arounds and no back-references (RE2). Search for a simpler one, or pass kind: "text".`,
    );
  }
  throw createTooLargeError();
}

function createTooLargeError(): ToolError {
  return new ToolError('The pattern is too large: its counts, such as {1000}, multiply. Search for a simpler one.');
}

/** Each sign of a line may take so many steps. A count of {1000} is as many. */
const MAX_PROGRAM_SIZE = 2_000;
