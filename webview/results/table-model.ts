/** Filtering and sorting of the rows, memoised by TanStack Table; knows nothing of how they are drawn. */
import {
  columnFilteringFeature,
  constructTable,
  createFilteredRowModel,
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
} from "@tanstack/table-core";
import type { ColumnDef, Row } from "@tanstack/table-core";
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
type TableRow = Row<Features, IdeaRow>;

export interface Sort {
  column: string;
  descending: boolean;
}

const SEARCH = "search";
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function compare(a: TableRow, b: TableRow, column: string): number {
  const left = a.getValue(column);
  const right = b.getValue(column);
  return typeof left === "number" && typeof right === "number" ? left - right : collator.compare(String(left), String(right));
}

const columns: ColumnDef<Features, IdeaRow>[] = [
  ...COLUMNS.map(
    (column): ColumnDef<Features, IdeaRow> => ({
      id: column.id,
      accessorFn: column.sortValue,
      sortFn: compare,
      sortUndefined: "last",
      enableColumnFilter: false,
    }),
  ),
  {
    id: SEARCH,
    accessorFn: (row) => row.text,
    filterFn: (row, _column, words: string[]) => words.every((word) => row.original.text.includes(word)),
    enableSorting: false,
  },
];

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
    columns,
    data: [],
    getRowId: (row) => String(row.idea.id),
  });
  #data: readonly IdeaRow[] = [];
  #filter = "";
  #sort: Sort | null = null;

  /** Rows that contain every word of the filter, stably sorted. The same array while nothing changed. */
  rows(data: IdeaRow[], filter: string, sort: Sort): IdeaRow[] {
    if (data !== this.#data) {
      this.#data = data;
      this.#table.setOptions((options) => ({ ...options, data }));
    }
    if (filter !== this.#filter) {
      this.#filter = filter;
      const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
      this.#table.setColumnFilters(words.length === 0 ? [] : [{ id: SEARCH, value: words }]);
    }
    if (sort.column !== this.#sort?.column || sort.descending !== this.#sort.descending) {
      this.#sort = sort;
      this.#table.setSorting([{ id: sort.column, desc: sort.descending }]);
    }
    return this.#originals(this.#table.getRowModel().rows);
  }

  #seen: readonly TableRow[] = [];
  #shown: IdeaRow[] = [];
  #originals(rows: readonly TableRow[]): IdeaRow[] {
    if (rows !== this.#seen) {
      this.#seen = rows;
      this.#shown = rows.map((row) => row.original);
    }
    return this.#shown;
  }
}
