import { ToolError } from '@pawl/core';
import { RE2JS, RE2JSException } from 're2js';

export interface SearchPattern {
  readonly pattern: string;
  readonly kind: 'text' | 'regex';
  readonly letterCase: 'sensitive' | 'insensitive';
}

/**
 * Creates a function that tests lines. Regular expressions are RE2's, which take time proportional to the length of a line.
 *
 * @throws ToolError if RE2 cannot compile the pattern; the message says what RE2 lacks.
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
  // Checked in the text, because compiling a large pattern needs much memory.
  const counts = [...pattern.matchAll(/(?<!\\)\{(\d{1,9})(?:,(\d{0,9}))?\}/g)];
  const total = counts.reduce((sum, [, least = '', most = '']) => sum + Math.max(Number(least), Number(most)), 0);
  if (total > MAX_PROGRAM_SIZE) throw createTooLargeError();
  try {
    const compiled = RE2JS.compile(pattern, flags);
    if (compiled.programSize() <= MAX_PROGRAM_SIZE) return compiled;
  } catch (error) {
    const reason = error instanceof RE2JSException ? error.message : 'it cannot be parsed';
    throw new ToolError(
      `The pattern is not a supported regular expression: ${reason}. RE2 has no look-arounds and no back-references. Pass a simpler pattern, or kind: "text".`,
    );
  }
  throw createTooLargeError();
}

function createTooLargeError(): ToolError {
  return new ToolError('The pattern is too large: its counts, such as {1000}, multiply. Pass a simpler pattern.');
}

/** The maximum steps for each character of a line. A count of {1000} adds as many. */
const MAX_PROGRAM_SIZE = 2_000;
