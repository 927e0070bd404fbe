/**
 * Parses the beginning of a JSON text. Open strings, arrays and objects end where the text ends. What can still change, such as a
 * number or a key at the end, is omitted. `undefined` if there is no value yet.
 */
export function parsePartialJson(text: string): unknown {
  const closers: string[] = [];
  /** The end of the usable text, and the brackets that close it there. */
  let end = 0;
  let rest = '';
  let isKey = false;
  const keep = (position: number): void => {
    end = position;
    rest = closers.toReversed().join('');
  };
  for (let i = 0; i < text.length; i++) {
    const sign = text[i] ?? '';
    if (sign === '"') {
      const { stop, isClosed } = readText(text, i);
      if (!isClosed) {
        if (!isKey) return tryParse(`${text.slice(0, stop)}"${closers.toReversed().join('')}`);
        break;
      }
      i = stop - 1;
      if (!isKey) keep(stop);
    } else if (sign === '{' || sign === '[') {
      closers.push(sign === '{' ? '}' : ']');
      isKey = sign === '{';
      keep(i + 1);
    } else if (sign === '}' || sign === ']') {
      closers.pop();
      isKey = false;
      keep(i + 1);
    } else if (sign === ',') {
      isKey = closers.at(-1) === '}';
    } else if (sign === ':') {
      isKey = false;
    } else if (!/\s/.test(sign)) {
      const stop = findLiteralEnd(text, i);
      // The literal can continue.
      if (stop === text.length) break;
      i = stop - 1;
      keep(stop);
    }
  }
  return tryParse(text.slice(0, end) + rest);
}

interface TextEnd {
  /** The position after the last complete character. */
  readonly stop: number;
  readonly isClosed: boolean;
}

function readText(text: string, start: number): TextEnd {
  let position = start + 1;
  while (position < text.length) {
    const sign = text[position];
    if (sign === '"') return { stop: position + 1, isClosed: true };
    const length = sign === '\\' ? (text[position + 1] === 'u' ? 6 : 2) : 1;
    if (position + length > text.length) break;
    position += length;
  }
  // The first half of a surrogate pair.
  const half = /(?:[\ud800-\udbff]|\\u[dD][89abAB][\da-fA-F]{2})$/.exec(text.slice(start, position));
  return { stop: position - (half?.[0].length ?? 0), isClosed: false };
}

function findLiteralEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && !/[\s,\]}]/.test(text[end] ?? '')) end++;
  return end;
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
