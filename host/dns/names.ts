/**
 * Names as programs write them: in which form they are asked for, and in which order a search list makes others of them.
 * Not for: names in messages (`message/name.ts`).
 */

/**
 * A name in the form that the DNS knows: A-labels for other scripts (RFC 5891), small letters, no final dot.
 * @returns `undefined` for what can be no name: an empty label, more than 63 bytes in one, more than 253 in all
 */
export function toAscii(name: string): string | undefined {
  const relative = name.endsWith('.') ? name.slice(0, -1) : name;
  const ascii = ASCII.test(relative) ? relative.toLowerCase() : byUrl(relative);
  if (ascii === undefined || ascii.length > LONGEST_NAME) return undefined;
  const fits = ascii.split('.').every((label) => label.length > 0 && label.length <= LONGEST_LABEL);
  return fits ? ascii : undefined;
}

export function isAbsolute(name: string): boolean {
  return name.endsWith('.');
}

/**
 * The names to ask for, in order, as resolv.conf(5) has it: one with fewer dots than `ndots` is first looked for in the
 * domains of the search list, any other one as it is; one with a final dot only as it is.
 * @param ascii from `toAscii`
 */
export function candidates(name: string, ascii: string, search: readonly string[], ndots: number): string[] {
  if (isAbsolute(name)) return [ascii];
  const longer = search.map((domain) => `${ascii}.${domain}`).filter((each) => each.length <= LONGEST_NAME);
  const dots = ascii.split('.').length - 1;
  return dots >= ndots ? [ascii, ...longer] : [...longer, ascii];
}

/** `localhost` and all names below it are this host, whoever is asked: RFC 6761 §6.3. */
export function isLocalhost(ascii: string): boolean {
  return ascii === 'localhost' || ascii.endsWith('.localhost');
}

/** Names that are not in the DNS, so that nobody is asked for them: RFC 6761 §6.4, RFC 7686 §2. */
export function isNowhere(ascii: string): boolean {
  return NOWHERE.some((domain) => ascii === domain || ascii.endsWith(`.${domain}`));
}

/** The URL class has the tables of IDNA; what would end a host in a URL is no letter of a name. */
function byUrl(name: string): string | undefined {
  if (!LETTERS.test(name)) return undefined;
  try {
    return new URL(`http://${name}/`).hostname;
  } catch {
    return undefined;
  }
}

/** Printable, and nothing that has a meaning in texts of names. */
const ASCII = /^[!#-[\]-~]*$/;
const LETTERS = /^[a-z0-9._\-\u0080-\u{10ffff}]*$/iu;
const NOWHERE = ['invalid', 'onion'];
const LONGEST_NAME = 253;
const LONGEST_LABEL = 63;
