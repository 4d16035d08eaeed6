/** VS Code's window as a user meets it: palette, views, trees, webviews, editors, notifications; mouse and keyboard only. */
import path from "node:path";
import { expect, type Frame, type Locator, type Page, type TestInfo } from "@playwright/test";
import type { Lab } from "./lab.ts";

const root = path.resolve(import.meta.dirname, "../../..");

/** Colour themes by the class that the workbench carries. */
const themes = { light: "vs", dark: "vs-dark" } as const;
export type Theme = keyof typeof themes;

const PROVING_GROUND = 'a.action-label[aria-label^="Proving Ground"]';

const inBackquotes = (text: string) => text.replaceAll(/["\\]/g, String.raw`\$&`);

export class Window {
  readonly page: Page;
  readonly lab: Lab;
  #configured = 0;

  constructor(page: Page, lab: Lab) {
    this.page = page;
    this.lab = lab;
  }

  /** Opens the window at the lab's address and waits until the workbench and its extensions are there. */
  async open(): Promise<void> {
    await this.page.goto(this.lab.url);
    await this.#ready();
  }

  /** Reloads the window, as "Developer: Reload Window" does. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.#ready();
  }

  async #ready(): Promise<void> {
    await this.page.locator(".monaco-workbench").waitFor({ timeout: 60_000 });
    await this.#activityIcon().waitFor({ timeout: 60_000 });
  }

  /** Changes settings, and waits until the window has read them. */
  async configure(settings: Readonly<Record<string, unknown>>): Promise<void> {
    const title = `Settings ${++this.#configured}`;
    // The title is a setting that shows. An editor that is starting may overlook what is written before it watches its settings; the
    // machine's are watched last, and ours are read from there.
    await expect(async () => {
      await this.lab.configure(settings, { "window.title": title });
      await expect(this.page).toHaveTitle(title, { timeout: 3_000 });
    }).toPass();
  }

  #activityIcon(): Locator {
    return this.page.locator(`.activitybar ${PROVING_GROUND}`);
  }

  /** Runs a command by its title, through the palette and the keyboard. */
  async runCommand(title: string): Promise<void> {
    await this.page.keyboard.press("F1");
    await this.pick(title, { prefix: ">" });
  }

  /** Types into the open quick input and takes the entry that matches. */
  async pick(text: string, { prefix = "" }: { prefix?: string } = {}): Promise<void> {
    const box = this.quickInput();
    await box.waitFor();
    await box.fill(`${prefix}${text}`);
    const entry = this.page.locator(".quick-input-widget .monaco-list-row", { hasText: text }).first();
    await entry.waitFor();
    await expect(this.page.locator(".quick-input-widget .monaco-list-row.focused")).toContainText(text);
    await this.page.keyboard.press("Enter");
  }

  /** The text field of the palette, a picker or an input box. */
  quickInput(): Locator {
    return this.page.locator(".quick-input-widget:visible .quick-input-box input");
  }

  /** Types into the input box that has this title, by keyboard, and confirms. */
  async enter(title: string, text: string): Promise<void> {
    await this.inputBox(title).waitFor();
    await expect(this.quickInput()).toBeFocused();
    await this.page.keyboard.press("ControlOrMeta+A");
    await this.page.keyboard.press("Delete");
    await this.page.keyboard.type(text);
    await this.page.keyboard.press("Enter");
    await expect(this.inputBox(title)).toHaveCount(0);
  }

  /** The open input box or picker that has this title. */
  inputBox(title: string): Locator {
    return this.page.locator(".quick-input-widget:visible", { has: this.page.locator(".quick-input-title", { hasText: title }) });
  }

  /** Opens a file of the workspace by its path, through "Go to File". */
  async openFile(file: string): Promise<void> {
    await this.page.keyboard.press("Control+P");
    await this.quickInput().fill(file);
    await expect(this.page.locator(".quick-input-widget .monaco-list-row.focused")).toContainText(path.basename(file));
    await this.page.keyboard.press("Enter");
    await expect(this.page.locator(".tab", { hasText: path.basename(file) })).toBeVisible();
  }

  /** Shows the Proving Ground side bar. */
  async openProvingGround(): Promise<void> {
    const icon = this.#activityIcon();
    const item = this.page.locator(".activitybar .action-item.checked", { has: this.page.locator(PROVING_GROUND) });
    // A window that is restoring itself may open the side bar just before the click, which then closes it again.
    await expect(async () => {
      if ((await item.count()) === 0 || !(await this.page.locator(".part.sidebar").isVisible())) await icon.click();
      await expect(item).toHaveCount(1, { timeout: 2_000 });
    }).toPass();
  }

  /** A view of the side bar by its name: Ideas, Runs, Compute. */
  view(name: string): Locator {
    return this.page.locator(".part.sidebar .pane", {
      has: this.page.locator(`.pane-header[aria-label^="${inBackquotes(name)}"]`),
    });
  }

  /** Unfolds a view if it is folded. */
  async unfold(name: string): Promise<void> {
    const header = this.view(name).locator(".pane-header");
    if ((await header.getAttribute("aria-expanded")) === "false") await header.click();
    await expect(header).toHaveAttribute("aria-expanded", "true");
  }

  /** The rows of a tree that show this text. Trees draw only what is in sight. */
  treeRow(view: string, text: string | RegExp): Locator {
    return this.view(view).locator(".monaco-list-row", { hasText: text });
  }

  /** What the visible rows of a tree say, top to bottom: label and description. */
  async treeRows(view: string): Promise<string[]> {
    const rows = this.view(view).locator(".monaco-list-row .monaco-icon-label");
    return (await rows.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " ").trim());
  }

  /** The message of an empty tree, with its buttons. */
  welcome(view: string): Locator {
    return this.view(view).locator(".welcome-view-content");
  }

  /** Clicks the inline action of a tree's row that appears when the mouse is over it. */
  async clickRowAction(view: string, row: string | RegExp, action: string): Promise<void> {
    const line = this.treeRow(view, row).first();
    const button = line.locator(`.actions a.action-label[aria-label^="${inBackquotes(action)}"]`);
    // A row that is drawn anew under a mouse that rests does not know that the mouse is over it.
    await expect(async () => {
      await this.page.mouse.move(700, 450);
      await line.hover({ timeout: 2_000 });
      await button.click({ timeout: 2_000 });
    }).toPass();
  }

  /** Clicks an action in the title of a view. */
  async clickViewAction(view: string, action: string): Promise<void> {
    const pane = this.view(view);
    await pane.locator(".pane-header").hover();
    await pane.locator(`.pane-header .actions a.action-label[aria-label^="${inBackquotes(action)}"]`).click();
  }

  /** Takes an entry of the context menu of a tree's row. */
  async clickRowMenu(view: string, row: string | RegExp, entry: string): Promise<void> {
    await this.treeRow(view, row).first().click({ button: "right" });
    await this.contextMenu(entry);
  }

  /** Takes an entry of the context menu that is open. */
  async contextMenu(entry: string): Promise<void> {
    const item = this.page.locator(".monaco-menu a.action-menu-item", { hasText: entry }).first();
    // A menu takes no clicks in its first moments.
    await expect(async () => {
      await item.click({ timeout: 2_000 });
      await expect(item).toHaveCount(0, { timeout: 2_000 });
    }).toPass();
  }

  /** Selects all rows of a tree that show this text, and only them. */
  async selectRows(view: string, text: string | RegExp): Promise<void> {
    const rows = this.treeRow(view, text);
    await rows.first().click({ modifiers: ["ControlOrMeta"] });
    // A tree keeps its selection; Escape lets go of it.
    await this.page.keyboard.press("Escape");
    await expect(this.view(view).locator(".monaco-list-row.selected")).toHaveCount(0);
    await rows.first().click({ modifiers: ["ControlOrMeta"] });
    await rows.last().click({ modifiers: ["Shift"] });
  }

  /** The active text editor; keys go to it once it has the focus. */
  codeEditor(): Locator {
    return this.page.locator(".editor-group-container.active .monaco-editor.focused");
  }

  /** The frame of the webview that shows an element; it is another one after a reload. */
  async webview(selector: string): Promise<Frame> {
    let found: Frame | undefined;
    await expect
      .poll(
        async () => {
          for (const frame of this.page.frames()) {
            if (frame === this.page.mainFrame()) continue;
            // A frame can go away between two questions; then it is not the one.
            const visible = await frame
              .locator(selector)
              .first()
              .isVisible()
              .catch(() => false);
            if (visible) found = frame;
          }
          return found !== undefined;
        },
        { message: `a webview that shows ${selector}` },
      )
      .toBe(true);
    if (found === undefined) throw new Error(`no webview shows ${selector}`);
    return found;
  }

  /** Titles of the open editors, left to right. */
  async editorTitles(): Promise<string[]> {
    return await this.page.locator(".part.editor .tab .label-name").allInnerTexts();
  }

  /** The lines of code on screen in the active editor; of a diff editor, those of its changed side. */
  editorLines(): Locator {
    return this.page.locator(".editor-group-container.active .view-lines").last().locator(".view-line");
  }

  /** The line of the active editor that shows this; of a diff editor, in its changed side. */
  line(text: string): Locator {
    // Monaco draws spaces as no-break spaces.
    return this.editorLines().filter({ hasText: text.replaceAll(" ", "\u00a0") });
  }

  /** Clicks an action in the title bar of the active editor. */
  async clickEditorAction(action: string): Promise<void> {
    await this.page
      .locator(`.editor-group-container.active .editor-actions a.action-label[aria-label^="${inBackquotes(action)}"]`)
      .first()
      .click();
  }

  /** The links above the lines of the active editor, by their text. */
  codeLens(text: string | RegExp): Locator {
    return this.page.locator(".editor-group-container.active .codelens-decoration a", { hasText: text });
  }

  /** The messages shown at the lower right. */
  notifications(): Locator {
    return this.page.locator(".notification-toast .notification-list-item");
  }

  async notificationTexts(): Promise<string[]> {
    return await this.notifications().locator(".notification-list-item-message").allInnerTexts();
  }

  /** Clicks a button of the notification that says this. */
  async answerNotification(text: string | RegExp, button: string): Promise<void> {
    await this.notifications().filter({ hasText: text }).locator(".monaco-button", { hasText: button }).click();
  }

  /** The modal dialog that is open. */
  dialog(): Locator {
    return this.page.locator(".monaco-dialog-box");
  }

  /** Clicks a button of a modal dialog. */
  async answerDialog(button: string): Promise<void> {
    await this.dialog().locator(".monaco-button", { hasText: button }).click();
  }

  /** The entry of the status bar that shows this. */
  statusBar(text: string | RegExp): Locator {
    return this.page.locator(".part.statusbar .statusbar-item", { hasText: text });
  }

  /** Changes between the light and the dark theme, as a user does, and waits until the window has it. */
  async setTheme(theme: Theme): Promise<void> {
    const wanted = this.page.locator(`.monaco-workbench.${themes[theme]}`);
    if ((await wanted.count()) === 0) await this.runCommand("Preferences: Toggle between Light/Dark Themes");
    await expect(wanted).toHaveCount(1);
    await expect(this.quickInput()).toHaveCount(0);
  }

  /**
   * Takes pictures of the window, light and dark, and leaves it dark. They go to media/screenshots/<name>-<theme>.png where
   * UPDATE_SCREENSHOTS=1 is set, to the results of the test otherwise.
   */
  async screenshot(name: string, info: TestInfo): Promise<void> {
    for (const theme of ["light", "dark"] as const) {
      await this.setTheme(theme);
      const file = `${name}-${theme}.png`;
      const update = process.env.UPDATE_SCREENSHOTS === "1";
      await this.page.screenshot({
        path: update ? path.join(root, "media/screenshots", file) : info.outputPath(file),
        animations: "disabled",
      });
    }
  }
}
