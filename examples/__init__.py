"""Example projects: data that `tutela init --example` copies, and the demo that runs on it."""
