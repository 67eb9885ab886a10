from .levels import is_dip, mean_of

__all__ = ["is_dip", "mean_of"]
