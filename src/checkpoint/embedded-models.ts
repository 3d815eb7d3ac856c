/** Models that come with the package, under `models/`; `small` needs a file beside what is there, which `flamingo pull small` fetches. */
export const embeddedModels = ["nano", "small"] as const;

export function isEmbedded(name: string): boolean {
  return (embeddedModels as readonly string[]).includes(name);
}
