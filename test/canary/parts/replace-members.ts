/** An object in whose place another stands, with some of its members replaced: what a variant of ours is made with. */

/** Members that are replaced by `undefined` look as if they were not there. @internal */
export function replaceMembers<T extends object>(original: T, replaced: Partial<T>): T {
  return new Proxy(original, {
    get: (target, key) => {
      if (Object.hasOwn(replaced, key)) return Reflect.get(replaced, key)
      const value: unknown = Reflect.get(target, key, target)
      // Methods have private fields to reach.
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
