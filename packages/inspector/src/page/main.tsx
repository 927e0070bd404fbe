import { render } from 'preact';
import { App } from './app.tsx';
import { startState } from './data/state.ts';

render(<App />, document.body);
await startState();
