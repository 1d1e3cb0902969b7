// Lets htmx swap under `require-trusted-types-for 'script'`: one policy, for htmx alone. Escaping is the server's job.

import htmx from "../vendor/htmx.js";

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;

htmx.registerExtension("podlane-trusted-types", {
  /** @param {any} api */
  init(api) {
    const types = /** @type {any} */ (globalThis).trustedTypes;
    if (types) api.initSecurity(types.createPolicy("htmx", { createHTML: (/** @type {string} */ s) => s }), Function, AsyncFunction);
  },
});

export default htmx;
