import { hostConformance } from '@pawl/testing/host';
import { describe, test } from 'vitest';
import { hosts } from './hosts.ts';

describe.each(hosts)('on $name', ({ open }) => {
  test.each(hostConformance({ open }))('$name', ({ run }) => run());
});
