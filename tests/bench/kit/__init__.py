"""What benchmarks share: figures, pairs, throw-away homes, servers, large banks. No benchmark stands in this folder."""
