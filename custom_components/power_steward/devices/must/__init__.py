"""MUST UPSs and inverters on Modbus RTU."""
