/** The text format of WebAssembly as nested lists of words. Not for: what the words mean. */

export type Expression = string | readonly Expression[];

/** The one expression of a text. */
export function parseText(text: string): readonly Expression[] {
  const open: Expression[][] = [[]];
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '(') open.push([]);
    else if (token === ')') {
      const closed = open.pop() as Expression[];
      (open.at(-1) as Expression[]).push(closed);
    } else if (!token.startsWith(';;')) (open.at(-1) as Expression[]).push(token);
  }
  return open[0]?.[0] as readonly Expression[];
}

export function printText(expression: Expression): string {
  return typeof expression === 'string' ? expression : `(${expression.map(printText).join(' ')})`;
}

/** A parenthesis, a comment, a string, or a word. */
const TOKEN = /[()]|;;.*|"(?:[^"\\]|\\.)*"|[^\s()";]+/g;
