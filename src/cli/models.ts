import { Command } from "commander";
import { measuredDifferences } from "../checkpoint/measured-differences.ts";
import { modelFiles, refusedModels, type SupportedModel, supportedModels } from "../checkpoint/supported-models.ts";
import { table } from "./result-table.ts";

/** `flamingo models`: what loads, and what it was compared with. */
export const modelsCommand = (): Command =>
  new Command("models")
    .description("list what loads, from which files, how far it is from its authors' code, and what is refused")
    .option("--json", "print one JSON object")
    .action(models);

function models({ json = false }: { readonly json?: boolean }): void {
  if (json) {
    const loads = supportedModels.map((model) => ({ ...model, files: modelFiles[model.files], difference: largestDifference(model) }));
    process.stdout.write(`${JSON.stringify({ loads, refused: refusedModels })}\n`);
    return;
  }
  const rows = supportedModels.map((model) => [model.name, model.part, model.files, model.reference, shown(largestDifference(model))]);
  process.stdout.write(table([["loads", "part", "files", "compared with", "largest difference"], ...rows]));
  const files = Object.entries(modelFiles).map(([name, what]) => `  ${name.padEnd(13)} ${what}\n`);
  process.stdout.write(`\n${files.join("")}\nDifferences are in units of the largest number that the authors' code computes there, of all stages; random weights.\n\nRefused:\n`);
  for (const { name, because, instead } of refusedModels) process.stdout.write(`  ${name} ${because}. In its place: ${instead}\n`);
}

/** docs/models.md, from the same data. */
export function modelsDocument(): string {
  const loads = supportedModels.map(
    (model) =>
      `| ${model.name} | ${model.part} | ${modelFiles[model.files]} | ${model.types.map((type) => `\`${type}\``).join(", ")} | ${model.reference} | ${shown(largestDifference(model))} |`,
  );
  const refused = refusedModels.map(({ name, because, instead }) => `| ${name} | ${because} | ${instead} |`);
  return `${opening}
| loads | part | files | \`model_type\`, architecture or name | compared with | largest difference |
|---|---|---|---|---|---|
${loads.join("\n")}

${refusing}
| refused | because it | in its place |
|---|---|---|
${refused.join("\n")}

${closing}`;
}

const opening = `# Models that load

What \`flamingo models\` prints (\`--json\` for programs); \`tools/models-document.ts\` writes this page from \`src/checkpoint/supported-models.ts\` and from what the tests measure.

Each family is compared with its authors' code on random weights and drawn options: every block, features and logits. The difference is the largest one that the tests in \`test/parity/\` saw at any stage, in units of the largest number that
the reference has there. Both compute in float32 and differ in the order of their sums: the networks of timm that have up to 160 convolutions one after the other differ most.

A whole model is what \`Flamingo.load\`, \`flamingo pull\` and \`flamingo serve\` take. A part begins a training run: [training-parts.md](training-parts.md).
`;

const refusing = `What is not in the table is refused with an error that says what it is. These are asked for:
`;

const closing = `A key of a config that is not known, a value that is not computed, and a tensor that nothing uses are refused by name as well ([training-parts.md](training-parts.md)).

How pictures are prepared is read from the files beside a tower and gives its authors' pixels: of torchvision, timm and open_clip to the last bit. transformers cuts the middle out of some pictures one pixel further up or left than torchvision
does; and its processors that resize with torchvision in place of Pillow round otherwise, by 1 of 255 in the tests' pictures.

- DINOv2 is shown pictures of the size that its processor makes (224), not of the size that it was trained with last (518); its positions are interpolated as transformers does it, with antialiasing where there are registers. Another
  \`imageSize\` in the training config counts more.
- Networks of inverted residuals give the last block at stride 16 beside the last at stride 32 (\`features\`); where pictures are not whole cells of 32, as of Lite1 to Lite4, only the latter unless the config says otherwise. With \`classes: 1000\`
  what their classifier says comes with it.
- timm's SigLIPs compute GELU exactly where the released weights were trained with its approximation, except those of so400m/16, giantopt, base/32 and large/16 at 512; ours do what timm does. The same weights in transformers' folder have
  the approximation.
- OpenFlamingo's checkpoints leave out a head that is tied to nothing and not called \`embed\`, as LLaMA's. It comes from the language model's folder. What it has no rows for, the added tokens, the package draws anew each time that it loads;
  here their rows are 0.
- IDEFICS without resampler shows text every position of a picture; a video's positions are the mean of its frames'.
`;

/** The largest of all differences of a family; undefined: nothing was measured. */
export function largestDifference({ compared }: SupportedModel): number | undefined {
  const found = compared.flatMap((name) => measuredDifferences[name] ?? []);
  return found.length === 0 ? undefined : Math.max(...found);
}

function shown(difference: number | undefined): string {
  return difference === undefined ? "" : difference.toExponential(0);
}
