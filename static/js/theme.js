// Light or dark: a cookie, so that the server already renders the chosen one.

document.addEventListener("click", (happened) => {
  if (!(happened.target instanceof Element) || !happened.target.closest("[data-theme-switch]")) return;
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; SameSite=Lax`;
});
