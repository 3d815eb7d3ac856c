import { html, raw } from "hono/html";
import type { ServerApp } from "./service.ts";

const description =
  "Few-shot visual language models behind the interface that OpenAI's clients speak. Pictures come with the request, as data URLs. Earlier turns of a conversation are the examples; a support set holds examples that were read once.";

/** What is known of an operation. */
interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>>;
}

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** `/openapi.json`, and the same as a page that needs nothing from elsewhere. */
export function addDocs(app: ServerApp): void {
  const config = { openapi: "3.1.0", info: { title: "flamingo-vlm", version: "1", description } };
  app.doc31("/openapi.json", config);
  app.get("/docs", (c) => {
    c.header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");
    return c.html(page(app.getOpenAPI31Document(config) as unknown as Document));
  });
}

type Html = ReturnType<typeof html>;

function page({ paths, components }: Document): Html {
  const operations = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
  const sections = operations.map(({ path, method, operation: { summary, requestBody, responses } }) => {
    const body = Object.values(requestBody?.content ?? {})[0]?.schema;
    return html`<section>
<h2><code>${method.toUpperCase()} ${path}</code></h2><p>${prose(summary)}</p>
${body === undefined ? "" : html`<p>Takes ${nameOf(body)}.</p>`}
<ul>${Object.entries(responses).map(([status, { description: said, content }]) => html`<li><b>${status}</b> ${prose(said)} ${Object.entries(content ?? {}).map(([type, { schema }]) => html`<code>${type}</code>: ${nameOf(schema)} `)}</li>`)}</ul>
</section>`;
  });
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      html`<section id="${name}"><h3>${name}</h3>${schema.description === undefined ? "" : html`<p>${prose(schema.description)}</p>`}${fields(schema)}</section>`,
  );
  return framed(
    html`<h1>flamingo-vlm</h1><p>${description}</p><p><a href="/openapi.json">/openapi.json</a> is the same for programs.</p>${sections}<h2>Objects</h2>${schemas}`,
  );
}

/** Text with code between backquotes, as descriptions of an OpenAPI document are written. */
function prose(text = ""): Html {
  return html`${text.split("`").map((part, i) => (i % 2 === 0 ? part : html`<code>${part}</code>`))}`;
}

function fields({ properties, required = [], ...schema }: Schema): Html {
  if (properties === undefined) return html`<p>${nameOf(schema)}</p>`;
  const rows = Object.entries(properties).map(
    ([name, property]) =>
      html`<tr><td><code>${name}</code>${required.includes(name) ? " *" : ""}</td><td>${nameOf(property)}</td><td>${prose(property.description)}</td></tr>`,
  );
  return html`<table><tr><th>field (* needed)</th><th>is</th><th></th></tr>${rows}</table>`;
}

function nameOf(schema: Schema): Html {
  const reference = schema.$ref?.split("/").at(-1);
  if (reference !== undefined) return html`<a href="#${reference}">${reference}</a>`;
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives !== undefined) return html`${alternatives.map((each, i) => html`${i > 0 ? " or " : ""}${nameOf(each)}`)}`;
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum !== undefined) return html`<code>${schema.enum.map((each) => JSON.stringify(each)).join(" | ")}</code>`;
  if (schema.items !== undefined) return html`list of ${nameOf(schema.items)}`;
  if (schema.properties !== undefined)
    return html`{ ${Object.entries(schema.properties).map(([name, each], i) => html`${i > 0 ? ", " : ""}${name}: ${nameOf(each)}`)} }`;
  return html`${[schema.type ?? "anything"].flat().join(" or ")}`;
}

function framed(content: Html): Html {
  return html`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>flamingo-vlm</title>
<style>${raw(style)}</style>
<body><main>${content}</main></body></html>`;
}

const style = `:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 1rem 4rem; }
main { max-width: 60rem; margin: 0 auto; }
h2 { margin-top: 2.5rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .25rem 1rem .25rem 0; border-bottom: 1px solid #8886; }`;
