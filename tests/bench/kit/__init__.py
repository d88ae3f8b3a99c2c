"""What benchmarks share: figures, pairs, throw-away homes, large banks. No benchmark stands in this folder."""
