/** What a browser does not have is not used. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const FOLDER = new URL('../../host/web/', import.meta.url);
const names = readdirSync(FOLDER).filter((name) => name.endsWith('.ts'));

test.each(names)('%s names neither modules of Node nor its globals', (name) => {
  expect(readFileSync(new URL(name, FOLDER), 'utf8')).not.toMatch(/node:|\bBuffer\b|\bprocess\b|\bsetImmediate\b/);
});
