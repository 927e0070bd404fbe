#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// What the modules of the CLI and of the agent compile to is kept: a start takes less than half the time.
enableCompileCache?.();
const { runInstalled } = await import('./run-process.ts');
await runInstalled();
