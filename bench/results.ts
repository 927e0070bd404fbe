import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { drawChart } from './compare/chart.ts';
import { formatComparison, formatOrigin } from './compare/report.ts';
import type { ComparisonResult } from './compare/result.ts';
import { formatMatrix, type MatrixTable } from './faults/matrix.ts';
import { formatScale, type ScaleResult } from './scale/report.ts';

const root = join(import.meta.dirname, '..');
const COMPARISON = 'bench/results/compare.json';
const SCALE = 'bench/results/scale.json';
const FAULTS = 'bench/faults/results.json';
const MCP_FAULTS = 'bench/faults/mcp/results.json';

export function keepComparison(result: ComparisonResult): void {
  write(COMPARISON, formatJson(result));
  writeGenerated();
}

export function keepScale(scale: ScaleResult): void {
  write(SCALE, formatJson(scale));
  writeGenerated();
}

export function keepFaults(path: string, result: object): void {
  write(path, `${JSON.stringify(result, null, 2)}\n`);
  writeGenerated();
}

/** Generates the result files and the pages that show them, by path. Results that do not exist yet are left out. */
export function generatePages(): ReadonlyMap<string, string> {
  // JSON has no NaN: a value that was not measured is null there.
  const result = readResult<ComparisonResult>(COMPARISON, (_, value) => value ?? Number.NaN);
  const scale = readResult<ScaleResult>(SCALE);
  const faults = readResult<MatrixTable>(FAULTS);
  const mcpFaults = readResult<MatrixTable>(MCP_FAULTS);
  const shown = {
    ...(faults && { faults: formatMatrix(faults) }),
    ...(mcpFaults && { 'mcp-faults': formatMatrix(mcpFaults) }),
    ...(result && { chart: `![${ALTERNATIVE}](../bench/results/compare.svg)\n\n${formatOrigin(result)}` }),
    ...(result && { comparison: formatComparison(result) }),
    ...(scale && { scale: formatScale(scale) }),
  };
  const files: readonly (readonly [string, string | undefined])[] = [
    ['bench/results/compare.md', shown.comparison],
    ['bench/results/compare.svg', result && drawChart(result)],
    ['bench/results/scale.md', shown.scale],
    ...['docs/faults.md', 'docs/performance.md'].map((path) => [path, fillPage(read(path), shown)] as const),
  ];
  return new Map(files.flatMap(([path, text]) => (text === undefined ? [] : [[path, text]])));
}

const ALTERNATIVE = 'What Pawl costs, beside loops written by hand and other frameworks';

function readResult<T>(path: string, reviver?: (key: string, value: unknown) => unknown): T | undefined {
  return existsSync(join(root, path)) ? JSON.parse(read(path), reviver) : undefined;
}

/** Inserts each text between the comments with its name. */
function fillPage(page: string, texts: Readonly<Record<string, string>>): string {
  // biome-ignore lint/complexity/useMaxParams: these are what `replace` passes
  return page.replace(/(<!-- result: (\S+) -->\n)[\s\S]*?(<!-- end -->)/g, (_, start, name, end) => {
    const text = texts[name];
    return text === undefined ? `${start}\n${end}` : `${start}\n${text.trim()}\n\n${end}`;
  });
}

function writeGenerated(): void {
  for (const [path, text] of generatePages()) write(path, text);
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function formatJson(value: object): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}
