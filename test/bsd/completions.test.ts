/** What MSG_ZEROCOPY is told, and when. */
import { describe, expect, test } from 'vitest';
import { Completions } from '../../host/bsd/completions.js';

describe('calls of MSG_ZEROCOPY', () => {
  test('are done when their last byte is acknowledged, and told as one range', () => {
    const completions = new Completions();
    completions.accepted(100, true);
    completions.accepted(50, true);
    expect(completions.look(150)).toBeUndefined();
    expect(completions.look(51), 'one byte of the first is not acknowledged').toBeUndefined();
    expect(completions.look(50)).toEqual({ first: 0, last: 0 });
    expect(completions.look(0)).toEqual({ first: 0, last: 1 });
  });

  test('are told once', () => {
    const completions = new Completions();
    completions.accepted(100, true);
    expect(completions.look(0)).toEqual({ first: 0, last: 0 });
    completions.told();
    expect(completions.look(0)).toBeUndefined();
    completions.accepted(1, true);
    expect(completions.look(0)).toEqual({ first: 1, last: 1 });
  });

  test('count only what was asked for, but every byte', () => {
    const completions = new Completions();
    completions.accepted(1000, false);
    completions.accepted(10, true);
    expect(completions.look(5)).toBeUndefined();
    expect(completions.look(0)).toEqual({ first: 0, last: 0 });
  });
});
