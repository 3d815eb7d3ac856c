/** The same value with `log_probability` as `logProbability`: fields of the server's JSON as the library has them. */
export function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), camelCased(each)]));
}
