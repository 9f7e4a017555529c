"""Bytes from outside as arrays, read without running anything of them: the one package of such readers.

It knows errors and limits alone. Who opens a file of somebody else calls it in a confined process (`idcore.confined`).
"""
