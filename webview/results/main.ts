/** Entry of the results panel's bundle. */
import "../shared/zod-without-eval.ts";
import "uplot/dist/uPlot.min.css";
import "diff2html/bundles/css/diff2html.min.css";
import "../shared/base.css";
import "./layout.css";
import "./table.css";
import "./panes.css";
import "./analysis.css";
import { registerToolkit } from "../shared/toolkit.ts";
import "../shared/choice.ts";
import "./grid.ts";
import "./compare.ts";
import "./diff.ts";
import "./log.ts";
import "./family.ts";
import "./analysis.ts";
import "./panel.ts";

registerToolkit();
