// The maps follow the slider of the curves: both lie in the browser, so that a step asks nothing of the server.
// The maps are told in the table of the window by which their parts meet (idcore/ui/result/map/part.js).
export default function ({ data }) {
  const views = globalThis[Symbol.for("layerscope.map")];
  const tell = (epoch) => {
    for (const name of data.maps) {
      const view = views?.get(name);
      if (!view) continue;
      view.parts.set("command", { ...view.parts.get("command"), layer: `epoch ${epoch}` });
      view.listener?.("command");
    }
  };
  let chart = null;
  const listen = () => {
    const now = document.querySelector(`${data.chart} .js-plotly-plot`);
    if (now === chart || !now?.on) return;
    chart = now;
    chart.on("plotly_animatingframe", ({ name }) => tell(name));
  };
  // The chart may be drawn after this, and is made anew when its container is.
  const timer = setInterval(listen, 500);
  listen();
  return () => clearInterval(timer);
}
