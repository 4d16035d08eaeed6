/** Must be the first import of a bundle: a webview's content policy forbids the compiled checks that zod would otherwise try. */
import * as z from "zod";

z.config({ jitless: true });
