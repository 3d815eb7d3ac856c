/** How often each sequence of words occurs in a text, by its length: index 0 holds single words. Words are joined by spaces. */
export function countGrams(words: readonly string[], longest: number): ReadonlyMap<string, number>[] {
  return Array.from({ length: longest }, (_, n) => {
    const counts = new Map<string, number>();
    for (let i = 0; i + n < words.length; i++) {
      const gram = words.slice(i, i + n + 1).join(" ");
      counts.set(gram, (counts.get(gram) ?? 0) + 1);
    }
    return counts;
  });
}
