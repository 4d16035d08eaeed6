/** Reads `environment.yaml`: every mistake with its line, its column and, for a typo, the word that was meant. */
import { distance } from "fastest-levenshtein";
import { LineCounter, isMap, isNode, parseDocument, type Document } from "yaml";
import * as z from "zod";
import type { ErrorData } from "../../protocol/errors.ts";
import { Manifest, ManifestFile } from "../../protocol/manifest.ts";
import { merged } from "./variants.ts";

/** `manifests` are in the order of the file: one, or one for each variant. */
export type ManifestReading = { ok: true; manifests: Manifest[] } | { ok: false; problems: ErrorData[] };

/**
 * @param text content of the file
 * @param file path shown in problems
 */
export function readManifest(text: string, file: string): ManifestReading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  if (document.errors.length > 0) {
    return {
      ok: false,
      problems: document.errors.map((error) =>
        problem(place(error.pos[0]), `not valid YAML: ${error.message}`, "Correct the line; indentation matters in YAML."),
      ),
    };
  }
  const raw = document.toJS() as unknown;
  const parsed = ManifestFile.safeParse(raw);
  if (!parsed.success) return { ok: false, problems: flatten(parsed.error.issues).flatMap((issue) => problemsOf(issue, document, place)) };
  const { variants, ...manifest } = parsed.data;
  if (variants === undefined) return { ok: true, manifests: [manifest] };
  const base = Object.fromEntries(Object.entries(raw as object).filter(([key]) => key !== "variants"));
  const manifests: Manifest[] = [];
  const problems: ErrorData[] = [];
  for (const [variant, changes] of Object.entries(variants)) {
    const own = ["variants", variant];
    const name = `${manifest.name}-${variant}`;
    if (Object.hasOwn(changes, "name")) {
      const at = place(offsetOf(document, [...own, "name"], true));
      problems.push(problem(at, `\`${own.join(".")}\` may not have a \`name\``, `It is called ${name}: remove the line.`));
      continue;
    }
    const read = Manifest.safeParse({ ...merged(base, changes), name });
    if (read.success) manifests.push(read.data);
    // What stands above the variants was found right: what is wrong now, this one brought in.
    else problems.push(...flatten(read.error.issues, own).flatMap((issue) => problemsOf(issue, document, place, own.length)));
  }
  return problems.length === 0 ? { ok: true, manifests } : { ok: false, problems };
}

/** The manifest of an environment among those of a file; of a file with only one, that one, whatever it was called. */
export function manifestNamed(manifests: readonly Manifest[], name: string): Manifest | undefined {
  return manifests.find((manifest) => manifest.name === name) ?? (manifests.length === 1 ? manifests[0] : undefined);
}

type Issue = z.core.$ZodIssue;
type PlaceOf = (offset: number) => { file: string; line: number; column: number };

/** A union reports every alternative; the one that got furthest is the one that was meant. */
function flatten(issues: readonly Issue[], prefix: PropertyKey[] = []): Issue[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code !== "invalid_union" || issue.errors.length === 0) return [{ ...issue, path }];
    const depth = (alternative: readonly Issue[]) => Math.max(...alternative.map((inner) => inner.path.length));
    const best = [...issue.errors].sort((a, b) => a.length - b.length || depth(b) - depth(a))[0] ?? [];
    return flatten(best, path);
  });
}

/** @param outside parts at the head of the issue's path that are not the manifest's own: its variant's place */
function problemsOf(issue: Issue, document: Document, place: PlaceOf, outside = 0): ErrorData[] {
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  const name = path.length === 0 ? "the manifest" : `\`${path.join(".")}\``;
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(path.slice(outside));
    return issue.keys.map((key) => {
      const meant = known.map((candidate) => ({ candidate, edits: distance(key, candidate) })).sort((a, b) => a.edits - b.edits)[0];
      const hint =
        meant !== undefined && meant.edits <= Math.max(2, key.length / 3)
          ? `Did you mean \`${meant.candidate}\`?`
          : `Known here: ${known.join(", ")}.`;
      return problem(place(offsetOf(document, [...path, key], true)), `unknown key \`${key}\` in ${name}`, hint);
    });
  }
  const missing = issue.code === "invalid_type" && document.getIn(path) === undefined;
  if (missing)
    return [problem(place(offsetOf(document, path.slice(0, -1), true)), `${name} is missing`, `Add it; it must be ${issue.expected}.`)];
  return [
    problem(place(offsetOf(document, path, false)), `${name} ${wording(issue)}`, "See the description that the editor shows for this key."),
  ];
}

function wording(issue: Issue): string {
  if (issue.code === "invalid_type") return `must be ${issue.expected}`;
  if (issue.code === "invalid_value") return `must be ${issue.values.map(String).join(" or ")}`;
  if (issue.code === "invalid_key") return issue.issues[0]?.message ?? issue.message;
  return issue.message;
}

function problem(place: ReturnType<PlaceOf>, message: string, hint: string): ErrorData {
  return { code: "manifest", message: `${place.file}:${place.line}:${place.column}: ${message}`, hint, place };
}

/** Offset of the node at a path, or of its key; of the nearest parent that exists where it does not. */
function offsetOf(document: Document, path: readonly (string | number)[], ofKey: boolean): number {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    if (ofKey && isMap(parent)) {
      const pair = parent.items.find((item) => isNode(item.key) && String(item.key) === String(path[length - 1]));
      if (pair !== undefined && isNode(pair.key)) return pair.key.range?.[0] ?? 0;
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

interface SchemaNode {
  properties?: Record<string, SchemaNode>;
  items?: SchemaNode;
  anyOf?: SchemaNode[];
}

/** Keys that the schema knows at a path. */
function keysAt(path: readonly (string | number)[]): string[] {
  let nodes: SchemaNode[] = [z.toJSONSchema(Manifest, { io: "input", unrepresentable: "any" }) as SchemaNode];
  for (const part of path) {
    nodes = nodes
      .flatMap((node) => [node, ...(node.anyOf ?? [])])
      .flatMap((node) => (typeof part === "number" ? node.items : node.properties?.[part]) ?? []);
  }
  return nodes.flatMap((node) => [node, ...(node.anyOf ?? [])]).flatMap((node) => Object.keys(node.properties ?? {}));
}
