import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { copyWorkspace } from './copy-workspace.ts';

export interface Sample {
  readonly percent: number;
  readonly seed: number;
}

export interface MutationRun {
  /** Globs, or `file:line-line`. */
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
  readonly concurrency: number;
  /** Added to the time that the tests of a mutant take without it. */
  readonly timeoutMs: number;
  /** So many per cent of the mutants, chosen by the seed. */
  readonly sample?: Sample;
  /** Keeps results here: a mutant is tried again only if its file or its tests changed. */
  readonly resultsFile?: string;
}

/** One mutant of Stryker's report. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  /** The source line on which it begins, without indentation. */
  readonly code: string;
  readonly mutator: string;
  readonly original: string;
  readonly replacement: string;
  readonly status: 'Killed' | 'Survived' | 'Timeout' | 'NoCoverage' | 'Ignored' | 'RuntimeError' | 'CompileError';
}

const root = join(import.meta.dirname, '..');
const modules = join(import.meta.dirname, 'node_modules');
const REPORT = 'mutation-report.json';

/** For `MutationRun.timeoutMs`. */
export const TIMEOUT_MS = 12_000;

/** Longest text of code that is kept of one mutant. */
const MAX_CODE_LENGTH = 160;

/** Runs Stryker in a copy of the workspace, and returns every mutant. */
export function runStryker(run: MutationRun): readonly Mutant[] {
  const copy = copyWorkspace(root);
  try {
    writeFileSync(join(copy, 'stryker.config.json'), JSON.stringify(createConfig(run, copy)));
    if (run.resultsFile !== undefined) mkdirSync(dirname(run.resultsFile), { recursive: true });
    const { status, error } = spawnSync(
      process.execPath,
      [join(modules, '@stryker-mutator', 'core', 'bin', 'stryker.js'), 'run'],
      { cwd: copy, env: { ...process.env, ...createSettings(run) }, stdio: 'inherit' },
    );
    const report = join(copy, REPORT);
    if (status !== 0 || !existsSync(report)) throw new Error(`Stryker ended with ${status}.`, { cause: error });
    return readReport(readFileSync(report, 'utf8'));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** What vitest.config.ts and plugins.ts read. */
function createSettings({ tests, sample }: MutationRun): Readonly<Record<string, string>> {
  const settings = { MUTATION_TESTS: JSON.stringify(tests) };
  return sample === undefined ? settings : { ...settings, MUTATION_SAMPLE: JSON.stringify(sample) };
}

function createConfig(
  { mutate, concurrency, timeoutMs, sample, resultsFile }: MutationRun,
  copy: string,
): Readonly<Record<string, unknown>> {
  return {
    mutate,
    concurrency,
    testRunner: 'vitest',
    vitest: { configFile: 'mutation/vitest.config.ts', related: false },
    plugins: [
      join(modules, '@stryker-mutator', 'vitest-runner', 'dist', 'src', 'index.js'),
      join(copy, 'mutation', 'plugins.ts'),
    ],
    ignorers: ['texts'],
    checkers: sample === undefined ? [] : ['sample'],
    coverageAnalysis: 'perTest',
    inPlace: true, // In the copy. Stryker's own copies link our packages to the originals, which are not mutated.
    tsconfigFile: 'none', // Stryker would read it through an API that TypeScript 7 does not have.
    disableTypeChecks: false,
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: REPORT },
    timeoutMS: timeoutMs,
    timeoutFactor: 5, // A busy machine takes several times as long, and a mutant that runs every test has a long time to begin with.
    dryRunTimeoutMinutes: 15,
    allowEmpty: true,
    ...(resultsFile === undefined ? {} : { incremental: true, incrementalFile: resultsFile }),
  };
}

/** Takes the mutants that timed out out of kept results, so that the next run tries them again: a busy machine may have been the reason. */
export function forgetTimeouts(resultsFile: string): void {
  if (!existsSync(resultsFile)) return;
  const results: KeptResults = JSON.parse(readFileSync(resultsFile, 'utf8'));
  const files = Object.entries(results.files).map(([name, file]) => [
    name,
    { ...file, mutants: file.mutants.filter(({ status }) => status !== 'Timeout') },
  ]);
  writeFileSync(resultsFile, JSON.stringify({ ...results, files: Object.fromEntries(files) }));
}

interface KeptResults {
  readonly files: Readonly<Record<string, ReportedFile>>;
}

interface Position {
  readonly line: number;
  readonly column: number;
}

interface ReportedMutant extends Pick<Mutant, 'replacement' | 'status'> {
  readonly mutatorName: string;
  readonly location: { readonly start: Position; readonly end: Position };
}

interface ReportedFile {
  readonly source: string;
  readonly mutants: readonly ReportedMutant[];
}

export function readReport(json: string): readonly Mutant[] {
  const { files }: KeptResults = JSON.parse(json);
  return Object.entries(files)
    .flatMap(([file, { source, mutants }]) => mutants.map((mutant) => readMutant(file, source, mutant)))
    .toSorted((one, other) => formatKey(one).localeCompare(formatKey(other)));
}

function readMutant(file: string, source: string, reported: ReportedMutant): Mutant {
  const lines = source.split('\n');
  const { start, end } = reported.location;
  const inside = lines.slice(start.line - 1, end.line);
  const [first = ''] = inside;
  const cut = inside.map((line, index) => (index === inside.length - 1 ? line.slice(0, end.column - 1) : line));
  return {
    file,
    line: start.line,
    code: joinLines(first),
    mutator: reported.mutatorName,
    original: joinLines([(cut[0] ?? '').slice(start.column - 1), ...cut.slice(1)].join('\n')),
    replacement: joinLines(reported.replacement),
    status: reported.status,
  };
}

function formatKey({ file, line, mutator, replacement }: Mutant): string {
  return `${file} ${String(line).padStart(5)} ${mutator} ${replacement}`;
}

function joinLines(code: string): string {
  const line = code.trim().replaceAll(/\s+/g, ' ');
  return line.length <= MAX_CODE_LENGTH ? line : `${line.slice(0, MAX_CODE_LENGTH)}…`;
}
