"""UPSs behind a WinPower G2 management server."""
