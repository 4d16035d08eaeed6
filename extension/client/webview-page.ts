/** The page of a webview: our element, our bundle, and a policy that allows nothing else. */
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";

/** Where bundles for webviews are, below the extension. */
export const webviewFolder = (extension: vscode.Uri) => vscode.Uri.joinPath(extension, "dist", "webview");

/**
 * Sets options and content of a webview.
 * @param name of the bundle; the page's element is `proving-ground-<name>`
 */
export function fillWebview(webview: vscode.Webview, extension: vscode.Uri, name: "composer" | "results", title: string): void {
  const folder = webviewFolder(extension);
  webview.options = { enableScripts: true, localResourceRoots: [folder] };
  const at = (file: string) => webview.asWebviewUri(vscode.Uri.joinPath(folder, file)).toString();
  const nonce = randomBytes(16).toString("base64");
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    `img-src ${webview.cspSource} data:`,
  ].join("; ");
  webview.html = `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <link rel="stylesheet" href="${at("codicon.css")}" />
    <link rel="stylesheet" href="${at(`${name}.css`)}" />
    <title>${title}</title>
  </head>
  <body>
    <proving-ground-${name}></proving-ground-${name}>
    <script type="module" nonce="${nonce}" src="${at(`${name}.js`)}"></script>
  </body>
</html>`;
}
