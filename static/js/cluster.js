// The playground page: the parts it is made of, in the order in which they may rely on each other.

import htmx from "./htmx-trusted.js";
import { keyInAddress, signIn } from "./key.js";
import { seed } from "./page.js";
import "./theme.js";
import "./copying.js";
import "./toasts.js";
import "./dialogs.js";
import "./panel.js";
import "./rules.js";
import "./asking.js";
import "./views.js";
import "./timeline.js";
import "./keys.js";
import "./hints.js";
import { mountIslands } from "./main.js";

htmx.config.defaultTimeout = 30_000;
document.addEventListener("htmx:after:settle", () => void mountIslands());
await mountIslands();

// A link may bring a key that allows more than the one this browser holds.
const key = keyInAddress();
if (key && (await signIn(`${seed.base}/sign-in`, key)) && !seed.can_edit) location.reload();

document.documentElement.dataset.alive = "true";
