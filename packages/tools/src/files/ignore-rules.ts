import { compileGlobs } from './glob.ts';

interface IgnoreRule {
  readonly isNegated: boolean;
  readonly isForFolders: boolean;
  readonly matches: (path: string) => boolean;
}

/** The rules of one ignore file, relative to its folder. */
export interface IgnoreRules {
  /** The folder's display path; empty for a root. */
  readonly base: string;
  readonly rules: readonly IgnoreRule[];
}

/** Further rules are ignored: each rule costs time for each name. */
const MAX_RULES = 1_000;

/**
 * Parses a `.gitignore` (gitignore(5)). Uses our own matcher: a hostile pattern can make a regular expression backtrack for hours.
 */
export function parseIgnoreRules(text: string, base: string): IgnoreRules {
  const rules = text.split(/\r?\n/).slice(0, MAX_RULES).flatMap(parseRule);
  return { base, rules };
}

function parseRule(line: string): readonly IgnoreRule[] {
  if (line.startsWith('#')) return [];
  // Trailing spaces count only if they are escaped.
  const trimmed = line.replace(/(?<!\\)[ \t]+$/, '');
  const isNegated = trimmed.startsWith('!');
  const body = isNegated ? trimmed.slice(1) : trimmed;
  const isForFolders = body.endsWith('/');
  const pattern = isForFolders ? body.slice(0, -1) : body;
  if (pattern === '' || pattern === '/' || pattern.length > MAX_LENGTH) return [];
  // Braces are literal in ignore files. A slash in the middle or in front anchors the pattern to the folder.
  const matches = compileGlobs([pattern.replaceAll(/(?<!\\)[{}]/g, '\\$&')]);
  return [{ isNegated, isForFolders, matches }];
}

const MAX_LENGTH = 1_000;

/** Whether the last matching rule ignores an entry. As in git, the rules of the deepest folder come first. */
export function isIgnored(
  { displayPath, isFolder }: { readonly displayPath: string; readonly isFolder: boolean },
  chain: readonly IgnoreRules[],
): boolean {
  for (const { base, rules } of chain.toReversed()) {
    const path = base === '' ? displayPath : displayPath.slice(base.length + 1);
    const last = rules.findLast((rule) => (isFolder || !rule.isForFolders) && rule.matches(path));
    if (last !== undefined) return !last.isNegated;
  }
  return false;
}
