"""What would have been: recorded chains gone through again, on the pure core, under a changed definition."""
