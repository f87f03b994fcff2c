/**
 * Where the members of an object are found: programs and tools list those of Bun's sockets on the prototype. Not for:
 * what they do.
 */

/**
 * Makes the members of a class enumerable, as Bun's are, and puts those of its base classes beside them.
 * @param hidden names that belong to the product, not to Bun's interface
 */
export function expose(exposed: { readonly prototype: object }, hidden: readonly string[] = []): void {
  const target = exposed.prototype;
  for (let from = target; from !== Object.prototype; from = Object.getPrototypeOf(from)) {
    for (const name of Object.getOwnPropertyNames(from)) {
      const own = Object.getOwnPropertyDescriptor(target, name);
      const descriptor = own ?? (Object.getOwnPropertyDescriptor(from, name) as PropertyDescriptor);
      if (name !== 'constructor')
        Object.defineProperty(target, name, { ...descriptor, enumerable: !hidden.includes(name) });
    }
  }
}
