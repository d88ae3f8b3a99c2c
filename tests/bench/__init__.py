"""What Countersign costs, beside its peers: one file per kind of work, run by `manage.py bench`.

Each file holds one `BENCHMARK`. Results must be equal before speed counts: a benchmark first asserts that it agrees with its
peer, then measures both in interleaved pairs. None of them is a timed test.
"""
