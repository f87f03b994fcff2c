/**
 * The commands of scripts, in the small part of a shell's notation that they use: quotes, `;`, `&&`, `||`, pipes and
 * redirections, comments, continued lines, `$((…))`. Nothing is ever executed: known commands are recognised, all others are
 * unsupported by name.
 * Not for: what a command does (`commands.ts`).
 */

/** Commands joined by pipes, each as its words. */
export interface Pipeline {
  commands: string[][];
  /** When it runs: always, or after the one before it has succeeded or failed. */
  after: 'always' | 'success' | 'failure';
}

/** @returns the pipelines in order; a string says what can't be read */
export function parseShell(source: string): Pipeline[] | string {
  const tokens = tokenize(source);
  if (typeof tokens === 'string') return tokens;
  const pipelines: Pipeline[] = [];
  let after: Pipeline['after'] = 'always';
  let commands: string[][] = [[]];
  const finish = (next: Pipeline['after']) => {
    const filled = commands.filter((words) => words.length > 0);
    if (filled.length > 0) pipelines.push({ commands: filled, after });
    if (filled.length > 0 || next === 'always') after = next;
    commands = [[]];
  };
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index] as Token;
    if (token.kind === 'word') commands.at(-1)?.push(token.text);
    else if (token.text === '|') commands.push([]);
    else if (/[<>]/.test(token.text)) index++;
    else finish(token.text === '&&' ? 'success' : token.text === '||' ? 'failure' : 'always');
  }
  finish('always');
  return pipelines;
}

interface Token {
  kind: 'word' | 'operator';
  text: string;
}

function tokenize(source: string): Token[] | string {
  const tokens: Token[] = [];
  const text = source.replace(/\\\r?\n/g, ' ');
  for (let at = 0; at < text.length; ) {
    BLANK.lastIndex = at;
    at += BLANK.exec(text)?.[0].length ?? 0;
    OPERATOR.lastIndex = at;
    const operator = OPERATOR.exec(text)?.[0];
    if (operator !== undefined && operator !== '') {
      if (!/&[0-9-]$/.test(operator)) tokens.push({ kind: 'operator', text: operator.replace(/^\d/, '').trim() });
      at += operator.length;
      continue;
    }
    if (at >= text.length) break;
    WORD.lastIndex = at;
    const word = WORD.exec(text)?.[0];
    if (word === undefined || word === '') return `can't read the command from '${text.slice(at, at + 20)}' on`;
    tokens.push({ kind: 'word', text: unquoted(word) });
    at += word.length;
  }
  return tokens;
}

function unquoted(word: string): string {
  return word.replace(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/gs, (_, single, double, escaped) => {
    if (single !== undefined) return single as string;
    if (escaped !== undefined) return escaped as string;
    return calculated((double as string).replace(/\\(["\\$`])/g, '$1'));
  });
}

/** `$((15*1024*1024))` */
function calculated(text: string): string {
  return text.replace(/\$\(\(([\d\s*+-]+)\)\)/g, (_, formula: string) => {
    const sum = formula
      .split('+')
      .map((part) => part.split('*').reduce((product, factor) => product * Number(factor), 1));
    return String(sum.reduce((total, part) => total + part, 0));
  });
}

/** Spaces, and comments where a word could begin. */
const BLANK = /(?:[ \t\r]|#[^\n]*)*/y;
const OPERATOR = /\d?>&[0-9-]|&>>?|\d?>>?|<|\|\||&&|[\n;|&]/y;
const WORD = /(?:'[^']*'|"(?:\\.|[^"\\])*"|\$\(\([^)]*\)\)|\\.|[^\s'"\\;|&<>])+/sy;
