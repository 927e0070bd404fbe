import { callFaults } from './call-faults.ts';
import type { Fault } from './fault.ts';
import { responseFaults } from './response-faults.ts';
import { runFaults } from './run-faults.ts';

/** Cases of docs/behaviours.md, A to C, that need no programming interface of Pawl's. What only shows after a deadline of a minute or more is not among them. */
export const faults: readonly Fault[] = [...runFaults, ...responseFaults, ...callFaults];
