import type { UserMessage } from '../chat/message.ts';
import { readUserMessage } from '../chat/read-input.ts';

interface Said {
  readonly message: UserMessage;
  readonly tell: (isTakenIn: boolean) => void;
}

/** What a user says while a run is at work, until it is remembered that the model has read it. */
export class Inbox {
  #said: readonly Said[] = NOTHING;
  #isClosed = false;

  get messages(): readonly UserMessage[] {
    return this.#said.map(({ message }) => message);
  }

  /** @throws ConfigError for a message that is not a user's. */
  add(said: string | UserMessage): Promise<boolean> {
    const message = readUserMessage(said, 'run.steer');
    return new Promise((tell) => {
      if (this.#isClosed) tell(false);
      else this.#said = [...this.#said, { message, tell }];
    });
  }

  /** The first ones are part of the run from now on. */
  takeIn(count: number): void {
    if (count === 0) return;
    for (const { tell } of this.#said.slice(0, count)) tell(true);
    this.#said = this.#said.slice(count);
  }

  close(): void {
    this.#isClosed = true;
    for (const { tell } of this.#said) tell(false);
    this.#said = [];
  }
}

const NOTHING: readonly Said[] = [];
