// Runs before the first paint: a remembered choice of light or dark must not flash.
{
  const chosen = localStorage.getItem("ladewerk-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
}
