"""The dashboard, a folder for each page. Streamlit lives here; no torch, no plotly, no maths."""
