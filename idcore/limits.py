"""The limits within which anything from outside is read, and what a job may use. Standard library only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What is more than this is refused with a sentence that names the value and the limit. Sizes are bytes.

    upload: any uploaded file. weights: tensors of a file of weights, all together, once they are read; `inflation`:
    how many times larger than its file an archive may become. members: files in an archive. listing: what says which
    tensors a file of weights holds (header, pickle, table of contents of the archive). vocabulary: of a tokenizer, each
    of its files. training: images that are held
    while a network is trained. image: one encoded image. pixels: of one image. side: height or width of an image.
    images, classes: of an uploaded folder. matrices: matrices of one file. units: columns of a matrix. values: numbers
    of all matrices together. pieces: of one image (chunks, comments), and one more for each 200 bytes; scans: of a
    JPEG. name: characters of a name that is kept; longer ones are cut, and that is said. sequences: of a data set of
    texts; sequence: characters of one, longer ones are cut, and that is said; texts: characters of all together. line:
    words of a line of text that is one sequence; a longer one becomes windows of `window` words. replaced: bytes among
    which one may be no UTF-8 and be replaced.

    What the process may use that reads something from outside (idcore/confined), beside what it takes by itself.
    memory: of its address space, and `inflation` times the bytes that it reads. seconds: of computing, and one more for
    each `pace` bytes. patience: how many times as long it may take on the clock.
    """

    upload: int = 2 * 2**30
    weights: int = 4 * 2**30
    inflation: int = 20
    members: int = 60_000
    listing: int = 8 * 2**20
    vocabulary: int = 64 * 2**20
    training: int = 4 * 2**30
    image: int = 64 * 2**20
    pixels: int = 64 * 10**6
    side: int = 16_384
    images: int = 50_000
    classes: int = 1_000
    matrices: int = 200
    units: int = 4_000_000
    values: int = 2**29
    pieces: int = 10_000
    scans: int = 100
    name: int = 80
    sequences: int = 200_000
    sequence: int = 20_000
    texts: int = 2**27
    line: int = 256
    window: int = 64
    replaced: int = 1000
    memory: int = 2 * 2**30
    seconds: int = 60
    pace: int = 2**20
    patience: int = 5

    def memory_for(self, size: int) -> int:
        """Bytes of memory that reading `size` bytes may take."""
        return self.memory + self.inflation * size

    def unpacked(self, size: int) -> int:
        """Bytes that `size` bytes may become where they are unpacked: what is made of them needs room as well."""
        return min(8 * self.values, self.memory_for(size) // 4)

    def seconds_for(self, size: int) -> float:
        """Seconds of computing that reading `size` bytes may take."""
        return self.seconds + size / self.pace


LIMITS = Limits()


@dataclass(frozen=True)
class Budget:
    """What a job may use of its machine. memory: bytes that activations and work may hold together. device: auto, cpu,
    cuda or mps; auto takes the best that is there."""

    memory: int = 2**31
    device: str = "auto"


BUDGET = Budget()
