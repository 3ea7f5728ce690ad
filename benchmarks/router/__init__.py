"""What the benchmark of the router is made of: instances, checks, measurements, a table."""
