import { expect, test } from 'vitest';
import { staleReason } from '../../scripts/setup.mjs';

const locked = {
  '': { version: '0.1.0' },
  'node_modules/commander': { version: '14.0.3', integrity: 'sha512-a' },
  'node_modules/koffi': { version: '3.3.4', integrity: 'sha512-b', optional: true },
};
const { '': _, ...installed } = locked;

test('packages that match the lockfile are not stale', () => {
  expect(staleReason(locked, installed)).toBeUndefined();
});

test('a clone without packages is stale', () => {
  expect(staleReason(locked, undefined)).toBe('none installed yet');
});

test('a missing package is stale, an optional one may be missing', () => {
  const { 'node_modules/koffi': koffi, ...withoutKoffi } = installed;
  const { 'node_modules/commander': commander, ...withoutCommander } = installed;
  expect([koffi.optional, commander.version]).toEqual([true, '14.0.3']);
  expect(staleReason(locked, withoutKoffi)).toBeUndefined();
  expect(staleReason(locked, withoutCommander)).toBe('node_modules/commander is missing');
});

test('another version, or another content of the same version, is stale', () => {
  const older = { ...installed, 'node_modules/commander': { version: '14.0.2', integrity: 'sha512-z' } };
  const changed = { ...installed, 'node_modules/commander': { version: '14.0.3', integrity: 'sha512-z' } };
  expect(staleReason(locked, older)).toBe('node_modules/commander is 14.0.2, the lockfile says 14.0.3');
  expect(staleReason(locked, changed)).toBeDefined();
});
