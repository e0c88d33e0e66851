"""Data: packs, vocabulary and taxonomy shipped with tutela."""
