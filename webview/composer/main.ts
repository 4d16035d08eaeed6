/** Entry of the composer's bundle. */
import "../shared/zod-without-eval.ts";
import "../shared/base.css";
import "./layout.css";
import { registerToolkit } from "../shared/toolkit.ts";
import "../shared/choice.ts";
import "./number-field.ts";
import "./composer.ts";

registerToolkit();
