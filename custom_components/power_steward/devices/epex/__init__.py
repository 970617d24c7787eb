"""Day-ahead electricity prices of a bidding zone."""
