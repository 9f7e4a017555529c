(() => {
  const first = document.getElementById("first-sight"), begun = Date.now(), patience = 30000;
  const { pathname } = location, system = matchMedia("(prefers-color-scheme: dark)").matches;
  const stored = (name) => Object.keys(localStorage).filter((key) => key.startsWith(name)).map((key) => localStorage[key]);
  const chosen = stored("stActiveTheme");
  const dark = chosen.some((theme) => /dark/i.test(theme)) || (system && !chosen.some((theme) => /light/i.test(theme)));
  first.classList.toggle("dark", dark);
  const [width] = stored("sidebarWidth"), hidden = stored("stSidebarCollapsed-").includes("true");
  if (width || hidden) first.style.setProperty("--side", hidden ? "0px" : `${parseInt(width)}px`);
  const $ = (name) => document.querySelector(name);
  const pages = {
    start: () => $(".st-key-hunchback [data-testid=stBidiComponentIsolated]")?.shadowRoot?.querySelector("svg"),
    explore: () => settled($(".st-key-curve-chart .scatterlayer .trace")?.closest(".js-plotly-plot")) || other(),
  };
  // The sidebar comes in from the left and moves what stands beside it.
  let last = "", since = 0;
  const settled = (place) => {
    const { x, y, width } = place?.getBoundingClientRect() ?? {}, now = `${x} ${y} ${width}`;
    if (now !== last) since = Date.now();
    last = now;
    return place && Date.now() - since > 150;
  };
  // All of the page is there, and it is not about a curve.
  const other = () => $("[data-testid=stMain] h1, [data-testid=stMain] [data-testid=stAlert]") && !$(".st-key-curve-chart")
    && $("[data-testid=stApp]").dataset.testScriptState === "notRunning";
  const look = () => {
    const there = pages[first.dataset.page]() || $("[data-testid=stException]");
    if (there || location.pathname !== pathname || Date.now() - begun > patience) first.remove();
    else requestAnimationFrame(look);
  };
  const touched = (event) => first.dataset.page !== "start" && $("[data-testid=stMain] h1") && first.remove();
  for (const kind of ["pointerdown", "keydown", "wheel"]) addEventListener(kind, touched, { passive: true });
  look();
})();
