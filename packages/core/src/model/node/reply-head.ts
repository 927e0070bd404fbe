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
    const all = this.#before.length === 0 ? bytes : Buffer.concat([this.#before, bytes]);
    const end = all.indexOf(END);
    if (end > LONGEST || (end === -1 && all.length > LONGEST)) {
      throw new MalformedReply(`The head of the server's reply is longer than ${LONGEST} bytes.`);
    }
    if (end === -1) {
      if (!START.startsWith(all.toString('latin1', 0, START.length))) throw noHttp();
      this.#before = all;
      return undefined;
    }
    this.#before = NOTHING;
    const head = headOf(all.toString('latin1', 0, end));
    const rest = all.subarray(end + END.length);
    // A server that only says that it goes on has another head to come.
    return head.status < 200 ? this.read(rest) : { head, rest };
  }
}

const NOTHING = Buffer.alloc(0);
const START = 'HTTP/1.';
const END = '\r\n\r\n';

/** What Node's own client takes. */
const LONGEST = 16 * 1024;

function headOf(text: string): ReplyHead {
  const [first = '', ...lines] = text.split('\r\n');
  const [, minor, digits] = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/.exec(first) ?? [];
  if (digits === undefined) throw noHttp();
  const status = Number(digits);
  if (status === SWITCHING)
    throw new MalformedReply('The server switched to another protocol, which it was not asked to.');
  const headers = new Map<string, string>();
  for (const line of lines) addField(headers, line);
  const connection = headers.get('connection')?.toLowerCase() ?? '';
  const keepsAlive = minor === '1' ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection);
  return { status, headers, keepsAlive };
}

const SWITCHING = 101;

function addField(headers: Map<string, string>, line: string): void {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
  // Blanks before the colon, or a value that goes on in the next line, have made two servers read two replies in one.
  if (!TOKEN.test(name)) throw new MalformedReply("A line in the head of the server's reply is no header.");
  const value = line.slice(colon + 1).trim();
  if (FORBIDDEN.test(value))
    throw new MalformedReply(`The header ${name} of the server's reply holds a control character.`);
  const before = headers.get(name);
  headers.set(name, before === undefined ? value : `${before}, ${value}`);
}

const TOKEN = /^[!#$%&'*+.^`|~\w-]+$/;
const FORBIDDEN = /[\0\r\n]/;

function noHttp(): MalformedReply {
  return new MalformedReply('The server answered with something that is no HTTP/1.1.');
}
