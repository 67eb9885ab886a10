"""Adapters to exchanges and data vendors, one module or module family each."""
