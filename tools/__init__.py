"""Command-line helpers over the whole house."""
