/** What a server makes of a client whose messages and records are changed on their way, before and after decryption. */
import { describe, expect, test } from 'vitest';
import { COUNT, DEADLINE, runInputs } from './inputs.js';

describe('A server to which something else comes than its client sent', () => {
  test(
    `breaks off with one alert that is right, or waits, or closes: ${COUNT} inputs`,
    async () => {
      const ends = await runInputs('server');
      for (const end of EXPECTED) expect(ends.get(end), end).toBeGreaterThan(COUNT / 5000);
      expect(ends.get('internal_error')).toBeUndefined();
      expect((ends.get('end') ?? 0) + (ends.get('open') ?? 0), 'inputs that change nothing').toBeLessThan(COUNT / 3);
    },
    DEADLINE,
  );
});

const EXPECTED = [
  'unexpected_message',
  'bad_record_mac',
  'record_overflow',
  'illegal_parameter',
  'decode_error',
  'decrypt_error',
  'protocol_version',
  'missing_extension',
  'handshake_failure',
  'waits',
];
