import { InvalidArgumentError } from 'commander';
import { describe, expect, test } from 'vitest';
import { parseWeather } from '../../host/cli/weather-option.js';

describe('--weather', () => {
  test('reads chances, times, rates and counts with their units', () => {
    expect(parseWeather('loss=1%,mark=5%,reorder=0.02,delay=20ms,jitter=0.5s,rate=10mbit,queue=100,seed=7')).toEqual({
      loss: 0.01,
      mark: 0.05,
      reorder: 0.02,
      delay: 20,
      jitter: 500,
      rate: 10_000_000,
      queue: 100,
      seed: 7,
    });
  });

  test.each([
    ['rain=1%', /"rain=1%" is none of loss, delay/],
    ['loss', /"loss" is none of/],
    ['', /"" is none of/],
    ['constructor=1', /none of/],
    ['loss=101%', /loss is a chance like 1%/],
    ['loss=1ms', /loss is a chance/],
    ['delay=-5ms', /delay is a time like 20ms/],
    ['delay=5min', /delay is a time/],
    ['rate=0mbit', /rate is a rate like 10mbit/],
    ['queue=1.5', /queue is a whole number/],
  ])('says what is wrong with %j', (text, message) => {
    expect(() => parseWeather(text)).toThrow(InvalidArgumentError);
    expect(() => parseWeather(text)).toThrow(message);
  });
});
