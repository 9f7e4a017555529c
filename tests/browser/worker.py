"""A worker that does what it is asked for and no more: what it would import and compile before the first job, above all
for maps, takes 20 s of the processor's time for each server, and few tests need it."""

from idcore.jobs import process

process._warm = lambda quiet: None

if __name__ == "__main__":
    process.main()
