/** Our own packet scripts, written from the RFCs; the name of each is a sentence. They hold to the microsecond. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runPacketScript } from '../../../host/packetscript/run.js';

const FOLDER = new URL('./', import.meta.url);
const scripts = readdirSync(FOLDER).filter((name) => name.endsWith('.pkt'));

test.each(scripts.map((name) => [name.slice(0, -'.pkt'.length).replaceAll('-', ' '), name]))('%s', async (_, name) => {
  const { status, reason, place } = await runPacketScript(readFileSync(new URL(name, FOLDER), 'utf8'), {
    profile: 'vitrine',
    mode: 'exact',
  });
  expect({ status, reason, place }).toEqual({ status: 'passed', reason: undefined, place: undefined });
});
