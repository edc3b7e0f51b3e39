"""What people do with a hub and see of it, the same from command line, API and console."""
