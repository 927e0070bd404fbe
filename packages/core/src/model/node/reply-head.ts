/** The head of a reply (RFC 9112, sections 2 to 5). */
export interface ReplyHead {
  readonly status: number;
  /** Names in lower case; what came several times is joined by commas (RFC 9110, section 5.3). */
  readonly headers: ReadonlyMap<string, string>;
  /** Whether the server takes another request on the same connection. */
  readonly keepsAlive: boolean;
}

/** What a server said is no HTTP/1.1. */
export class MalformedReply extends Error {
  override readonly name = 'MalformedReply';
}

/** Puts the head of a reply together from the pieces it comes in. */
export class HeadReader {
  #before: Buffer = NOTHING;
  #hasBegun = false;
  /** Of heads that only said that the server goes on. */
  #interimLength = 0;

  /** Whether anything has come. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /**
   * The head, and what comes behind it; nothing where more has to come.
   *
   * @throws MalformedReply for what is no head, or too long a one.
   */
  read(bytes: Buffer): { readonly head: ReplyHead; readonly rest: Buffer } | undefined {
    this.#hasBegun = true;
    let left = this.#before.length === 0 ? bytes : Buffer.concat([this.#before, bytes]);
    for (let end = this.#endIn(left); end !== -1; end = this.#endIn(left)) {
      const head = headOf(left.toString('latin1', 0, end));
      left = left.subarray(end + END.length);
      if (head.status >= 200) return { head, rest: left };
      this.#interimLength += end;
    }
    this.#before = left;
    return undefined;
  }

  /** -1 where it is not there yet. */
  #endIn(bytes: Buffer): number {
    const end = bytes.indexOf(END);
    if (this.#interimLength + (end === -1 ? bytes.length : end) > LONGEST) {
      throw new MalformedReply(`The head of the server's reply is longer than ${LONGEST} bytes.`);
    }
    // What can't become a head is not waited for.
    if (end === -1) checkStart(bytes.toString('latin1'));
    return end;
  }
}

const NOTHING = Buffer.alloc(0);
const START = 'HTTP/1.';
const END = '\r\n\r\n';

/** What Node's own client takes. */
const LONGEST = 16 * 1024;

function checkStart(text: string): void {
  if (!START.startsWith(text.slice(0, START.length))) throw noHttp();
  if (FORBIDDEN.test(text)) throw forbidden();
}

function headOf(text: string): ReplyHead {
  const [first = '', ...lines] = text.split('\r\n');
  const [, minor, digits] = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/.exec(first) ?? [];
  if (digits === undefined) throw noHttp();
  if (FORBIDDEN.test(text)) throw forbidden();
  const status = Number(digits);
  if (status === SWITCHING)
    throw new MalformedReply('The server switched to another protocol, which it was not asked to.');
  const headers = new Map<string, string>();
  for (const line of lines) addField(headers, line);
  return { status, headers, keepsAlive: keepsAlive(headers, minor) };
}

const SWITCHING = 101;

function addField(headers: Map<string, string>, line: string): void {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
  // Blanks before the colon, or a value that goes on in the next line, have made two servers read two replies in one.
  if (!TOKEN.test(name)) throw new MalformedReply("A line in the head of the server's reply is no header.");
  const value = trimmed(line, colon + 1);
  const before = headers.get(name);
  headers.set(name, before === undefined ? value : `${before}, ${value}`);
}

const TOKEN = /^[!#$%&'*+.^`|~\w-]+$/;

/** Blanks and tabs alone: what else counts as space around a length is read in different ways. */
function trimmed(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isBlank(line.charCodeAt(start))) start++;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Before HTTP/1.1 a server had to say so; and one that old does not know of chunks, so that somebody else made them. */
function keepsAlive(headers: ReplyHead['headers'], minor: string | undefined): boolean {
  const connection = headers.get('connection') ?? '';
  if (/\bclose\b/i.test(connection)) return false;
  return minor === '1' || (/\bkeep-alive\b/i.test(connection) && !headers.has('transfer-encoding'));
}

/** Control characters, and ends of lines that are only half of one. */
const FORBIDDEN = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?=[^\n])|(?<!\r)\n/;

function forbidden(): MalformedReply {
  return new MalformedReply(
    "The head of the server's reply holds a control character, or a line that does not end in CR LF.",
  );
}

function noHttp(): MalformedReply {
  return new MalformedReply('The server answered with something that is no HTTP/1.1.');
}
