/**
 * Reads a table of figures: in each line a number of examples and the figures after as many, `-` where there is none.
 * @param benchmarks - names over the columns
 */
export function byShots(benchmarks: string, table: string): Readonly<Record<string, Readonly<Record<number, number>>>> {
  const names = benchmarks.split(" ");
  const rows = table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/ +/));
  if (rows.some((row) => row.length !== names.length + 1)) throw new Error(`a line of the table does not have ${names.length + 1} columns`);
  return Object.fromEntries(
    names.map((name, column) => [name, Object.fromEntries(rows.flatMap((row) => (row[column + 1] === "-" ? [] : [[row[0], Number(row[column + 1])]])))]),
  );
}
