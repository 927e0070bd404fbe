import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChatResponse } from '@pawl/core/chat';
import type { Repair } from '@pawl/core/events';

/** A file of `corpus/`: a response of a server, and how it must be read. */
export interface CorpusFile {
  readonly file: string;
  /** The server that sends it; `a gateway` if the program is unknown. */
  readonly server: string;
  readonly what: string;
  /** A public source. */
  readonly source?: string;
  /** Chunks, raw text of the stream, or bytes. */
  readonly stream?: readonly (string | { readonly base64: string } | object)[];
  /** Set if the stream ends without `[DONE]`. */
  readonly end?: 'closed';
  /** The same response, unstreamed. */
  readonly body?: unknown;
  readonly response?: ChatResponse;
  readonly error?: Readonly<Record<string, unknown>>;
  readonly repairs?: readonly Repair[];
  /** The names of the tools of the request, if the reading depends on them. */
  readonly tools?: readonly string[];
  /** Set if calls in the text are read, as with `textToolCalls` of a profile. */
  readonly textToolCalls?: true;
}

const FOLDER = join(import.meta.dirname, 'corpus');
const KEYS = [
  'server',
  'what',
  'source',
  'stream',
  'end',
  'body',
  'response',
  'error',
  'repairs',
  'tools',
  'textToolCalls',
];

/** All files, by name. A file of another form is an error. */
export const corpusFiles: readonly CorpusFile[] = readdirSync(FOLDER).sort().map(read);

function read(file: string): CorpusFile {
  const corpusFile: CorpusFile = JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
  const unknownKey = Object.keys(corpusFile).find((key) => !KEYS.includes(key));
  if (unknownKey !== undefined) throw new Error(`${file} has the unknown key "${unknownKey}".`);
  if (!corpusFile.server || !corpusFile.what) throw new Error(`${file} needs "server" and "what".`);
  if (corpusFile.stream === undefined && corpusFile.body === undefined)
    throw new Error(`${file} needs "stream" or "body".`);
  if ((corpusFile.response === undefined) === (corpusFile.error === undefined))
    throw new Error(`${file} needs either "response" or "error".`);
  return { ...corpusFile, file };
}

/** Encodes the stream as sent over the wire. If there is only a body, it is one event. */
export function encodeStream({ stream, body, end }: CorpusFile): Uint8Array {
  const elements = [...(stream ?? [body as object]), ...(end === undefined ? ['data: [DONE]\n\n'] : [])];
  return Buffer.concat(
    elements.map((element) => {
      if (typeof element === 'string') return Buffer.from(element);
      if ('base64' in element) return Buffer.from(String(element.base64), 'base64');
      return Buffer.from(`data: ${JSON.stringify(element)}\n\n`);
    }),
  );
}
