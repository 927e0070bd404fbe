import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chart } from './compare/chart.ts';
import { comparison, origin } from './compare/report.ts';
import type { Result } from './compare/result.ts';
import { type MatrixOf, matrix } from './faults/matrix.ts';
import { type Scale, scaleReport } from './scale/report.ts';

const root = join(import.meta.dirname, '..');
const COMPARISON = 'bench/results/compare.json';
const SCALE = 'bench/results/scale.json';
const FAULTS = 'bench/faults/results.json';

export function keepComparison(result: Result): void {
  write(COMPARISON, json(result));
  writeGenerated();
}

export function keepScale(scale: Scale): void {
  write(SCALE, json(scale));
  writeGenerated();
}

export function keepFaults(result: object): void {
  write(FAULTS, `${JSON.stringify(result, null, 2)}\n`);
  writeGenerated();
}

/** By path: the generated files and pages. A page shows nothing for what was not measured yet. */
export function generated(): ReadonlyMap<string, string> {
  // JSON has no NaN: what was not measured is null there.
  const result = kept<Result>(COMPARISON, (_, value) => value ?? Number.NaN);
  const scale = kept<Scale>(SCALE);
  const faults = kept<MatrixOf>(FAULTS);
  const shown = {
    ...(faults && { faults: matrix(faults) }),
    ...(result && { chart: `![${ALTERNATIVE}](../bench/results/compare.svg)\n\n${origin(result)}` }),
    ...(result && { comparison: comparison(result) }),
    ...(scale && { scale: scaleReport(scale) }),
  };
  const files: readonly (readonly [string, string | undefined])[] = [
    ['bench/results/compare.md', shown.comparison],
    ['bench/results/compare.svg', result && chart(result)],
    ['bench/results/scale.md', shown.scale],
    ...['docs/faults.md', 'docs/performance.md'].map((path) => [path, filled(read(path), shown)] as const),
  ];
  return new Map(files.flatMap(([path, text]) => (text === undefined ? [] : [[path, text]])));
}

const ALTERNATIVE = 'What Pawl costs, beside loops written by hand and other frameworks';

function kept<T>(path: string, reviver?: (key: string, value: unknown) => unknown): T | undefined {
  return existsSync(join(root, path)) ? JSON.parse(read(path), reviver) : undefined;
}

/** Puts each text between the comments with its name, which the page has where it is to be shown. */
function filled(page: string, texts: Readonly<Record<string, string>>): string {
  // biome-ignore lint/complexity/useMaxParams: these are what `replace` passes
  return page.replace(/(<!-- result: (\S+) -->\n)[\s\S]*?(<!-- end -->)/g, (_, start, name, end) => {
    const text = texts[name];
    return text === undefined ? `${start}\n${end}` : `${start}\n${text.trim()}\n\n${end}`;
  });
}

function writeGenerated(): void {
  for (const [path, text] of generated()) write(path, text);
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}
