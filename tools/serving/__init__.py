"""What stands in for a model server: loader, services, checks."""
