(() => {
  const first = document.getElementById("first-sight"), begun = Date.now(), patience = 30000;
  const { pathname } = location;
  const chosen = Object.keys(localStorage).filter((key) => key.startsWith("stActiveTheme")).map((key) => localStorage[key]);
  const system = matchMedia("(prefers-color-scheme: dark)").matches;
  const dark = chosen.some((theme) => /dark/i.test(theme)) || (system && !chosen.some((theme) => /light/i.test(theme)));
  first.classList.toggle("dark", dark);
  const look = () => {
    const place = document.querySelector(".st-key-hunchback [data-testid=stBidiComponentIsolated]");
    const there = place?.shadowRoot?.querySelector("svg") || document.querySelector("[data-testid=stException]");
    if (there || location.pathname !== pathname || Date.now() - begun > patience) first.remove();
    else requestAnimationFrame(look);
  };
  look();
})();
