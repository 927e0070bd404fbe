/**
 * Which regular expressions an engine compiles. Each takes less than the one before:
 *
 * - `ecmascript`: those of JSON Schema itself.
 * - `python`: those of Python's `re`, without look-around and back references, which OpenAI refuses.
 * - `regular`: those that a grammar can be made of, so without word boundaries as well.
 * - `gbnf`: those that llama.cpp makes a grammar of which is one, and in which a text stays JSON.
 * - `none`.
 */
export type PatternDialect = 'ecmascript' | 'python' | 'regular' | 'gbnf' | 'none';

export function isPatternOf(pattern: string, dialect: PatternDialect): boolean {
  const key = `${dialect} ${pattern}`;
  const known = answers.get(key);
  if (known !== undefined) return known;
  if (answers.size >= MOST_ANSWERS) answers.clear();
  const answer = isCompiledBy(dialect, pattern);
  answers.set(key, answer);
  return answer;
}

/** Those of a library's formats come again in each tool. */
const answers = new Map<string, boolean>();
const MOST_ANSWERS = 1_000;

function isCompiledBy(dialect: PatternDialect, pattern: string): boolean {
  switch (dialect) {
    case 'ecmascript':
      return true;
    case 'python':
      return isPythonPattern(pattern);
    case 'regular':
      return isPythonPattern(pattern) && !hasEscape(pattern, /[bB]/);
    case 'gbnf':
      return isPythonPattern(pattern) && isGbnfPattern(pattern);
    case 'none':
      return false;
  }
}

/** One sign at a time: an escape, a class, the beginning of a group, or what stands for itself. */
const TOKENS = /\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)|\[(?:\\.|[^\]\\])*\]|\(\?(?:<?[=!]|[^)]?)|./gsu;

function tokenize(pattern: string): readonly string[] {
  return pattern.match(TOKENS) ?? [];
}

/**
 * Whether Python's `re` compiles a pattern, to the same meaning. Of groups it takes `(?:…)` alone: names are spelt in another
 * way, and look-around is refused.
 */
function isPythonPattern(pattern: string): boolean {
  if (!isValid(pattern, '')) return false;
  return tokenize(pattern).every((token) => {
    if (token.startsWith('(?')) return token === '(?:';
    if (token.startsWith('['))
      return token.length > 1 && token !== '[]' && token !== '[^]' && listEscapes(token).every(isKnown);
    return !token.startsWith('\\') || isKnown(token);
  });
}

/** Letters and digits after a backslash mean something, and not everywhere the same. */
function isKnown(token: string): boolean {
  return /^\\(?:[dDwWsSbBtnrfv0]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[^a-zA-Z0-9])$/u.test(token);
}

function listEscapes(text: string): readonly string[] {
  return text.match(/\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/gsu) ?? [];
}

/** In a class `\b` is a backspace. */
function hasEscape(pattern: string, letter: RegExp): boolean {
  return tokenize(pattern).some(
    (token) => token.startsWith('\\') && letter.test(token.slice(1, 2)) && token.length === 2,
  );
}

/** Signs that JSON escapes in a text, where a grammar made of a pattern writes them as they are. */
function isSafeBetween(from: string, to: string): boolean {
  const [least = 0, most = 0] = [from.codePointAt(0), to.codePointAt(0)];
  return least >= LEAST_CODE && !UNSAFE_CODES.some((code) => code >= least && code <= most);
}

const UNSAFE_CODES = [0x22, 0x5c] as const;
const LEAST_CODE = 0x20;
/** What llama.cpp takes for no mistake. */
const MOST_REPETITIONS = 1_999;

/**
 * https://github.com/ggml-org/llama.cpp/blob/master/common/json-schema-to-grammar.cpp (`_visit_pattern`): both anchors are
 * needed, look-around is left out, an escape other than of a sign of regular expressions goes into the grammar, which then
 * does not parse, and `.` matches a quotation mark.
 */
function isGbnfPattern(pattern: string): boolean {
  const tokens = tokenize(pattern);
  if (tokens.length < 3 || tokens[0] !== '^' || tokens.at(-1) !== '$') return false;
  if ((pattern.match(/(?<=\{[\d,]*)\d+/g) ?? []).some((count) => Number(count) > MOST_REPETITIONS)) return false;
  let depth = 0;
  return tokens.slice(1, -1).every((token, index, inner) => {
    if (token === '(' || token === '(?:') depth++;
    else if (token === ')') depth--;
    else if (token === '|') return depth > 0;
    else if (token === '?') return !/^[*+?}]$/.test(inner[index - 1] ?? '*');
    else if (token.startsWith('[')) return isSafeClass(token);
    else if (token.startsWith('\\')) return /^\\[.[\](){}|*+?^$]$/.test(token);
    else if (/^[.^$]$/.test(token) || !isSafeBetween(token, token)) return false;
    return depth >= 0;
  });
}

/** Neither escapes nor a sign that JSON escapes, by itself or within a range; what is all but some signs has those too. */
function isSafeClass(token: string): boolean {
  const inner = token.slice(1, -1);
  if (inner.startsWith('^') || ![...inner].every((sign) => isSafeBetween(sign, sign))) return false;
  return (inner.match(/.-./gsu) ?? []).every((range) => isSafeBetween(range, [...range].at(-1) ?? ''));
}

/**
 * Whether a regular expression means the same without its flags, which JSON Schema has no place for. `d` and `g` say how it is
 * used, and JSON Schema reads every pattern as with `u`.
 */
export function isIndependentOfFlags({ source, flags }: RegExp): boolean {
  const tokens = tokenize(source);
  return [...flags].every((flag) => {
    switch (flag) {
      case 'i':
        return !tokens.some((token) => hasCase(token));
      case 's':
        return !tokens.includes('.');
      case 'm':
        return !tokens.includes('^') && !tokens.includes('$');
      case 'y':
        return tokens[0] === '^' && !tokens.includes('|');
      case 'v':
        return isValid(source, 'u');
    }
    return true;
  });
}

/** A letter that has another case; of escapes, one that names a sign or a class of signs. */
function hasCase(token: string): boolean {
  if (token.startsWith('(?')) return false;
  const literal = token.replace(/\\[dDsSwWbBtnrfv]/g, '');
  return /\\[upxk]/.test(literal) || literal.toLowerCase() !== literal.toUpperCase();
}

function isValid(source: string, flags: string): boolean {
  try {
    new RegExp(source, flags);
    return true;
  } catch {
    return false;
  }
}
