// Runs before the first paint: light or dark, chosen or the system's, must not flash.
{
  const chosen = localStorage.getItem("ladewerk-theme");
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  document.documentElement.dataset.theme = chosen === "light" || chosen === "dark" ? chosen : system;
}
