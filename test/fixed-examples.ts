// For mutation testing: gives generated tests the same examples for each mutant, otherwise a score would change from run to run.
import fc from 'fast-check';

fc.configureGlobal({ seed: 1 });
