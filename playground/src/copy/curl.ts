import { conversationOf } from "../answering/conversation.ts";
import type { Prompt } from "../task/task.ts";
import type { CopyContext } from "./context.ts";

/** A call of curl. A shell takes the body as it stands: its end is a line of its own. */
export function curl(prompt: Prompt, { model, base, locked }: CopyContext): string {
  const key = locked ? ' -H "authorization: Bearer $FLAMINGO_API_KEY"' : "";
  const messages = conversationOf(prompt).map((message) => `  ${JSON.stringify(message)}`);
  return `curl -N ${base}v1/chat/completions -H "content-type: application/json"${key} -d @- <<'END'
{"model": ${JSON.stringify(model)}, "messages": [
${messages.join(",\n")}
]}
END
`;
}
