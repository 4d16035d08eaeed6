/** Filtering and sorting of the rows, memoised by TanStack Table; knows nothing of how they are drawn. */
import {
  columnFilteringFeature,
  constructTable,
  createFilteredRowModel,
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
} from "@tanstack/table-core";
import type { ColumnDef } from "@tanstack/table-core";
import { storeReactivityBindings } from "@tanstack/table-core/store-reactivity-bindings";
import type { IdeaRow, Reference } from "./collect.ts";
import { COLUMNS } from "./columns.ts";

const features = tableFeatures({
  coreReactivityFeature: storeReactivityBindings(),
  columnFilteringFeature,
  rowSortingFeature,
  filteredRowModel: createFilteredRowModel(),
  sortedRowModel: createSortedRowModel(),
});
type Features = typeof features;

export interface Sort {
  column: string;
  descending: boolean;
}

const SEARCH = "search";
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

type Value = number | string | undefined;

/** @param descending undefined values come last either way, so they must know which way the result will be turned */
function compare(left: Value, right: Value, descending: boolean): number {
  if (left === undefined || right === undefined) {
    if (left === right) return 0;
    return (left === undefined) === descending ? -1 : 1;
  }
  return typeof left === "number" && typeof right === "number" ? left - right : collator.compare(String(left), String(right));
}

/** Values are read from the rows themselves: the table's own cache of them costs more than they do. */
function columnsOf(descending: () => boolean): ColumnDef<Features, IdeaRow>[] {
  return [
    ...COLUMNS.map(({ id, sortValue }): ColumnDef<Features, IdeaRow> => ({
      id,
      accessorFn: sortValue,
      sortFn: (a, b) => compare(sortValue(a.original), sortValue(b.original), descending()),
      sortUndefined: false,
      enableColumnFilter: false,
    })),
    {
      id: SEARCH,
      accessorFn: (row) => row.text,
      filterFn: (row, _column, words: string[]) => words.every((word) => row.original.text.includes(word)),
      enableSorting: false,
    },
  ];
}

/** Best result first. */
export function usualSort(reference: Reference): Sort {
  return { column: "metric", descending: !reference.minimize };
}

/** What a column is sorted by after its heading was activated: the sensible direction first, then the other. */
export function nextSort(column: string, current: Sort, reference: Reference): Sort {
  if (current.column === column) return { column, descending: !current.descending };
  const descending = column === "epoch" || ((column === "metric" || column === "delta") && !reference.minimize);
  return { column, descending };
}

export class TableModel {
  readonly #table = constructTable<Features, IdeaRow>({
    features,
    columns: columnsOf(() => this.#sort?.descending ?? false),
    data: [],
    getRowId: (row) => String(row.idea.id),
  });
  #data: readonly IdeaRow[] = [];
  #filter = "";
  #sort: Sort | null = null;
  #shown: IdeaRow[] = [];

  /** Rows that contain every word of the filter, stably sorted. The same array while nothing changed. */
  rows(data: IdeaRow[], filter: string, sort: Sort): IdeaRow[] {
    const sameOrder = filter === this.#filter && sort.column === this.#sort?.column && sort.descending === this.#sort.descending;
    if (sameOrder && data === this.#data) return this.#shown;
    if (sameOrder && onlyLive(this.#data, data)) {
      // Readings of running runs decide neither order nor filter: the rows are exchanged in their places.
      const byId = new Map(data.map((row) => [row.idea.id, row]));
      this.#data = data;
      this.#shown = this.#shown.map((row) => byId.get(row.idea.id) ?? row);
      return this.#shown;
    }
    this.#data = data;
    this.#filter = filter;
    this.#sort = sort;
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    this.#table.setOptions((options) => ({ ...options, data }));
    this.#table.setColumnFilters(words.length === 0 ? [] : [{ id: SEARCH, value: words }]);
    this.#table.setSorting([{ id: sort.column, desc: sort.descending }]);
    this.#shown = this.#table.getRowModel().rows.map((row) => row.original);
    return this.#shown;
  }
}

function onlyLive(before: readonly IdeaRow[], after: readonly IdeaRow[]): boolean {
  return (
    before.length === after.length && before.every((row, index) => row.idea === after[index]?.idea && row.delta === after[index].delta)
  );
}
