/** The same names with other values. */
export function mapValues<Name extends string, From, To>(record: Readonly<Record<Name, From>>, change: (value: From, name: Name) => To): Record<Name, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value as From, name as Name)])) as Record<Name, To>;
}
