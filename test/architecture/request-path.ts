import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A function that a request comes through. */
export interface Step {
  readonly file: string;
  readonly name: string;
}

/** The first time that a request entered a step's function. */
export interface Entry {
  /** Its place in the list. */
  readonly step: number;
  /** The files of core whose functions were on the stack, the inner ones first. */
  readonly files: readonly string[];
}

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'architecture.md');

/** The numbered list below a heading of docs/architecture.md: a file of core, and functions in it. */
export function readSteps(heading: string): readonly Step[] {
  const [, section = ''] = readFileSync(PAGE, 'utf8').split(`\n### ${heading}\n`);
  const [list = ''] = section.split('\n#');
  return [...list.matchAll(/^\d+\. `([\w./-]+\.ts)` ((?:`#?\w+`(?:, )?)+)/gm)].flatMap(([, file = '', names = '']) =>
    [...names.matchAll(/`(#?\w+)`/g)].map(([, name = '']) => ({ file, name })),
  );
}
