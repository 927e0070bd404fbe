import { PawlError } from '@pawl/core';
import { addBrand, hasBrand } from '@pawl/core/host';
import type { Exercise } from '../model/schema-model.ts';
import type { ExploredRun } from './explore-run.ts';

interface ExplorationFailure {
  readonly seed: number;
  readonly exercise: Exercise;
  readonly broken: readonly string[];
  readonly run: ExploredRun;
}

/** A run broke a promise of Pawl. The message names the promise, and how to run the same seed alone. */
export class ExplorationError extends PawlError {
  override readonly name = 'ExplorationError';
  readonly seed: number;
  readonly broken: readonly string[];
  readonly outcome: ExploredRun['outcome'];
  readonly events: ExploredRun['events'];

  constructor({ seed, exercise, broken, run }: ExplorationFailure) {
    const { status } = run.outcome;
    super(
      `Seed ${seed} (exercise "${exercise}", ended ${status}) breaks promises of Pawl:\n${broken.map((each) => `- ${each}`).join('\n')}\nRun it alone: exploreAgent(agent, { seeds: [${seed}], exercises: ['${exercise}'] }).`,
      { code: 'promise.broken' },
    );
    this.seed = seed;
    this.broken = broken;
    this.outcome = run.outcome;
    this.events = run.events;
    addBrand(this, 'ExplorationError');
  }

  static override isInstance(error: unknown): error is ExplorationError {
    return hasBrand(error, 'ExplorationError');
  }
}
