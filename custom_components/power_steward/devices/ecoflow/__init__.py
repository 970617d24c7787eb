"""EcoFlow stations, inverters and plugs, through the maker's cloud."""
