/** The bytes of model requests: the port that gets them, and a log in memory. */

export { type MemoryWireLogOptions, memoryWireLog, readBody } from './host/memory-wire-log.ts';
export type {
  ReadableWireLog,
  WireBody,
  WireExchange,
  WireLog,
  WirePiece,
  WirePosition,
  WireRequest,
  WireResponse,
} from './model/wire-log.ts';
