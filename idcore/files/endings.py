"""How the names of the files end that hold matrices, and of those that hold texts. Plain Python."""

MATRICES = (
    *(".npy", ".npz", ".safetensors", ".pt", ".pth", ".csv", ".tsv", ".parquet"),
    *(".mat", ".h5", ".hdf5", ".h5ad"),
)
FASTA = (".fasta", ".fa", ".faa", ".fna")
TEXT_TABLES = (".csv", ".tsv", ".parquet")
"""They may hold either: whether there is a column of text says it."""
TEXTS = (".txt", *TEXT_TABLES, ".jsonl", *FASTA)
