import { globMatcher } from './glob.ts';

interface Rule {
  readonly isNegated: boolean;
  readonly isForFolders: boolean;
  readonly matches: (path: string) => boolean;
}

/** The rules of one ignore file, which count from the folder that it is in. */
export interface IgnoreRules {
  /** As the model sees the folder; empty for a root. */
  readonly base: string;
  readonly rules: readonly Rule[];
}

/** More are not read: nobody writes so many, and each costs time with each name. */
const MAX_RULES = 1_000;

/**
 * Reads a `.gitignore` (gitignore(5)). By our own matcher, since what is translated to regular expressions can be made to backtrack for
 * hours by a hostile pattern.
 */
export function ignoreRules(text: string, base: string): IgnoreRules {
  const rules = text.split(/\r?\n/).slice(0, MAX_RULES).flatMap(ruleOf);
  return { base, rules };
}

function ruleOf(line: string): readonly Rule[] {
  if (line.startsWith('#')) return [];
  // Spaces at the end count only where they are escaped.
  const trimmed = line.replace(/(?<!\\)[ \t]+$/, '');
  const isNegated = trimmed.startsWith('!');
  const written = isNegated ? trimmed.slice(1) : trimmed;
  const isForFolders = written.endsWith('/');
  const pattern = isForFolders ? written.slice(0, -1) : written;
  if (pattern === '' || pattern === '/' || pattern.length > MAX_LENGTH) return [];
  // Braces mean nothing here; a slash within anchors the pattern, one in front does nothing else.
  const matches = globMatcher([pattern.replaceAll(/(?<!\\)[{}]/g, '\\$&')]);
  return [{ isNegated, isForFolders, matches }];
}

const MAX_LENGTH = 1_000;

/** Whether the last rule that fits says so: of the deepest file first, as git does. */
export function isIgnored(
  { shown, isFolder }: { readonly shown: string; readonly isFolder: boolean },
  chain: readonly IgnoreRules[],
): boolean {
  for (const { base, rules } of chain.toReversed()) {
    const path = base === '' ? shown : shown.slice(base.length + 1);
    const last = rules.findLast((rule) => (isFolder || !rule.isForFolders) && rule.matches(path));
    if (last !== undefined) return !last.isNegated;
  }
  return false;
}
