import { signal } from '@preact/signals';
import { render } from 'preact';
import type { Session } from '../api.ts';

const session = signal<Session | undefined>(undefined);

render(<main>{session.value?.version}</main>, document.body);
