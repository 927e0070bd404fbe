export type { Exercise, SchemaModelOptions } from '../model/schema-model.ts';
export { schemaModel } from '../model/schema-model.ts';
export { ExplorationError } from './exploration-error.ts';
export type { Exploration, ExploreOptions } from './explore-agent.ts';
export { exploreAgent } from './explore-agent.ts';
export type { ExploredRun, LiveOptions } from './explore-run.ts';
