import { execFile } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Excerpt, MARK, type Page, type Program, readPage, type ShownBlock } from './read-page.ts';

const root = join(import.meta.dirname, '..', '..');
const bin = join(root, 'node_modules', '.bin');

/** Lists the pages whose code is checked: READMEs and pages below `docs`, except generated ones. */
export function listPages(): readonly string[] {
  const exclude = ['**/node_modules', '**/dist', '**/.*', 'docs/api'];
  return globSync(['README.md', 'docs/**/*.md', 'packages/**/README.md'], { cwd: root, exclude }).sort();
}

export function readPageCode(page: string): Page {
  return readPage(page, readFileSync(join(root, page), 'utf8'));
}

/** Whether the lines are in the named file, apart from their indentation. */
export function isExcerpt({ code, file }: Excerpt): boolean {
  return removeIndentation(readFileSync(join(root, file), 'utf8')).includes(removeIndentation(code));
}

function removeIndentation(code: string): string {
  return code.replaceAll(/^\s+/gm, '');
}

/**
 * Checks programs, and returns the problems: compiler errors, failures, and output that differs from the page. Each problem names the page and
 * the line. `at` is a folder whose packages the programs may import; the programs are written below it meanwhile.
 */
export async function checkPrograms(programs: readonly Program[], at: string): Promise<readonly string[]> {
  const folder = mkdtempSync(join(root, at, '.blocks-'));
  try {
    const written = new Map(programs.map((program) => [write(program, folder), program]));
    const listPaths = (type: Program['use']['type'][]): string[] =>
      [...written].filter(([, { use }]) => type.includes(use.type)).map(([path]) => path);
    const [compiled, run, tested] = await Promise.all([
      compile(folder),
      listPaths(['run', 'peer']).length === 0
        ? ''
        : readOutput(process.execPath, [ourProcess, ...listPaths(['run', 'peer'])]),
      listPaths(['test']).length === 0 ? '' : test(folder),
    ]);
    const ran = parseRuns(run);
    const wrong = listPaths(['run', 'peer']).flatMap((path) => {
      const program = written.get(path);
      return program === undefined ? [] : findProblems(program, ran.get(path));
    });
    return [compiled, tested, ...wrong].filter((line) => line !== '').map((line) => replacePaths(line, folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const ourProcess = join(import.meta.dirname, 'run-process.ts');

function write({ page, line, code, use }: Program, folder: string): string {
  const path = join(folder, `${page}.${line}${use.type === 'test' ? '.test' : ''}.ts`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, code);
  return path;
}

/** Type-checks like the project, but a page may have unused names and read `process.env.NAME`. */
async function compile(folder: string): Promise<string> {
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      noUnusedLocals: false,
      noUnusedParameters: false,
      noPropertyAccessFromIndexSignature: false,
      moduleDetection: 'force',
    },
    include: ['./**/*.ts'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  return (await readOutput(join(bin, 'tsc'), ['-p', folder, '--pretty', 'false'])).trim();
}

async function test(folder: string): Promise<string> {
  writeFileSync(join(folder, 'vitest.config.ts'), 'export default { test: { testTimeout: 240_000 } };\n');
  const text = await readOutput(join(bin, 'vitest'), ['run', '--root', folder, '--reporter=dot']);
  return /^\s*Tests .*failed|^\s*Test Files .*failed|Unhandled/m.test(text) || !/Tests .*passed/.test(text) ? text : '';
}

function readOutput(command: string, args: readonly string[]): Promise<string> {
  const { VITEST: _, NODE_OPTIONS: __, ...env } = process.env;
  return new Promise((resolve) => {
    const options = { cwd: root, env: { ...env, NO_COLOR: '1' }, maxBuffer: 2 ** 26 };
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else resolve(`${stdout}\n${stderr}`.trim() === '' ? error.message : `${stdout}\n${stderr}`);
    });
  });
}

interface ProgramRun {
  /** The output up to the end of each block, by its line. */
  readonly printed: ReadonlyMap<number, string>;
  readonly error: string | undefined;
}

function parseRuns(output: string): ReadonlyMap<string, ProgramRun> {
  const runs = output.split(`${MARK}begin `).slice(1);
  return new Map(runs.map((run) => [run.slice(0, run.indexOf('\n')), parseRun(run.slice(run.indexOf('\n') + 1))]));
}

function parseRun(output: string): ProgramRun {
  const printed = new Map<number, string>();
  const [, error] = new RegExp(`${MARK}failed (.*)`).exec(output) ?? [];
  const ends = output.split(new RegExp(`${MARK}end (\\d+)\\n`));
  for (let index = 1; index < ends.length; index += 2) printed.set(Number(ends[index]), ends[index - 1] ?? '');
  return { printed, error: error === undefined ? undefined : String(JSON.parse(error)) };
}

function findProblems({ page, line, shown }: Program, ran: ProgramRun | undefined): readonly string[] {
  if (ran?.error !== undefined) return [`${page}:${line}: the program fails. ${ran.error}`];
  return shown.flatMap((block) => {
    const printed = ran?.printed.get(block.line);
    if (printed === undefined) return [`${page}:${block.line}: the block did not end.`];
    return isShown(block, printed)
      ? []
      : [`${page}:${block.line}: the block prints\n${printed}and the page shows\n${block.output}`];
  });
}

function isShown({ output: wanted }: ShownBlock, printed: string): boolean {
  if (wanted === undefined) return true;
  const pattern = wanted
    .trimEnd()
    .split('…')
    .map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${pattern}$`).test(printed.trimEnd());
}

/** Replaces the paths of modules with those of their pages. The line numbers are the same. */
function replacePaths(text: string, folder: string): string {
  return text
    .replaceAll(`file://${folder}/`, '')
    .replaceAll(`${folder}/`, '')
    .replaceAll(`${relative(root, folder)}/`, '')
    .replaceAll(/\.md\.\d+(\.test)?\.ts/g, '.md');
}
