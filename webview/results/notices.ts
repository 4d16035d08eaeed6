/** What the panel says when there is nothing to show, something is under way, or the engine is away. */
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Snapshot } from "../../extension/protocol/lab.ts";
import type { FromResults } from "../../extension/protocol/webview/results.ts";
import type { Results } from "./collect.ts";

/** Offline and busy bars; either may be null. */
export function banners(offline: string | null, busy: string | null): TemplateResult {
  return html`${offline === null ? nothing : html`<div class="banner offline" role="alert">${offline}</div>`}${
    busy === null
      ? nothing
      : html`<div class="banner busy" role="status">
          ${busy}
          <div class="progress endless"><div></div></div>
        </div>`
  }`;
}

/** Instead of the table, while there is no idea or no readable environment. */
export function emptyState(results: Results, snapshot: Snapshot | null, post: (message: FromResults) => void): TemplateResult {
  const found = snapshot?.environments.find((one) => one.name === results.name);
  if (results.environment === null) {
    const problems = found?.state === "broken" ? found.problems : [];
    return html`<div class="empty">
      <h2>${results.name === "" ? "No environment" : `${results.name} cannot be used yet`}</h2>
      ${
        problems.length === 0
          ? html`<p>
              Add an <code>environment.yaml</code> to the workspace: it says what to improve, how it is run and where the metric is read.
            </p>`
          : problems.map(
              (problem) =>
                html`<p>
                  <span class="bad">${problem.message}</span>${
                    problem.place === undefined ? nothing : html` <span class="dim">${problem.place.file}:${problem.place.line ?? 1}</span>`
                  }
                  ${problem.hint ?? ""}
                </p>`,
            )
      }
    </div>`;
  }
  const { reference, baselineRuns } = results;
  const measuring = baselineRuns.some((run) => run.endedAt === null);
  return html`<div class="empty">
    <h2>No ideas yet</h2>
    <ol>
      ${
        reference.measured
          ? nothing
          : html`<li>
              Measure the baseline, so that there is something to beat.
              ${
                measuring
                  ? html`<span class="active" role="status">Running…</span>`
                  : html`<vscode-button appearance="secondary" @click=${() => post({ type: "runBaseline" })}>Run baseline</vscode-button>`
              }
            </li>`
      }
      <li>Generate ideas in the Composer, in the side bar, or write one yourself.</li>
      <li>Implement them, review the changes, and run them: the results appear here.</li>
    </ol>
  </div>`;
}

/** Below the headings, when the filter leaves nothing. */
export function noMatch(filter: string, clear: () => void): TemplateResult {
  return html`<div class="no-match" role="status">
    No idea matches “${filter}”. <button class="plain-button link" @click=${clear}>Clear the filter</button>
  </div>`;
}
