// For mutation testing: property tests use the same examples for each mutant, so that a score is reproducible.
import fc from 'fast-check';

fc.configureGlobal({ seed: 1 });
