// Writes the programs that tools of @pawl/tools start in child processes, as texts: a bundle has no other files.
//   node scripts/child-texts.ts      test/package/child-texts.test.ts fails if a text is out of date
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { rolldown } from 'rolldown';

const sources = join(import.meta.dirname, '..', 'packages', 'tools', 'src');

/** The programs, and the export names of their texts. */
const CHILDREN = {
  'run-javascript/javascript-child.ts': 'JAVASCRIPT_CHILD',
  'sql-query/sqlite-child.ts': 'SQLITE_CHILD',
} as const;

export interface ChildText {
  readonly path: string;
  readonly content: string;
}

/** Builds the files. */
export function buildChildTexts(): Promise<readonly ChildText[]> {
  return Promise.all(
    Object.entries(CHILDREN).map(async ([path, name]) => {
      const source = join(sources, path);
      const { text } = await joinModules(source, { format: 'esm', isMinified: false });
      const file = basename(path);
      const content = `// Written by scripts/child-texts.ts from ${file}: run that after each change of it, or of what it imports.\nexport const ${name}: string = \`${escapeTemplate(text)}\`;\n`;
      return { path: source.replace(/\.ts$/, '-text.ts'), content };
    }),
  );
}

export interface JoinResult {
  readonly text: string;
  /** The source files of the text. */
  readonly files: readonly string[];
}

/** Joins a program with everything that it imports, except Node's modules, into one text. */
export async function joinModules(
  source: string,
  { format, isMinified }: { readonly format: 'esm' | 'cjs'; readonly isMinified: boolean },
): Promise<JoinResult> {
  const bundle = await rolldown({ input: source, platform: 'node' });
  const { output } = await bundle.generate({ format, comments: false, minify: isMinified });
  await bundle.close();
  const [chunk, ...others] = output;
  if (others.length > 0) throw new Error(`${source} was bundled into ${output.length} files, and must be one.`);
  const files = Object.entries(chunk.modules).flatMap(([file, { renderedLength }]) =>
    renderedLength > 0 ? [file] : [],
  );
  return { text: chunk.code.replaceAll(/^\/\/.*\n/gm, ''), files };
}

function escapeTemplate(text: string): string {
  return text.replaceAll(/[\\`]|\$\{/g, '\\$&');
}

if (import.meta.main) for (const { path, content } of await buildChildTexts()) writeFileSync(path, content);
