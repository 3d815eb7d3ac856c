/** The text and the pictures of a web page, in the order in which they are read: that of its tree (Alayrac et al., 2022, appendix A.3.1: pictures "at the same level in the HTML tree"). */
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, html, parse } from "parse5";

export type PagePiece = { readonly kind: "text"; readonly text: string } | { readonly kind: "picture" /** As the page names it. */; readonly source: string };

export interface Page {
  /** What its `lang` says. */
  readonly language: string | undefined;
  /** What addresses in it are relative to, where it says so. */
  readonly base: string | undefined;
  readonly pieces: readonly PagePiece[];
}

type Node = DefaultTreeAdapterTypes.ChildNode;
type Element = DefaultTreeAdapterTypes.Element;

const { TAG_NAMES: tag } = html;

/** What is no part of what a page says: programs, menus, what stands around every page of a site, what is filled in. */
const leftOut = new Set<string>([
  ...[tag.SCRIPT, tag.STYLE, tag.NOSCRIPT, tag.TEMPLATE, tag.HEAD, tag.NAV, tag.HEADER, tag.FOOTER, tag.ASIDE, tag.FORM, tag.BUTTON, tag.SELECT, tag.TEXTAREA],
  ...[tag.IFRAME, tag.OBJECT, tag.SVG, tag.MATH, "video", "audio", "canvas", "dialog"],
]);
/** Roles of ARIA that mean the same. */
const leftOutRoles = new Set(["navigation", "banner", "contentinfo", "complementary", "search", "menu", "menubar"]);
/** A header within these is the title of what it stands in. */
const contents = new Set<string>([tag.ARTICLE, tag.MAIN, tag.SECTION]);
/** What begins a paragraph and ends it. */
const blocks = new Set<string>(
  "address article blockquote body center dd details div dl dt fieldset figcaption figure h1 h2 h3 h4 h5 h6 header hr li main ol p pre section summary table tbody tfoot thead tr ul".split(
    " ",
  ),
);

/** @param text - of the page's file */
export function readPage(text: string): Page {
  const document = parse(text);
  const writer = new PieceWriter();
  let language: string | undefined;
  let base: string | undefined;
  const visit = (node: Node, inContent: boolean, preformatted: boolean): void => {
    if (defaultTreeAdapter.isTextNode(node)) writer.text(node.value, preformatted);
    if (!("tagName" in node)) return;
    const { tagName: name } = node;
    if (name === tag.HTML) language = attribute(node, "lang") ?? attribute(node, "xml:lang");
    if (name === tag.HEAD) base = node.childNodes.flatMap((child) => ("tagName" in child && child.tagName === tag.BASE ? [attribute(child, "href")] : []))[0];
    if (isLeftOut(node, inContent) || ((name === tag.UL || name === tag.OL) && isMenu(node))) return;
    if (name === tag.IMG) {
      const source = sourceOf(node);
      if (source !== undefined) writer.picture(source);
      return;
    }
    if (name === tag.BR) writer.line();
    const block = blocks.has(name);
    if (block) writer.paragraph();
    if (name === tag.LI) writer.text("- ", true);
    if (name === tag.TD || name === tag.TH) writer.text(" ", false);
    for (const child of node.childNodes) visit(child, inContent || contents.has(name), preformatted || name === tag.PRE);
    if (block) writer.paragraph();
  };
  for (const node of document.childNodes) visit(node, false, false);
  return { language, base, pieces: writer.end() };
}

function isLeftOut(element: Element, inContent: boolean): boolean {
  const { tagName: name } = element;
  if (leftOut.has(name) && !(inContent && (name === tag.HEADER || name === tag.FOOTER))) return true;
  const role = attribute(element, "role");
  if (role !== undefined && leftOutRoles.has(role)) return true;
  return (
    attribute(element, "hidden") !== undefined || attribute(element, "aria-hidden") === "true" || /display:\s*none/i.test(attribute(element, "style") ?? "")
  );
}

/** A list of links and little else, without a picture. */
function isMenu(list: Element): boolean {
  let [linked, all, pictures] = [0, 0, 0];
  const visit = (node: Node, inLink: boolean): void => {
    if (defaultTreeAdapter.isTextNode(node)) {
      const { length } = node.value.trim();
      all += length;
      if (inLink) linked += length;
    } else if ("tagName" in node) {
      if (node.tagName === tag.IMG) pictures++;
      for (const child of node.childNodes) visit(child, inLink || node.tagName === tag.A);
    }
  };
  visit(list, false);
  return pictures === 0 && all > 0 && linked >= 0.8 * all;
}

/** Pages that load pictures late name them elsewhere. */
function sourceOf(image: Element): string | undefined {
  const given = [attribute(image, "src"), attribute(image, "data-src"), attribute(image, "srcset")?.trim().split(/[\s,]/)[0]];
  const late = given[1] ?? given[2];
  return given[0] === undefined || (given[0].startsWith("data:") && late !== undefined) ? late : given[0];
}

function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((each) => each.name === name)?.value;
}

/** Paragraphs between pictures, with one blank between words and an empty line between paragraphs. */
class PieceWriter {
  private readonly pieces: PagePiece[] = [];
  private readonly seen = new Set<string>();
  private paragraphs: string[] = [];
  private open = "";

  text(value: string, preformatted: boolean): void {
    // A private character stands for a blank that is kept.
    this.open += preformatted ? value.replaceAll("\n", "\ue000").replaceAll(/[ \t]/g, "\ue001") : value;
  }

  line(): void {
    this.open += "\ue000";
  }

  /** Ends a paragraph. One that is long and was there before is a repetition, such as a licence under each figure. */
  paragraph(): void {
    const text = cleaned(this.open);
    this.open = "";
    if (text === "" || text === "-") return;
    if (text.length > 40 && this.seen.has(text)) return;
    this.seen.add(text);
    this.paragraphs.push(text);
  }

  picture(source: string): void {
    this.endText();
    this.pieces.push({ kind: "picture", source });
  }

  end(): readonly PagePiece[] {
    this.endText();
    return this.pieces;
  }

  private endText(): void {
    this.paragraph();
    if (this.paragraphs.length > 0) this.pieces.push({ kind: "text", text: this.paragraphs.join("\n\n") });
    this.paragraphs = [];
  }
}

/** One blank for many, none at the ends of lines; without characters that nobody sees and signs that only mark headings for links. */
function cleaned(text: string): string {
  return text
    .normalize("NFC")
    .replaceAll(/(?![\n\t\r\u200c\u200d])[\p{Cc}\p{Cf}\ufffd]/gu, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?\ue000 ?/g, "\n")
    .replaceAll("\ue001", " ")
    .replaceAll(/[ \t]+$/gm, "")
    .replaceAll(/ ?[¶#]$/gm, "")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
}
