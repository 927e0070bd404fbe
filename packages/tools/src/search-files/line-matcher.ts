import { ToolError } from '@pawl/core';
import { RE2JS, RE2JSException } from 're2js';

export interface Wanted {
  readonly pattern: string;
  readonly kind: 'text' | 'regex';
  readonly letterCase: 'sensitive' | 'insensitive';
}

/**
 * Says whether a line has it. Regular expressions are RE2's, which take time in proportion to the line whatever they are.
 *
 * @throws ToolError for a pattern that is none, naming what RE2 does not have.
 */
export function lineMatcher({ pattern, kind, letterCase }: Wanted): (line: string) => boolean {
  if (kind === 'text') {
    if (letterCase === 'sensitive') return (line) => line.includes(pattern);
    const wanted = pattern.toLowerCase();
    return (line) => line.toLowerCase().includes(wanted);
  }
  const compiled = compile(pattern, letterCase === 'insensitive' ? RE2JS.CASE_INSENSITIVE : 0);
  return (line) => compiled.test(line);
}

function compile(pattern: string, flags: number): RE2JS {
  try {
    return RE2JS.compile(pattern, flags);
  } catch (error) {
    const why = error instanceof RE2JSException ? error.message : 'it can not be read';
    throw new ToolError(
      `The pattern is no regular expression that can be searched for: ${why}. There are no look-arounds and no back-references (RE2). Search for a simpler one, or pass kind: "text".`,
    );
  }
}
