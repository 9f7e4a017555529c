"""The paper behind it all, as data: what it published, how it is measured again here, how the two agree."""
