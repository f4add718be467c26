"""NOMP's endpoints and those of its forks, as their clients expect them."""
