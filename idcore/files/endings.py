"""How the names of the files end that hold matrices. Plain Python."""

MATRICES = (
    *(".npy", ".npz", ".safetensors", ".pt", ".pth", ".csv", ".tsv", ".parquet"),
    *(".mat", ".h5", ".hdf5", ".h5ad"),
)
