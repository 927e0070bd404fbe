import type { Message } from '../chat/message.ts';

/** Messages in whose place others stand from now on. Positions are those of what the agent that speaks sees. */
export interface HistoryEdit {
  /** The first message that goes, counted from 0. */
  readonly from: number;
  /** The first one after it that stays. */
  readonly to: number;
  readonly messages: readonly Message[];
}
