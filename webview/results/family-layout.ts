/** Where each idea of the family goes: layers from the baseline on the left to its latest descendants on the right. Pure. */
import { coordGreedy, decrossTwoLayer, graphStratify, layeringLongestPath, sugiyama, tweakFlip, twolayerGreedy } from "d3-dag";
import type { IdeaRow, Results } from "./collect.ts";
import { compareMetric } from "./collect.ts";

export const NODE_WIDTH = 92;
export const NODE_HEIGHT = 24;

export interface FamilyNode {
  /** Null is the baseline. */
  row: IdeaRow | null;
  x: number;
  y: number;
}
export interface FamilyEdge {
  from: FamilyNode;
  to: FamilyNode;
}
export interface FamilyLayout {
  nodes: FamilyNode[];
  edges: FamilyEdge[];
  width: number;
  height: number;
  /** Ideas left out. */
  hidden: number;
}

/**
 * The ideas to draw: the chosen ones with all their ancestors and descendants first, then the best, each with its ancestors.
 * @param most how many to draw at most; beyond it a family tree is not readable
 */
export function familyOf(results: Results, chosen: readonly IdeaRow[], most: number): IdeaRow[] {
  const kept = new Set<IdeaRow>();
  const children = new Map<number, IdeaRow[]>();
  for (const row of results.rows) {
    for (const parent of row.idea.parents) children.set(parent, [...(children.get(parent) ?? []), row]);
  }
  for (const row of chosen) {
    keepWithAncestors(row);
    const below = [row];
    for (let next = below.pop(); next !== undefined; next = below.pop()) {
      for (const child of children.get(next.idea.id) ?? []) {
        if (kept.has(child) || kept.size >= most) continue;
        keepWithAncestors(child);
        below.push(child);
      }
    }
  }
  const rest = results.rows.length <= most ? results.rows : bestFirst(results);
  for (const row of rest) {
    if (kept.size >= most) break;
    keepWithAncestors(row);
  }
  return results.rows.filter((row) => kept.has(row));

  function keepWithAncestors(row: IdeaRow): void {
    const above = [row];
    for (let next = above.pop(); next !== undefined; next = above.pop()) {
      if (kept.has(next)) continue;
      kept.add(next);
      for (const id of next.idea.parents) {
        const parent = results.byId.get(id);
        if (parent !== undefined) above.push(parent);
      }
    }
  }
}

function bestFirst(results: Results): IdeaRow[] {
  const measured = results.rows.filter((row) => row.idea.metric !== null);
  return measured.sort((a, b) => compareMetric(a.idea.metric ?? 0, b.idea.metric ?? 0, results.reference));
}

const ROOT = "baseline";

/** Positions of the ideas, centres in pixels. Ideas without a drawn parent hang on the baseline. */
export function layoutFamily(rows: readonly IdeaRow[], total: number): FamilyLayout {
  const drawn = new Set(rows.map((row) => row.idea.id));
  const data: { id: string; row: IdeaRow | null; parentIds: string[] }[] = [
    { id: ROOT, row: null, parentIds: [] },
    ...rows.map((row) => {
      const parents = row.idea.parents.filter((id) => drawn.has(id) && id < row.idea.id).map(String);
      return { id: String(row.idea.id), row, parentIds: parents.length === 0 ? [ROOT] : parents };
    }),
  ];
  const graph = graphStratify()(data);
  const { width, height } = sugiyama()
    .layering(layeringLongestPath())
    .decross(decrossTwoLayer().order(twolayerGreedy()).passes(2))
    .coord(coordGreedy())
    .nodeSize([NODE_HEIGHT, NODE_WIDTH] as const)
    .gap([6, 36])
    .tweaks([tweakFlip("diagonal")])(graph);
  const nodes = new Map([...graph.nodes()].map((node) => [node.data.id, { row: node.data.row, x: node.x, y: node.y }]));
  const edges = [...graph.links()].flatMap((link) => {
    const from = nodes.get(link.source.data.id);
    const to = nodes.get(link.target.data.id);
    return from === undefined || to === undefined ? [] : [{ from, to }];
  });
  return { nodes: [...nodes.values()], edges, width, height, hidden: total - rows.length };
}
