/** The paper's data sets with their weights λ in the objective (section 2.4 and appendix). They were never published. */
export const allData = [
  { name: "M3W", weight: 1 },
  { name: "ALIGN", weight: 0.2 },
  { name: "LTIP", weight: 0.2 },
  { name: "VTP", weight: 0.03 },
] as const;
