/** Says where a text stops being JSON: `unexpected "O" at position 9`. The same on every engine. Never quotes the text. */
export function findJsonProblem(text: string): string {
  const open: ('{' | '[')[] = [];
  let next: ExpectedToken = 'value';
  let position = 0;
  for (;;) {
    const token = readToken(text, position);
    if (typeof token === 'number') return describeUnexpected(text, token);
    const after = follow(token.kind, { next, open });
    if (after === undefined) return describeUnexpected(text, token.start);
    next = after;
    position = token.end;
  }
}

type Kind = '{' | '}' | '[' | ']' | ':' | ',' | 'string' | 'literal';

/** What can come next: `first` is a key or the end of an object, `element` is a value or the end of an array. */
type ExpectedToken = 'value' | 'first' | 'key' | 'colon' | 'element' | 'more' | 'end';

interface Token {
  readonly kind: Kind;
  readonly start: number;
  readonly end: number;
}

const SPACE = /[ \t\n\r]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Returns the next token, or the position at which none can be read. */
function readToken(text: string, position: number): Token | number {
  const start = matchEnd(SPACE, { text, start: position }) ?? position;
  const character = text[start];
  switch (character) {
    case '{':
    case '}':
    case '[':
    case ']':
    case ':':
    case ',':
      return { kind: character, start, end: start + 1 };
    case '"':
      return readString(text, start);
    case undefined:
      return start;
  }
  const end = matchEnd(LITERAL, { text, start });
  return end === undefined ? start : { kind: 'literal', start, end };
}

/** A loop, because one pattern for the whole string overflows the stack at about ten megabytes. */
function readString(text: string, start: number): Token | number {
  for (let position = start + 1; ; ) {
    const character = text[position];
    if (character === '"') return { kind: 'string', start, end: position + 1 };
    if (character === undefined || character < ' ') return position;
    const end = character === '\\' ? matchEnd(ESCAPE, { text, start: position }) : position + 1;
    if (end === undefined) return position;
    position = end;
  }
}

interface Place {
  readonly text: string;
  readonly start: number;
}

function matchEnd(pattern: RegExp, { text, start }: Place): number | undefined {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

interface ParserState {
  readonly next: ExpectedToken;
  readonly open: ('{' | '[')[];
}

/** Returns what can follow this token; `undefined` if the token is not allowed here. */
function follow(kind: Kind, { next, open }: ParserState): ExpectedToken | undefined {
  const takesValue = next === 'value' || next === 'element';
  switch (kind) {
    case '{':
    case '[':
      if (!takesValue) return undefined;
      open.push(kind);
      return kind === '{' ? 'first' : 'element';
    case '}':
      return (next === 'first' || next === 'more') && open.pop() === '{' ? endValue(open) : undefined;
    case ']':
      return (next === 'element' || next === 'more') && open.pop() === '[' ? endValue(open) : undefined;
    case ':':
      return next === 'colon' ? 'value' : undefined;
    case ',':
      if (next !== 'more') return undefined;
      return open.at(-1) === '{' ? 'key' : 'value';
    case 'string':
      if (next === 'first' || next === 'key') return 'colon';
      return takesValue ? endValue(open) : undefined;
    case 'literal':
      return takesValue ? endValue(open) : undefined;
  }
}

function endValue(open: readonly string[]): ExpectedToken {
  return open.length === 0 ? 'end' : 'more';
}

function describeUnexpected(text: string, position: number): string {
  const code = text.codePointAt(position);
  return `unexpected ${code === undefined ? 'end' : JSON.stringify(String.fromCodePoint(code))} at position ${position}`;
}
