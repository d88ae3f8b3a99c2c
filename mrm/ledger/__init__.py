"""The ledger: leaves, their sequence, signed checkpoints, proofs, and the verifier. Plain values only."""
