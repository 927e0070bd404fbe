/** Maximum number of patterns that braces expand to. */
const MAX_ALTERNATIVES = 64;

/**
 * Returns a function that tests a path against patterns: `*` and `?` within a name, `**` for any folders, `[a-z]`, `[!a-z]`,
 * `{one,two}`, `\` before a literal character. A pattern without a slash matches the last name of the path.
 *
 * Globs that are translated to regular expressions backtrack: one hostile pair of name and pattern blocks the process. This matcher
 * takes time proportional to the length of the patterns times the length of the path.
 */
export function compileGlobs(patterns: readonly string[]): (path: string) => boolean {
  const all = patterns.flatMap(expandBraces);
  const forNames = all.filter((each) => !each.includes('/')).map(parseSegment);
  const forPaths = all
    .filter((each) => each.includes('/'))
    .map((each) =>
      each
        .replace(/^\.?\//, '')
        .split('/')
        .map(parseSegment),
    );
  return (path) => {
    const last = [...path.slice(path.lastIndexOf('/') + 1)];
    if (forNames.some((segment) => segment.isDeep || matchesName(last, segment))) return true;
    if (forPaths.length === 0) return false;
    const names = path.split('/').map((name) => [...name]);
    return forPaths.some((pattern) => matches(names, { pattern, isStar: ({ isDeep }) => isDeep, fits: matchesName }));
  };
}

/** Whether a value is a usable pattern. */
export function isGlob(pattern: unknown): boolean {
  return typeof pattern === 'string' && pattern !== '' && expandBraces(pattern).length <= MAX_ALTERNATIVES;
}

/** Expands braces, to at most `MAX_ALTERNATIVES` + 1 patterns. Nested braces are not expanded. */
function expandBraces(pattern: string): readonly string[] {
  let expanded = [''];
  // Every second part was in braces.
  for (const [index, part] of pattern.split(/(\{[^{}]*,[^{}]*\})/).entries()) {
    const choices = index % 2 === 1 ? part.slice(1, -1).split(',') : [part];
    expanded = expanded.flatMap((start) => choices.map((choice) => start + choice)).slice(0, MAX_ALTERNATIVES + 1);
  }
  return expanded;
}

type Token =
  | { readonly type: 'star' }
  | { readonly type: 'any' }
  | { readonly type: 'character'; readonly character: string }
  | { readonly type: 'set'; readonly isNegated: boolean; readonly ranges: readonly (readonly [string, string])[] };

interface Segment {
  /** `**`: any number of folders. */
  readonly isDeep: boolean;
  readonly tokens: readonly Token[];
}

function parseSegment(text: string): Segment {
  if (text === '**') return { isDeep: true, tokens: [] };
  const tokens: Token[] = [];
  const characters = /\[(!|\^)?(\]?[^\]]*)\]|\\?(.)/gsu;
  for (const [whole, negation, set, character = ''] of text.matchAll(characters)) {
    if (set) tokens.push({ type: 'set', isNegated: negation !== undefined, ranges: parseRanges(set) });
    else if (whole === '*') tokens.push({ type: 'star' });
    else if (whole === '?') tokens.push({ type: 'any' });
    else for (const each of character || whole) tokens.push({ type: 'character', character: each });
  }
  return { isDeep: false, tokens };
}

function parseRanges(set: string): readonly (readonly [string, string])[] {
  return [...set.matchAll(/(.)-(.)|(.)/gsu)].map(([, from, to, one = '']) => [from ?? one, to ?? one]);
}

function matchesName(name: readonly string[], { tokens }: Segment): boolean {
  return matches(name, { pattern: tokens, isStar: ({ type }) => type === 'star', fits: matchesCharacter });
}

function matchesCharacter(character: string, token: Token): boolean {
  switch (token.type) {
    case 'star':
    case 'any':
      return true;
    case 'character':
      return character === token.character;
    case 'set':
      return token.ranges.some(([from, to]) => from <= character && character <= to) !== token.isNegated;
  }
}

interface WildcardPattern<Subject, Pattern> {
  readonly pattern: readonly Pattern[];
  /** Whether the pattern matches any number of subjects. */
  readonly isStar: (pattern: Pattern) => boolean;
  readonly fits: (subject: Subject, pattern: Pattern) => boolean;
}

/** Backtracks to the last star only: whatever an earlier star could match instead, the last one can match, too. */
function matches<Subject, Pattern>(
  subjects: readonly Subject[],
  wildcards: WildcardPattern<Subject, Pattern>,
): boolean {
  const { pattern, isStar, fits } = wildcards;
  let next = 0;
  let afterStar: number | undefined;
  let taken = 0;
  for (let at = 0; at < subjects.length; ) {
    const wanted = pattern[next];
    const subject = subjects[at];
    if (wanted !== undefined && isStar(wanted)) {
      next++;
      afterStar = next;
      taken = at;
    } else if (wanted !== undefined && subject !== undefined && fits(subject, wanted)) {
      next++;
      at++;
    } else if (afterStar === undefined) {
      return false;
    } else {
      next = afterStar;
      taken++;
      at = taken;
    }
  }
  return pattern.slice(next).every(isStar);
}
