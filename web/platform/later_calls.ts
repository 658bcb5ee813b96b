/**
 * An operator whose code is loaded when it is first called: a till that opens without a network needs none of it.
 *
 * The service worker keeps that code like the rest. Where it cannot be had (a first visit that was cut off), the operator
 * counts as one that cannot be reached: nothing was asked, and asking again is safe.
 */

import { typed } from "../protocol/typed.ts";
import { LinkTrouble } from "./link_trouble.ts";

/** What has the methods of the real one; each loads it first. All of them are asynchronous, or this would be wrong. */
export function laterCalls<Operator extends object>(load: () => Promise<Operator>): Operator {
  const call =
    (name: string | symbol) =>
    async (...given: readonly unknown[]): Promise<unknown> => {
      const operator = await load().catch(() => {
        throw new LinkTrouble("operator_unreachable");
      });
      const method: unknown = Reflect.get(operator, name);
      if (typeof method !== "function") throw new RangeError(`an operator has no call ${String(name)}`);
      return Reflect.apply(method, operator, given);
    };
  return new Proxy(typed<Operator>({}), { get: (_, name) => call(name) });
}

/** Made when it is first asked for; what could not be made is tried again. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
