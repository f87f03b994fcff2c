/**
 * Tables that `tsc` fills in: for each member of an interface that Bun declares, whether ours is the same. A table has a
 * line for every member, and the line of a member that is missing or does not fit can't be written.
 * Not for: the tables themselves (`socket.ts` and its neighbours).
 */

/** What a program gets: each member of ours must be usable as Bun's. */
export type Given<Ours, Theirs> = {
  readonly [Name in keyof Theirs]-?: Name extends keyof Ours ? Line<Member<Ours, Name>, Member<Theirs, Name>> : never;
} & { readonly [Name in Exclude<keyof Ours, keyof Theirs> & string]: More };

/** What a program gives: each member of Bun's must be acceptable as ours. */
export type Taken<Ours, Theirs> = {
  readonly [Name in keyof Theirs]-?: Name extends keyof Ours ? Line<Member<Theirs, Name>, Member<Ours, Name>> : never;
} & { readonly [Name in Exclude<keyof Ours, keyof Theirs> & string]: More };

/** In one direction only, or beyond what Bun declares: in what, and why. */
interface More {
  readonly more: string;
}

type Line<From, To> = From extends To ? (To extends From ? 'same' : More) : never;

/** The member alone, whether optional or not; a method as functions, whose parameters `tsc` compares strictly. */
type Member<Type, Name extends keyof Type> = { [Only in keyof Pick<Type, Name>]: Strict<Type[Only]> };

type Strict<Value> = Value extends {
  (...parameters: infer First): infer FirstResult;
  (...parameters: infer Second): infer SecondResult;
}
  ? ((...parameters: First) => FirstResult) & ((...parameters: Second) => SecondResult)
  : Value;
