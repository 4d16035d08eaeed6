/** The one place that names the webview toolkit: registers its components and types the few properties we use. */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeProgressRing,
  vsCodeTextArea,
  vsCodeTextField,
} from "@vscode/webview-ui-toolkit";

/** Any toolkit field with a text value: `vscode-text-field`, `vscode-text-area`, `vscode-dropdown`. */
export interface ValueElement extends HTMLElement {
  value: string;
}

/** `vscode-checkbox`. */
export interface CheckedElement extends HTMLElement {
  checked: boolean;
}

/**
 * Gives fields marked with `data-label` that name for screen readers. The toolkit's fields replace an `aria-label` of ours when
 * they are put into the page, so it must be set afterwards.
 */
export function nameFields(root: ParentNode): void {
  for (const field of root.querySelectorAll<HTMLElement>("[data-label]")) {
    const name = field.dataset.label ?? "";
    if (field.getAttribute("aria-label") !== name) field.setAttribute("aria-label", name);
  }
}

/** Defines the custom elements `vscode-button`, `-checkbox`, `-dropdown`, `-option`, `-progress-ring`, `-text-area`, `-text-field`. */
export function registerToolkit(): void {
  provideVSCodeDesignSystem().register(
    vsCodeButton(),
    vsCodeCheckbox(),
    vsCodeDropdown(),
    vsCodeOption(),
    vsCodeProgressRing(),
    vsCodeTextArea(),
    vsCodeTextField(),
  );
}
