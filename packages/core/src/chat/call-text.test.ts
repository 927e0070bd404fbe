import { expect, test } from 'vitest';
import { CallText } from './call-text.ts';

test.each([
  { pieces: ['{', '"a":', '1', '}'], whole: [false, false, false, true] },
  { pieces: ['{"a":{}', '}', ' \n'], whole: [false, true, true] },
  { pieces: [' ', '{}'], whole: [false, true] },
  { pieces: ['{"a":"}', '{"', '}'], whole: [false, false, true] },
  { pieces: ['{"a":"\\', '"}', '"}'], whole: [false, false, true] },
  { pieces: ['{"a":[1}', ']', '}'], whole: [false, false, false] },
  { pieces: ['{"a":[1]', '}'], whole: [false, true] },
  { pieces: ['{"a":[[1],[2]]}', '\t', '\r\n'], whole: [true, true, true] },
  { pieces: ['{"":1', '}'], whole: [false, true] },
  { pieces: ['\t\r\n{', '}'], whole: [false, true] },
  { pieces: ['{a}', ' '], whole: [false, false] },
  { pieces: ['{}', '{}'], whole: [true, false] },
  { pieces: ['{}', 'x', '{}'], whole: [true, false, false] },
  { pieces: ['[{}', ']'], whole: [false, false] },
  { pieces: ['"{}', '"'], whole: [false, false] },
  { pieces: ['', 'null'], whole: [false, false] },
])('arguments that come as $pieces are whole when they are one JSON object', ({ pieces, whole }) => {
  const text = new CallText();
  const seen = pieces.map((piece) => {
    text.add(piece);
    return text.isWhole;
  });
  expect({ text: text.text, seen }).toEqual({ text: pieces.join(''), seen: whole });
});
