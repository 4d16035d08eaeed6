/** Base of all our elements: light DOM, so that one style sheet reaches everything, and at most one rendering per frame. */
import { LitElement } from "lit";

export abstract class FrameElement extends LitElement {
  /** A hundred changes within a frame cost one rendering; a hidden page renders nothing until it is seen. */
  protected override async scheduleUpdate(): Promise<void> {
    // The first rendering is not put off: it is what the user waits for.
    if (this.hasUpdated) await new Promise(requestAnimationFrame);
    await super.scheduleUpdate();
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
