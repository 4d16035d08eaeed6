/** Base of all our elements: light DOM, so that one style sheet reaches everything, and at most one rendering per frame. */
import { LitElement } from "lit";

export abstract class FrameElement extends LitElement {
  /** A hundred changes within a frame cost one rendering; a hidden page renders nothing until it is seen. */
  protected override async scheduleUpdate(): Promise<void> {
    if (!this.urgent()) await new Promise(requestAnimationFrame);
    await super.scheduleUpdate();
  }

  /** Whether the coming rendering is what the user waits for, and must not be put off to the next frame. */
  protected urgent(): boolean {
    return !this.hasUpdated;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
