import { compileGlobs } from './glob.ts';

interface IgnoreRule {
  readonly isNegated: boolean;
  readonly isForFolders: boolean;
  readonly matches: (path: string) => boolean;
}

/** The rules of one ignore file, which count from the folder that it is in. */
export interface IgnoreRules {
  /** As the model sees the folder; empty for a root. */
  readonly base: string;
  readonly rules: readonly IgnoreRule[];
}

/** More are not read: nobody writes so many, and each costs time with each name. */
const MAX_RULES = 1_000;

/**
 * Reads a `.gitignore` (gitignore(5)). By our own matcher, since what is translated to regular expressions can be made to backtrack for
 * hours by a hostile pattern.
 */
export function parseIgnoreRules(text: string, base: string): IgnoreRules {
  const rules = text.split(/\r?\n/).slice(0, MAX_RULES).flatMap(parseRule);
  return { base, rules };
}

function parseRule(line: string): readonly IgnoreRule[] {
  if (line.startsWith('#')) return [];
  // Spaces at the end count only where they are escaped.
  const trimmed = line.replace(/(?<!\\)[ \t]+$/, '');
  const isNegated = trimmed.startsWith('!');
  const body = isNegated ? trimmed.slice(1) : trimmed;
  const isForFolders = body.endsWith('/');
  const pattern = isForFolders ? body.slice(0, -1) : body;
  if (pattern === '' || pattern === '/' || pattern.length > MAX_LENGTH) return [];
  // Braces mean nothing here; a slash within anchors the pattern, one in front does nothing else.
  const matches = compileGlobs([pattern.replaceAll(/(?<!\\)[{}]/g, '\\$&')]);
  return [{ isNegated, isForFolders, matches }];
}

const MAX_LENGTH = 1_000;

/** Whether the last rule that fits says so: of the deepest file first, as git does. */
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
