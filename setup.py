"""How a wheel is made of a clone: app.py, pages/ and .streamlit, at the top here, become its `idcore/dashboard`."""

from setuptools import find_packages, setup

setup(
    script_name="setup.py",  # known by its name, it stays out
    packages=[*find_packages(include=["idcore*"]), "idcore.dashboard"],
    package_dir={"idcore.dashboard": "."},
)
