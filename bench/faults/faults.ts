import { callFaults } from './call-faults.ts';
import type { Fault } from './fault.ts';
import { responseFaults } from './response-faults.ts';
import { runFaults } from './run-faults.ts';

/** Cases of docs/behaviours.md, A to C, that do not need Pawl's API. Cases that need a deadline of a minute or more are not included. */
export const faults: readonly Fault[] = [...runFaults, ...responseFaults, ...callFaults];
