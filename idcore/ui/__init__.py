"""What the pages share. Streamlit lives here, in app.py and in pages/; no torch, no plotly, no maths."""
