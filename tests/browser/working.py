"""The dashboard of serve.py with a real worker that gets nothing ready in advance: for `streamlit run`."""

import streamlit as st

from idcore.jobs import cluster
from serve import around
from tests import ROOT

cluster.PROCESS = "tests.browser.worker"
app = st.App(ROOT / "app.py", **around)
