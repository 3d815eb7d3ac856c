import type { Picture, Prompt } from "../task/task.ts";
import type { CopyContext } from "./context.ts";

/** Calls of a shell: pictures become files, about which the command asks. */
export function commandLine({ examples, question }: Prompt, { model }: CopyContext): string {
  const shots = examples.map(({ picture, text }, i) => ({ file: `example-${i + 1}.${ending(picture)}`, picture, text: text.trim() }));
  const asked = `question.${ending(question.picture)}`;
  const files = [...shots, { file: asked, picture: question.picture }].map(
    ({ file, picture }) => `base64 -d > ${file} <<'END'\n${picture.url.replace(/^.*?,/, "")}\nEND`,
  );
  const parameters = [
    `--model ${quoted(model)}`,
    ...shots.map(({ file, text }) => `--shot ${file}=${quoted(text)}`),
    `--image ${asked}`,
    ...(question.text === "" ? [] : [`--text ${quoted(question.text)}`]),
  ];
  return `${files.join("\n")}
npx flamingo ask ${parameters.join(" \\\n  ")}
`;
}

function ending({ url }: Picture): string {
  return /^data:image\/(\w+)/.exec(url)![1]!.replace("jpeg", "jpg");
}

/** As a shell reads it: everything but the quotation mark itself stands as it is. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
