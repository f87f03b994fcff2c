/**
 * The option `--weather loss=1%,delay=20ms,rate=10mbit`: names of the weather device's conditions, values with units.
 */
import { InvalidArgumentError } from 'commander';
import type { WeatherOptions } from '../device/weather.js';

/** @throws InvalidArgumentError, which commander shows to the user */
export function parseWeather(text: string): WeatherOptions {
  const options: Record<string, number> = {};
  for (const part of text.split(',')) {
    const [, name = '', value = ''] = /^\s*([a-z]+)=(\S+)\s*$/.exec(part) ?? [];
    const parse = Object.hasOwn(CONDITIONS, name) ? CONDITIONS[name] : undefined;
    if (parse === undefined) {
      throw new InvalidArgumentError(`"${part.trim()}" is none of ${Object.keys(CONDITIONS).join(', ')} with a value.`);
    }
    options[name] = parse(value, name);
  }
  return options;
}

/** `1%` or `0.01` */
function chance(text: string, name: string): number {
  const [, digits, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  const value = Number(digits) / (percent === '%' ? 100 : 1);
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError(`${name} is a chance like 1% or 0.01, not "${text}".`);
}

/** `20ms`, `20` or `1.5s`, in milliseconds */
function time(text: string, name: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(text) ?? [];
  if (digits !== undefined) return Number(digits) * (unit === 's' ? 1000 : 1);
  throw new InvalidArgumentError(`${name} is a time like 20ms or 1.5s, not "${text}".`);
}

/** `10mbit`, in bits a second */
function rate(text: string, name: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(kbit|mbit|gbit|bit)?$/.exec(text) ?? [];
  const value = Number(digits) * (SCALES.get(unit) ?? 1);
  if (value > 0) return value;
  throw new InvalidArgumentError(`${name} is a rate like 10mbit, not "${text}".`);
}

function whole(text: string, name: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`${name} is a whole number, not "${text}".`);
}

const CONDITIONS: Record<string, (text: string, name: string) => number> = {
  loss: chance,
  delay: time,
  jitter: time,
  reorder: chance,
  duplicate: chance,
  corrupt: chance,
  mark: chance,
  rate,
  queue: whole,
  seed: whole,
};

const SCALES = new Map([
  ['kbit', 1e3],
  ['mbit', 1e6],
  ['gbit', 1e9],
]);
