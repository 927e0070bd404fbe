/**
 * The regular expressions that an engine compiles. Each dialect supports less than the one before:
 *
 * - `ecmascript`: the dialect of JSON Schema itself.
 * - `python`: Python's `re` without look-around and back references, which OpenAI refuses.
 * - `regular`: patterns that can become a grammar, so without word boundaries as well.
 * - `gbnf`: patterns that llama.cpp converts to a valid grammar whose texts are valid JSON.
 * - `none`: no patterns.
 */
export type PatternDialect = 'ecmascript' | 'python' | 'regular' | 'gbnf' | 'none';

export function isPatternOf(pattern: string, dialect: PatternDialect): boolean {
  const key = `${dialect} ${pattern}`;
  const cached = compiledPatterns.get(key);
  if (cached !== undefined) return cached;
  if (compiledPatterns.size >= MAX_CACHED) compiledPatterns.clear();
  const isCompiled = isCompiledBy(dialect, pattern);
  compiledPatterns.set(key, isCompiled);
  return isCompiled;
}

/** A cache: the patterns of a library's formats repeat in each tool. */
const compiledPatterns = new Map<string, boolean>();
const MAX_CACHED = 1_000;

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

/** Matches one token: an escape, a class, the start of a group, or a literal character. */
const TOKENS = /\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)|\[(?:\\.|[^\]\\])*\]|\(\?(?:<?[=!]|[^)]?)|./gsu;

function tokenize(pattern: string): readonly string[] {
  return pattern.match(TOKENS) ?? [];
}

/**
 * Whether Python's `re` compiles a pattern with the same meaning. Of the groups that begin with `(?`, only `(?:…)` is allowed: Python
 * spells named groups differently, and servers refuse look-around.
 */
function isPythonPattern(pattern: string): boolean {
  if (!isValid(pattern, '')) return false;
  return tokenize(pattern).every((token) => {
    if (token.startsWith('(?')) return token === '(?:';
    if (token.startsWith('['))
      return token.length > 1 && token !== '[]' && token !== '[^]' && listEscapes(token).every(isPortableEscape);
    return !token.startsWith('\\') || isPortableEscape(token);
  });
}

/** Whether an escape means the same in Python. Other letters and digits after a backslash differ between dialects. */
function isPortableEscape(token: string): boolean {
  return /^\\(?:[dDwWsSbBtnrfv0]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[^a-zA-Z0-9])$/u.test(token);
}

function listEscapes(text: string): readonly string[] {
  return text.match(/\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/gsu) ?? [];
}

/** Whether a pattern has such an escape outside a class: in a class, `\b` is a backspace. */
function hasEscape(pattern: string, letter: RegExp): boolean {
  return tokenize(pattern).some(
    (token) => token.startsWith('\\') && letter.test(token.slice(1, 2)) && token.length === 2,
  );
}

/** Whether a range excludes the characters that JSON escapes in a text. A grammar from a pattern writes them unescaped. */
function isSafeRange(from: string, to: string): boolean {
  const [first = 0, last = 0] = [from.codePointAt(0), to.codePointAt(0)];
  return first >= MIN_CODE && !UNSAFE_CODES.some((code) => code >= first && code <= last);
}

const UNSAFE_CODES = [0x22, 0x5c] as const;
const MIN_CODE = 0x20;
/** llama.cpp rejects more repetitions. */
const MAX_REPETITIONS = 1_999;

/**
 * Whether llama.cpp converts a pattern to a valid grammar, by `_visit_pattern` of
 * https://github.com/ggml-org/llama.cpp/blob/master/common/json-schema-to-grammar.cpp:
 * - It needs both anchors and ignores look-around.
 * - It copies escapes of other characters than those of regular expressions into the grammar, which then does not parse.
 * - Its `.` matches a quotation mark.
 */
function isGbnfPattern(pattern: string): boolean {
  const tokens = tokenize(pattern);
  if (tokens.length < 3 || tokens[0] !== '^' || tokens.at(-1) !== '$') return false;
  if ((pattern.match(/(?<=\{[\d,]*)\d+/g) ?? []).some((count) => Number(count) > MAX_REPETITIONS)) return false;
  let depth = 0;
  return tokens.slice(1, -1).every((token, index, inner) => {
    if (token === '(' || token === '(?:') depth++;
    else if (token === ')') depth--;
    else if (token === '|') return depth > 0;
    else if (token === '?') return !/^[*+?}]$/.test(inner[index - 1] ?? '*');
    else if (token.startsWith('[')) return isSafeClass(token);
    else if (token.startsWith('\\')) return /^\\[.[\](){}|*+?^$]$/.test(token);
    else if (/^[.^$]$/.test(token) || !isSafeRange(token, token)) return false;
    return depth >= 0;
  });
}

/** Whether a class contains neither escapes nor characters that JSON escapes. A negated class contains these characters. */
function isSafeClass(token: string): boolean {
  const inner = token.slice(1, -1);
  if (inner.startsWith('^') || ![...inner].every((character) => isSafeRange(character, character))) return false;
  return (inner.match(/.-./gsu) ?? []).every((range) => isSafeRange(range, [...range].at(-1) ?? ''));
}

/**
 * Whether a regular expression means the same without its flags, which JSON Schema does not support. `d` and `g` do not change what
 * matches, and JSON Schema applies `u` to every pattern.
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

/** Whether a token may match a letter with another case. An escape of a character or of a Unicode class counts. */
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
