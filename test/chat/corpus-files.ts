import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChatResponse } from '@pawl/core/chat';
import type { Repair } from '@pawl/core/events';

/** One thing that a server sends, and what is made of it: a file of `corpus/`. */
export interface CorpusFile {
  readonly file: string;
  /** The server that it stands for; `a gateway` where it was met without a name. */
  readonly server: string;
  readonly what: string;
  /** Where that is said in public. */
  readonly source?: string;
  /** Chunks, text of the stream as it is, or bytes. */
  readonly stream?: readonly (string | { readonly base64: string } | object)[];
  /** No `[DONE]` comes. */
  readonly end?: 'closed';
  /** The same reply unstreamed. */
  readonly body?: unknown;
  readonly reply?: ChatResponse;
  readonly error?: Readonly<Record<string, unknown>>;
  readonly mends?: readonly Repair[];
  /** The names of the tools that the request offered, if the reading depends on them. */
  readonly tools?: readonly string[];
  /** Calls in the text are read, as `textToolCalls` of a profile says. */
  readonly textToolCalls?: true;
}

const FOLDER = join(import.meta.dirname, 'corpus');
const KEYS = ['server', 'what', 'source', 'stream', 'end', 'body', 'reply', 'error', 'mends', 'tools', 'textToolCalls'];

/** All of them, by name. A file of another form is an error. */
export const corpusFiles: readonly CorpusFile[] = readdirSync(FOLDER).sort().map(read);

function read(file: string): CorpusFile {
  const given: CorpusFile = JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
  const stranger = Object.keys(given).find((key) => !KEYS.includes(key));
  if (stranger !== undefined) throw new Error(`${file} has the key "${stranger}".`);
  if (!given.server || !given.what) throw new Error(`${file} does not say which server does what.`);
  if (given.stream === undefined && given.body === undefined) throw new Error(`${file} has neither stream nor body.`);
  if ((given.reply === undefined) === (given.error === undefined))
    throw new Error(`${file} needs a reply or an error.`);
  return { ...given, file };
}

/** The stream as it comes over the wire. Where there is only a body, that is one event. */
export function bytesOf({ stream, body, end }: CorpusFile): Uint8Array {
  const elements = [...(stream ?? [body as object]), ...(end === undefined ? ['data: [DONE]\n\n'] : [])];
  return Buffer.concat(
    elements.map((element) => {
      if (typeof element === 'string') return Buffer.from(element);
      if ('base64' in element) return Buffer.from(String(element.base64), 'base64');
      return Buffer.from(`data: ${JSON.stringify(element)}\n\n`);
    }),
  );
}
