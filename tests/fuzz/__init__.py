"""One harness that damages what devices send, and what must hold however it arrives."""
