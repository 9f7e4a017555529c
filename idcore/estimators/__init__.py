"""From a record to numbers: `twonn`, `spectrum`, `scale`, `gride`, `levina_bickel`, `overlap`, `cka`, `summary`,
`embedding`. Numpy only, so that a slider in the web process answers at once."""
