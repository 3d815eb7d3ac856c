/**
 * Dimensions of symbolic shapes: a number, or a polynomial of named sizes with whole coefficients, written canonically as a
 * string (`"batch"`, `"past+tokens"`, `"64*media"`). Two dimensions are equal exactly when their canonical forms are.
 */
export type Dim = number | string;
export type Shape = readonly Dim[];

/** Sum of monomials: the product of sorted names (`""` for the constant) → its coefficient. */
type Polynomial = ReadonlyMap<string, number>;

const parsed = new Map<string, Polynomial>();
const canonical = new Map<string, Dim>();

function parse(dim: Dim): Polynomial {
  if (typeof dim === "number") return new Map([["", dim]]);
  const known = parsed.get(dim);
  if (known !== undefined) return known;
  const polynomial = new Map<string, number>();
  for (const [term] of dim.matchAll(/[+-]?[^+-]+/g)) {
    let coefficient = term.startsWith("-") ? -1 : 1;
    const names: string[] = [];
    for (const factor of term.replace(/^[+-]/, "").split("*")) {
      if (/^\d+$/.test(factor)) coefficient *= Number(factor);
      else if (/^[A-Za-z_]\w*$/.test(factor)) names.push(factor);
      else throw new Error(`"${dim}" is not a dimension: "${factor}" is neither a whole number nor a name`);
    }
    const monomial = names.sort().join("*");
    polynomial.set(monomial, (polynomial.get(monomial) ?? 0) + coefficient);
  }
  parsed.set(dim, polynomial);
  return polynomial;
}

function format(polynomial: Polynomial): Dim {
  const terms = [...polynomial].filter(([, coefficient]) => coefficient !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
  if (terms.length === 0) return 0;
  if (terms.length === 1 && terms[0]![0] === "") return terms[0]![1];
  // The constant sorts first and negative terms must not lead: "tokens-1", not "-1+tokens".
  const ordered = [...terms.filter(([m]) => m !== ""), ...terms.filter(([m]) => m === "")];
  ordered.sort(([, a], [, b]) => Number(a < 0) - Number(b < 0));
  return ordered
    .map(([monomial, coefficient], i) => {
      const size = Math.abs(coefficient);
      const body = monomial === "" ? `${size}` : size === 1 ? monomial : `${size}*${monomial}`;
      return coefficient < 0 ? `-${body}` : i === 0 ? body : `+${body}`;
    })
    .join("");
}

/** The canonical form: `"tokens+past"` and `"past+tokens"` become the same string. */
export function canonicalDim(dim: Dim): Dim {
  if (typeof dim === "number") {
    if (!Number.isInteger(dim) || dim < 0) throw new Error(`${dim} is not a dimension: it must be a whole number of at least 0`);
    return dim;
  }
  let form = canonical.get(dim);
  if (form === undefined) {
    form = format(parse(dim));
    canonical.set(dim, form);
  }
  return form;
}

export function addDims(...dims: readonly Dim[]): Dim {
  const total = new Map<string, number>();
  for (const dim of dims) {
    for (const [monomial, coefficient] of parse(dim)) total.set(monomial, (total.get(monomial) ?? 0) + coefficient);
  }
  return format(total);
}

export function subtractDims(a: Dim, b: Dim): Dim {
  return addDims(a, format(new Map([...parse(b)].map(([monomial, coefficient]) => [monomial, -coefficient]))));
}

export function multiplyDims(...dims: readonly Dim[]): Dim {
  const factor = dims.reduce<number>((known, dim) => (typeof dim === "number" ? known * dim : known), 1);
  const named = dims.filter((dim) => typeof dim === "string");
  if (named.length === 0) return factor;
  let product: Polynomial = new Map([["", factor]]);
  for (const dim of named) {
    const next = new Map<string, number>();
    for (const [left, a] of product) {
      for (const [right, b] of parse(dim)) {
        const monomial = [...left.split("*"), ...right.split("*")].filter(Boolean).sort().join("*");
        next.set(monomial, (next.get(monomial) ?? 0) + a * b);
      }
    }
    product = next;
  }
  return format(product);
}

/** `dim / divisor` where the divisor is a single term that divides every term; otherwise `undefined`. */
export function divideDims(dim: Dim, divisor: Dim): Dim | undefined {
  const by = [...parse(divisor)].filter(([, coefficient]) => coefficient !== 0);
  const polynomial = parse(dim);
  if (by.length !== 1) return canonicalDim(dim) === canonicalDim(divisor) && by.length > 0 ? 1 : undefined;
  const [divisorNames, divisorCoefficient] = by[0]!;
  const quotient = new Map<string, number>();
  for (const [monomial, coefficient] of polynomial) {
    const names = monomial.split("*").filter(Boolean);
    for (const name of divisorNames.split("*").filter(Boolean)) {
      const at = names.indexOf(name);
      if (at < 0) return undefined;
      names.splice(at, 1);
    }
    if (coefficient % divisorCoefficient !== 0) return undefined;
    quotient.set(names.join("*"), coefficient / divisorCoefficient);
  }
  return format(quotient);
}

/** The terms of a dimension, for whoever computes it at run time: coefficient and the names multiplied with it. */
export function dimTerms(dim: Dim): readonly { coefficient: number; names: readonly string[] }[] {
  return [...parse(dim)].map(([monomial, coefficient]) => ({ coefficient, names: monomial.split("*").filter(Boolean) }));
}

/** The value of a dimension when its names are bound to sizes; `undefined` while one of them is unknown. */
export function evaluateDimension(dim: Dim, bindings: ReadonlyMap<string, number>): number | undefined {
  let total = 0;
  for (const { coefficient, names } of dimTerms(dim)) {
    let term = coefficient;
    for (const name of names) {
      const size = bindings.get(name);
      if (size === undefined) return undefined;
      term *= size;
    }
    total += term;
  }
  return total;
}

/** Number of elements. */
export function elementCount(shape: Shape): Dim {
  return multiplyDims(1, ...shape);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}
