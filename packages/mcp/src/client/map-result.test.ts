import { ToolError } from '@pawl/core';
import { expect, test } from 'vitest';
import type { CallToolResult } from '../sdk.ts';
import { mapResult } from './map-result.ts';

/** Maps a result, and removes the marks of untrusted content. */
function map(result: Partial<CallToolResult>): readonly unknown[] {
  return mapResult({ content: [], ...result }, 'server').map((part) =>
    part.type === 'text' ? part.text.replaceAll(/^\[(begin|end) of untrusted content.*\]\n?/gm, '').trim() : part,
  );
}

const BLOB = Buffer.from('some bytes').toString('base64');

/** One row a form of result: what a server sends, and what the model reads. */
const ROWS: readonly (readonly [name: string, result: Partial<CallToolResult>, expected: readonly unknown[]])[] = [
  [
    'texts, joined by a blank line',
    {
      content: [
        { type: 'text', text: 'one' },
        { type: 'text', text: 'two' },
      ],
    },
    ['one\n\ntwo'],
  ],
  ['a structured result without a text', { structuredContent: { a: [1] } }, ['{"a":[1]}']],
  [
    'a structured result once, if a text is the same JSON in another order',
    { content: [{ type: 'text', text: '{ "b": 2, "a": 1 }' }], structuredContent: { a: 1, b: 2 } },
    ['{ "b": 2, "a": 1 }'],
  ],
  [
    'a structured result beside a text that says something else',
    { content: [{ type: 'text', text: 'Sunny.' }], structuredContent: { sun: true } },
    ['Sunny.\n\n{"sun":true}'],
  ],
  [
    'a structured result beside an image',
    { content: [{ type: 'image', data: BLOB, mimeType: 'image/png' }], structuredContent: { width: 3 } },
    ['{"width":3}', { type: 'image_url', image_url: { url: `data:image/png;base64,${BLOB}` } }],
  ],
  [
    'audio as wav',
    { content: [{ type: 'audio', data: BLOB, mimeType: 'audio/x-wav' }] },
    [{ type: 'input_audio', input_audio: { data: BLOB, format: 'wav' } }],
  ],
  [
    'audio as mp3',
    { content: [{ type: 'audio', data: BLOB, mimeType: 'audio/mpeg' }] },
    [{ type: 'input_audio', input_audio: { data: BLOB, format: 'mp3' } }],
  ],
  [
    'other audio as a line',
    { content: [{ type: 'audio', data: BLOB, mimeType: 'audio/ogg' }] },
    ['(audio: audio/ogg, 10 bytes)'],
  ],
  [
    'a text resource in a fence that it cannot end',
    { content: [{ type: 'resource', resource: { uri: 'file:///a.md', text: '```\ncode\n```' } }] },
    ['file:///a.md\n````\n```\ncode\n```\n````'],
  ],
  [
    'a PDF as a file',
    { content: [{ type: 'resource', resource: { uri: 'file:///x/a.pdf', blob: BLOB, mimeType: 'application/pdf' } }] },
    [{ type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${BLOB}` } }],
  ],
  [
    'an image resource as an image',
    { content: [{ type: 'resource', resource: { uri: 'file:///a.png', blob: BLOB, mimeType: 'image/png' } }] },
    [{ type: 'image_url', image_url: { url: `data:image/png;base64,${BLOB}` } }],
  ],
  [
    'other bytes as a line',
    { content: [{ type: 'resource', resource: { uri: 'file:///a.zip', blob: BLOB, mimeType: 'application/zip' } }] },
    ['file:///a.zip (file: application/zip, 10 bytes)'],
  ],
  [
    'a link as a line',
    { content: [{ type: 'resource_link', uri: 'file:///a.txt', name: 'a', mimeType: 'text/plain', size: 5 }] },
    ['file:///a.txt (text/plain, 5 bytes)'],
  ],
  [
    'a link that says little',
    { content: [{ type: 'resource_link', uri: 'file:///a', name: 'a' }] },
    ['file:///a (unknown type)'],
  ],
  ['nothing', {}, ['(no content)']],
  ['`_meta`, which the model does not read', { _meta: { secret: 'value' } }, ['(no content)']],
  [
    'a kind of content of a later revision',
    { content: [{ type: 'video', data: BLOB } as never] },
    ['(video: not supported)'],
  ],
];

test.each(ROWS)('maps %s', (_, result, expected) => {
  expect(map(result)).toEqual(expected);
});

test('throws the text of an MCP error word for word', () => {
  const content = [{ type: 'text' as const, text: 'No such file: /a' }];
  const mapError = (): unknown => mapResult({ content, isError: true, structuredContent: { code: 2 } }, 'server');
  expect(mapError).toThrow(new ToolError('No such file: /a'));
});

test('throws the structured content of an MCP error without a text', () => {
  const mapError = (): unknown => mapResult({ content: [], isError: true, structuredContent: { code: 2 } }, 'server');
  expect(mapError).toThrow(new ToolError('{"code":2}'));
});

test('marks text of an MCP server with a mark that the text cannot know', () => {
  const [one, other] = [1, 2].map(() => mapResult({ content: [{ type: 'text', text: 'x' }] }, 'server')[0]);
  expect(one).toMatchObject({ text: expect.stringContaining('untrusted content of the MCP server server, mark ') });
  expect(one).not.toEqual(other);
});
