/** What all figures look like. */

/** Okabe and Ito's colours, which are told apart by everybody, but for yellow and black, which are not seen on white and on black. */
export const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"] as const;
export const dashes = [undefined, "7 4", "2 3", "10 3 2 3"] as const;

/** On white, and where the reader's page is dark on dark. */
export const figureStyle =
  ".paper{fill:#fff}text{fill:#444}.strong{fill:#111}.grid{stroke:#e4e4e4}.axis{stroke:#888}" +
  "@media(prefers-color-scheme:dark){.paper{fill:#16181c}text{fill:#bbb}.strong{fill:#eee}.grid{stroke:#30343a}.axis{stroke:#777}}";
