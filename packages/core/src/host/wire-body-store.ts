/** A request body that shares its first bytes with another one. */
export interface SharedBody {
  base: SharedBody | undefined;
  /** How many bytes of `base` this body begins with. */
  sharedLength: number;
  /** The bytes after those. */
  chunks: readonly Uint8Array[];
}

/**
 * Stores a body as what follows its longest common beginning with one of the others. A copy, by the constructor: `slice` of a Buffer does not copy.
 *
 * @param others - the most likely one first
 */
export function storeBody(bytes: Uint8Array, others: Iterable<SharedBody>): SharedBody {
  let base: SharedBody | undefined;
  let sharedLength = 0;
  for (const other of others) {
    const length = measureCommonPrefix(bytes, other);
    if (length <= sharedLength) continue;
    base = other;
    sharedLength = length;
    if (length >= measureBody(other) * CLOSE_SHARE) break;
  }
  // A reference to a few bytes would only keep the other body from being deleted cheaply.
  if (sharedLength < MIN_SHARED_LENGTH) return { base: undefined, sharedLength: 0, chunks: [new Uint8Array(bytes)] };
  return { base, sharedLength, chunks: [new Uint8Array(bytes.subarray(sharedLength))] };
}

/** A request that continues another one has almost all of its body. Nothing better needs to be sought then. */
const CLOSE_SHARE = 0.9;

/** In bytes. */
const MIN_SHARED_LENGTH = 64;

export function measureBody({ sharedLength, chunks }: SharedBody): number {
  return sharedLength + measureChunks(chunks);
}

export function measureChunks(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

/**
 * Removes a body, so that the bodies that refer to it stay whole: the one that shares most of it gets those bytes, and the others refer
 * to that one.
 */
export function removeBody(removed: SharedBody, dependents: readonly SharedBody[]): void {
  const [heir, ...others] = [...dependents].sort((a, b) => b.sharedLength - a.sharedLength);
  if (heir === undefined) return;
  for (const other of others) other.base = heir;
  const kept = cutChunks(removed.chunks, heir.sharedLength - removed.sharedLength);
  heir.chunks = [...kept, ...heir.chunks];
  heir.base = removed.base;
  heir.sharedLength = Math.min(heir.sharedLength, removed.sharedLength);
}

/** Returns the first bytes. Copies a chunk that is cut, so that its rest is not kept in memory. */
function cutChunks(chunks: readonly Uint8Array[], length: number): readonly Uint8Array[] {
  const kept: Uint8Array[] = [];
  let missing = length;
  for (const chunk of chunks) {
    if (missing <= 0) break;
    kept.push(chunk.length <= missing ? chunk : new Uint8Array(chunk.subarray(0, missing)));
    missing -= chunk.length;
  }
  return kept;
}

function measureCommonPrefix(bytes: Uint8Array, body: SharedBody): number {
  let at = 0;
  for (const piece of listPieces(body)) {
    const length = Math.min(piece.length, bytes.length - at);
    for (let offset = 0; offset < length; offset++) if (bytes[at + offset] !== piece[offset]) return at + offset;
    at += length;
  }
  return at;
}

/** Lists the bytes of a body in order. Not recursive: a run of thousands of turns is a chain of as many bodies. */
function listPieces(body: SharedBody): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let limit = Number.POSITIVE_INFINITY;
  for (let current: SharedBody | undefined = body; current !== undefined && limit > 0; current = current.base) {
    const own = limit - current.sharedLength;
    if (own > 0) pieces.push(...takeBytes(current.chunks, own).reverse());
    limit = Math.min(limit, current.sharedLength);
  }
  return pieces.reverse();
}

/** Does not copy. */
function takeBytes(chunks: readonly Uint8Array[], length: number): Uint8Array[] {
  const taken: Uint8Array[] = [];
  let missing = length;
  for (const chunk of chunks) {
    if (missing <= 0) break;
    taken.push(chunk.length <= missing ? chunk : chunk.subarray(0, missing));
    missing -= chunk.length;
  }
  return taken;
}
