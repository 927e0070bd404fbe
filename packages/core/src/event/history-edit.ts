import type { Message } from '../chat/message.ts';

/** A replacement of messages in the history. Positions count the messages that the current agent sees. */
export interface HistoryEdit {
  /** The first message to replace, counted from 0. */
  readonly from: number;
  /** The end of the replaced messages, exclusive. */
  readonly to: number;
  readonly messages: readonly Message[];
}
