"""Records to figures: pure functions that return a `plotly.graph_objects.Figure`, usable in a notebook."""
